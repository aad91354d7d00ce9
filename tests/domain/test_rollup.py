from __future__ import annotations

from dataclasses import replace

import pytest

from replyclock.domain import columns
from replyclock.domain.columns import pack
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, SECOND, day_of
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.domain.rollup import header
from tests.adapters.samples import NINE, created, event
from tests.evaluation.quarter import quarter_figures

from .test_figures import CUSTOMER, HOUR, STORY, figures
from .test_report import AT, sample


def open_ticket(at: int) -> TicketFigures:
    found = ticket_figures([created(tags=["a", "b"], tier="vip")], DEFAULT_POLICY, at)
    assert found is not None
    return found


PLACE = (day_of(NINE), 0)


def test_what_was_packed_comes_out_again() -> None:
    for told in (quarter_figures(1), sample(AT), [open_ticket(NINE + HOUR)]):
        packs = list(pack(told))
        assert all(left.count <= columns.PACKED_TOGETHER for left in packs)
        assert sorted((one for packed in packs for one in packed.figures()), key=by_key) == sorted(told, key=by_key)
    assert list(pack([])) == []


def by_key(ticket: TicketFigures) -> TicketKey:
    return ticket.key


def test_packs_are_of_one_tenant_and_fit_into_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    some = quarter_figures(1)[:300]
    told = [replace(one, key=(f"tenant-{i % 2}", "desk", str(i))) for i, one in enumerate(some)]
    monkeypatch.setattr(columns, "MOST_BYTES", 5_000)
    packs = list(pack(told))
    assert len(packs) > 4
    assert all(sum(map(len, one.parts.values())) <= 5_000 for one in packs)
    assert all({figures.key[0] for figures in one.figures()} == {one.tenant} for one in packs)
    # The instants of one pack after the other ascend, of each tenant.
    for tenant in ("tenant-0", "tenant-1"):
        created = [at for one in packs if one.tenant == tenant for at in one.tickets().created_at]
        assert created == sorted(figures.created_at for figures in told if figures.key[0] == tenant)


def test_a_day_is_settled_once_time_alone_changes_nothing() -> None:
    done = figures(*STORY, at=NINE + DAY)
    settled = header(PLACE, NINE + DAY, [done])
    assert (settled.tickets, settled.unsettled, settled.last_at) == (1, False, NINE + 200 * 60 * SECOND)
    assert header(PLACE, NINE + DAY, [done, open_ticket(NINE + DAY)]).unsettled
    assert header(PLACE, NINE, []).unsettled is False


def test_thanks_on_a_solved_ticket_leaves_it_settled() -> None:
    asked_again = event(
        "again",
        "message.added",
        NINE + 300 * 60 * SECOND,
        actor=CUSTOMER,
        message={"id": "again", "visibility": "public"},
    )
    found = figures(*STORY, asked_again, at=NINE + DAY)
    assert found.state == "solved"
    assert not header(PLACE, NINE + DAY, [found]).unsettled
    gone = figures(*STORY, asked_again, event("gone", "ticket.deleted", NINE + HOUR * 9), at=NINE + DAY)
    assert not header(PLACE, NINE + DAY, [gone]).unsettled


def test_a_settled_day_matters_while_something_happened_in_it() -> None:
    settled = header(PLACE, NINE + DAY, [figures(*STORY, at=NINE + DAY)])
    assert settled.matters(NINE, NINE + HOUR)
    assert settled.matters(NINE + 3 * HOUR, NINE + 9 * DAY)
    assert not settled.matters(NINE + 4 * HOUR, NINE + 9 * DAY)
    assert not settled.matters(NINE - 9 * DAY, NINE // DAY * DAY)
    assert replace(settled, unsettled=True).matters(NINE + 8 * DAY, NINE + 9 * DAY)


def test_figures_of_a_settled_ticket_do_not_depend_on_when_one_looks() -> None:
    assert figures(*STORY, at=NINE + DAY) == figures(*STORY, at=NINE + 30 * DAY)
