from __future__ import annotations

from dataclasses import replace

from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, SECOND, day_of
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.domain.rollup import PACKED_TOGETHER, header, pack, unpack
from tests.adapters.samples import NINE, created, event

from .test_figures import CUSTOMER, HOUR, STORY, figures


def open_ticket(at: int) -> TicketFigures:
    found = ticket_figures([created(tags=["a", "b"], tier="vip")], DEFAULT_POLICY, at)
    assert found is not None
    return found


def test_what_was_packed_comes_out_again() -> None:
    day = [
        replace(figures(*STORY, at=NINE + DAY), key=("default", "desk", str(number)))
        for number in range(PACKED_TOGETHER + 3)
    ]
    packs = list(pack([*day, open_ticket(NINE + HOUR)]))
    assert len(packs) == 2
    assert [one for packed in packs for one in unpack(packed)] == [*day, open_ticket(NINE + HOUR)]
    assert list(pack([])) == []


def test_a_day_is_settled_once_time_alone_changes_nothing() -> None:
    done = figures(*STORY, at=NINE + DAY)
    settled = header(day_of(NINE), NINE + DAY, [done])
    assert (settled.tickets, settled.unsettled, settled.last_at) == (1, False, NINE + 200 * 60 * SECOND)
    assert header(day_of(NINE), NINE + DAY, [done, open_ticket(NINE + DAY)]).unsettled
    assert header(day_of(NINE), NINE, []).unsettled is False


def test_a_clock_that_runs_on_a_solved_ticket_is_unsettled() -> None:
    asked_again = event(
        "again",
        "message.added",
        NINE + 300 * 60 * SECOND,
        actor=CUSTOMER,
        message={"id": "again", "visibility": "public"},
    )
    found = figures(*STORY, asked_again, at=NINE + DAY)
    assert found.state == "solved"
    assert header(day_of(NINE), NINE + DAY, [found]).unsettled
    gone = figures(*STORY, asked_again, event("gone", "ticket.deleted", NINE + HOUR * 9), at=NINE + DAY)
    assert not header(day_of(NINE), NINE + DAY, [gone]).unsettled


def test_a_settled_day_matters_while_something_happened_in_it() -> None:
    settled = header(day_of(NINE), NINE + DAY, [figures(*STORY, at=NINE + DAY)])
    assert settled.matters(NINE, NINE + HOUR)
    assert settled.matters(NINE + 3 * HOUR, NINE + 9 * DAY)
    assert not settled.matters(NINE + 4 * HOUR, NINE + 9 * DAY)
    assert not settled.matters(NINE - 9 * DAY, NINE // DAY * DAY)
    assert replace(settled, unsettled=True).matters(NINE + 8 * DAY, NINE + 9 * DAY)


def test_figures_of_a_settled_ticket_do_not_depend_on_when_one_looks() -> None:
    assert figures(*STORY, at=NINE + DAY) == figures(*STORY, at=NINE + 30 * DAY)
