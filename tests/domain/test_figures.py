from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.events import AnyEvent
from replyclock.domain.figures import PHASES, AgentResponse, Hold, TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY
from tests.adapters.samples import NINE, created, event

HOUR = 3600 * SECOND
MINUTE = 60 * SECOND
ANNA, BEN = {"kind": "agent", "id": "anna"}, {"kind": "agent", "id": "ben"}
CUSTOMER = {"kind": "customer", "id": "c"}


def said(at: int, actor: dict[str, str], visibility: str = "public") -> AnyEvent:
    name = f"said {at}"
    return event(name, "message.added", at, actor=actor, message={"id": name, "visibility": visibility})


def given_to(at: int, assignee: str | None) -> AnyEvent:
    return event(f"given {at}", "assignment.changed", at, assignee=assignee)


def now(at: int, status: str) -> AnyEvent:
    return event(f"now {at}", "status.changed", at, actor=ANNA, status=status)


def figures(*events: AnyEvent, at: int) -> TicketFigures:
    found = ticket_figures(events, DEFAULT_POLICY, at)
    assert found is not None
    return found


STORY = (
    created(service_type="urgent"),
    given_to(NINE + 10 * MINUTE, "anna"),
    said(NINE + 40 * MINUTE, ANNA),
    now(NINE + 45 * MINUTE, "pending"),
    said(NINE + 60 * MINUTE, CUSTOMER),
    now(NINE + 60 * MINUTE, "open"),
    given_to(NINE + 70 * MINUTE, "ben"),
    said(NINE + 75 * MINUTE, ANNA, "internal"),
    said(NINE + 80 * MINUTE, BEN),
    now(NINE + 90 * MINUTE, "on_hold"),
    now(NINE + 150 * MINUTE, "open"),
    now(NINE + 160 * MINUTE, "solved"),
    event("rated", "rating.given", NINE + 200 * MINUTE, actor=CUSTOMER, rating=4),
)


def test_where_a_tickets_time_went() -> None:
    phases = dict(figures(*STORY, at=NINE + 24 * HOUR).phases.items())
    assert {name: time // MINUTE for name, time in phases.items()} == {
        "before_assignment": 10,
        "before_first_reply": 30,
        "on_us": 5 + 30 + 10,
        "on_customer": 15,
        "on_third_parties": 60,
    }


def test_who_answered_and_how_long_it_was_on_them() -> None:
    found = figures(*STORY, at=NINE + 24 * HOUR)
    assert found.responses == (
        AgentResponse("anna", NINE + 10 * MINUTE, NINE + 40 * MINUTE),
        AgentResponse("ben", NINE + 70 * MINUTE, NINE + 80 * MINUTE),
    )
    assert found.holds == (
        Hold("anna", NINE + 10 * MINUTE, NINE + 70 * MINUTE),
        Hold("ben", NINE + 70 * MINUTE, NINE + 160 * MINUTE),
    )


def test_the_clocks_of_a_ticket() -> None:
    found = figures(*STORY, at=NINE + 24 * HOUR)
    first = found.first("first_response")
    assert first is not None
    assert (first.duration, first.stopped_by, first.standard, first.met) == (40 * MINUTE, "reply", "urgent", False)
    assert [(one.metric, one.duration // MINUTE) for one in found.clocks] == [
        ("first_response", 40),
        ("next_response", 20),
        ("resolution", 150),
        ("total_response", 160),
    ]
    assert (found.rating, found.rated_at) == (4, NINE + 200 * MINUTE)
    assert (found.resolved_at, found.closed_at, found.open_spans) == (
        NINE + 160 * MINUTE,
        NINE + 160 * MINUTE,
        ((NINE, NINE + 160 * MINUTE),),
    )


def test_what_runs_is_known_to_take_longer() -> None:
    found = figures(created(service_type="urgent"), at=NINE + 20 * MINUTE)
    first = found.first("first_response")
    assert first is not None
    assert (first.observed, first.duration, first.met) == (False, 20 * MINUTE, None)
    assert found.closed_at is None
    late = figures(created(service_type="urgent"), at=NINE + 31 * MINUTE).first("first_response")
    assert late is not None
    assert (late.observed, late.met) == (False, False)


def test_a_reply_by_somebody_else_is_no_response_of_the_holders() -> None:
    found = figures(created(), given_to(NINE + MINUTE, "anna"), said(NINE + 5 * MINUTE, BEN), at=NINE + HOUR)
    assert found.responses == ()
    assert found.holds == (Hold("anna", NINE + MINUTE, NINE + HOUR),)


def test_a_reopened_ticket_is_in_the_backlog_again() -> None:
    found = figures(
        created(), now(NINE + HOUR, "solved"), now(NINE + 3 * HOUR, "open"), given_to(NINE, "anna"), at=NINE + 4 * HOUR
    )
    assert found.open_spans == ((NINE, NINE + HOUR), (NINE + 3 * HOUR, NINE + 4 * HOUR))
    assert (found.closed_at, found.resolved_at, found.first_resolved_at) == (None, None, NINE + HOUR)
    assert found.holds == (Hold("anna", NINE, NINE + HOUR), Hold("anna", NINE + 3 * HOUR, NINE + 4 * HOUR))


def test_what_is_solved_at_the_very_instant_is_not_open() -> None:
    found = figures(created(), now(NINE + HOUR, "solved"), at=NINE + HOUR)
    assert (found.closed_at, found.resolved_at) == (NINE + HOUR, NINE + HOUR)


def test_when_a_promise_broke() -> None:
    found = figures(*STORY, at=NINE + 24 * HOUR).first("first_response")
    assert found is not None
    assert (found.met, found.breached_at) == (False, NINE + 30 * MINUTE)


def test_a_deleted_ticket_left_the_backlog_when_it_was_deleted() -> None:
    found = figures(created(), event("gone", "ticket.deleted", NINE + HOUR), at=NINE + 4 * HOUR)
    first = found.first("first_response")
    assert first is not None
    assert (first.observed, first.met, first.ended_at) == (False, None, NINE + HOUR)
    assert (found.state, found.closed_at) == ("deleted", NINE + HOUR)


def test_a_ticket_created_solved_was_never_open() -> None:
    opening = event("born", "ticket.created", NINE, actor=CUSTOMER, status="solved")
    found = figures(opening, at=NINE + HOUR)
    assert (found.clocks, found.open_spans, found.closed_at) == ((), (), NINE)


def test_what_was_not_created_gives_no_figures() -> None:
    assert ticket_figures([said(NINE, ANNA)], DEFAULT_POLICY, NINE + HOUR) is None
    assert ticket_figures([created()], DEFAULT_POLICY, parse_instant("2026-05-31T00:00:00Z")) is None


@given(st.randoms(use_true_random=False), st.integers(0, 300))
def test_neither_order_nor_repetition_matters_and_each_moment_is_in_one_phase(
    chance: random.Random, minutes: int
) -> None:
    at = NINE + minutes * MINUTE
    shuffled = [*STORY, *chance.choices(STORY, k=3)]
    chance.shuffle(shuffled)
    found = ticket_figures(shuffled, DEFAULT_POLICY, at)
    assert found == ticket_figures(STORY, DEFAULT_POLICY, at)
    assert found is not None
    assert sum(time for _, time in found.phases.items()) == sum(end - begin for begin, end in found.open_spans)
    assert [name for name, _ in found.phases.items()] == list(PHASES)
