"""What holds for every ticket, whatever happens on it."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.alerts import entries_due, next_due
from replyclock.domain.evaluation import evaluate_events
from replyclock.domain.events import AnyEvent, event_document, event_text, parse_event
from replyclock.domain.explanation import explain
from replyclock.domain.forgetting import PREFIX, Person, as_known, without
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY, Policy, read_policy

START = parse_instant("2026-06-01T09:00:00Z")
ACTORS = [{"kind": kind, "id": who} for kind, who in (("customer", "c"), ("agent", "a"), ("agent", "c"), ("bot", "b"))]
ACTORS += [{"kind": "system"}, {"kind": "agent"}, {"kind": "unknown", "id": "c"}]
STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"]

HOURS = """
policy: everything
version: 1
effective_from: 2026-06-01T08:00:00Z
when_attributes_change: from_change
calendars:
  london: {timezone: Europe/London, hours: {mon: ["10:00-10:20", "10:30-11:00"], tue: ["00:00-24:00"]}}
standards:
  - name: fast
    when: {tier: vip}
    calendar: london
    targets: {first_response: 5m, next_response: 1m, resolution: 10m, total_response: 20m}
  - name: slow
    targets: {first_response: 10m, next_response: 2m, resolution: 30m, total_response: 40m}
    alerts: [{at: 50%}, {at: 100%}, {at: 150%}]
"""
LATER = """
policy: everything
version: 2
effective_from: 2026-06-01T09:20:00Z
solve_answers: false
pause_in: {first_response: [pending]}
standards: [{name: new, when: {tier: {not: vip}}, targets: {first_response: 3m, resolution: 5m}}]
"""
POLICIES = [DEFAULT_POLICY, read_policy([HOURS, LATER])]


@st.composite
def tickets(draw: st.DrawFn) -> list[AnyEvent]:
    """Up to a dozen events within two hours, many of them at the same instants, some told twice with other contents."""
    instants = st.integers(0, 24).map(lambda n: format_instant(START + n * 300 * SECOND))
    common = {
        "id": st.sampled_from([f"e{n}" for n in range(14)]),
        "ticket": st.just("1"),
        "occurred_at": instants,
        "actor": st.sampled_from(ACTORS),
    }
    optional = {"sequence": st.integers(0, 3), "created_at": instants}
    messages = st.fixed_dictionaries(
        {"id": st.sampled_from("mnop"), "visibility": st.sampled_from(["public", "internal"])}
    )
    attributes = st.dictionaries(
        st.sampled_from(["tier", "channel", "service_type"]), st.sampled_from(["vip", "chat", "urgent"])
    )
    kinds: list[dict[str, st.SearchStrategy[Any]]] = [
        {
            "type": st.just("ticket.created"),
            "attributes": attributes,
            "message": messages,
            "status": st.sampled_from(STATUSES[:5]),
        },
        {"type": st.just("message.added"), "message": messages},
        {"type": st.just("message.added"), "message": messages},
        {"type": st.just("message.hidden"), "message": messages},
        {"type": st.just("status.changed"), "status": st.sampled_from(STATUSES)},
        {"type": st.just("status.changed"), "status": st.sampled_from(STATUSES)},
        {"type": st.just("assignment.changed"), "assignee": st.sampled_from(["a", "x", None])},
        {"type": st.just("attributes.changed"), "attributes": attributes},
        {"type": st.sampled_from(["ticket.deleted", "ticket.restored"])},
        {"type": st.just("ticket.merged"), "into": st.just("2")},
    ]
    one = st.one_of([st.fixed_dictionaries(common | kind, optional=optional) for kind in kinds])
    opening = st.fixed_dictionaries(common | kinds[0])
    return [parse_event(told) for told in [draw(opening), *draw(st.lists(one, max_size=11))]]


policies = st.sampled_from(POLICIES)
moments = st.integers(-10, 200).map(lambda n: START + n * 60 * SECOND + 1)


@given(tickets(), policies, moments, st.randoms())
def test_neither_order_nor_repetition_of_events_matters(
    ticket: list[AnyEvent], policy: Policy, now: int, random: Any
) -> None:
    again = [parse_event(event_document(event)) for event in ticket] + ticket[:3]
    random.shuffle(again)
    expected, got = evaluate_ticket(ticket, policy, now), evaluate_ticket(again, policy, now)
    assert (expected and expected.document()) == (got and got.document())


@given(tickets(), policies, moments, st.sampled_from([f"{PREFIX}0", f"{PREFIX}f"]))
def test_forgetting_a_person_changes_no_clock(ticket: list[AnyEvent], policy: Policy, now: int, pseudonym: str) -> None:
    # Of an event that is told twice at one instant the contents say which counts, and they are what is changed. There
    # the command looks before it writes.
    told = list({(event.id, event.occurred_at): event for event in ticket}.values())
    carla = Person("c")
    renamed = [without(event, carla, pseudonym) for event in told]
    assert not any(event.actor.id == "c" for event in renamed)
    expected, got = evaluate_ticket(told, policy, now), evaluate_ticket(renamed, policy, now)
    assert (expected and expected.document()) == (got and got.document())
    again = [as_known(event, [known]) for event, known in zip(told, renamed, strict=True)]
    assert [event_text(event) for event in again] == [event_text(event) for event in renamed]


@given(tickets(), policies, moments)
def test_what_happens_later_is_not_known_yet(ticket: list[AnyEvent], policy: Policy, now: int) -> None:
    known = [event for event in ticket if event.occurred_at <= now]
    expected, got = evaluate_ticket(known, policy, now), evaluate_ticket(ticket, policy, now)
    assert (expected and expected.document()) == (got and got.document())


@given(tickets(), policies, moments)
def test_figures_agree_with_each_other(ticket: list[AnyEvent], policy: Policy, now: int) -> None:
    result = evaluate_ticket(ticket, policy, now)
    for clock in result.clocks if result else ():
        if clock.elapsed is None or clock.target is None:
            continue
        assert (clock.state == "breached") == (clock.elapsed > clock.target)
        assert clock.ever_breached or clock.state != "breached"
        end = clock.stopped_at if clock.stopped_at is not None else now
        if clock.due_at is not None:
            assert (clock.due_at <= end) == (clock.elapsed >= clock.target)
        if clock.stopped_at is not None:
            assert clock.active is not None
            assert clock.business is not None
            assert clock.duration is not None
            assert 0 <= clock.business <= clock.active <= clock.duration


@given(tickets(), policies, moments)
def test_an_explanation_adds_up(ticket: list[AnyEvent], policy: Policy, now: int) -> None:
    result = evaluate_ticket(ticket, policy, now)
    for clock in result.clocks if result else ():
        intervals = explain(clock, result, policy)  # type: ignore[arg-type]
        assert sum(one.end - one.begin for one in intervals if one.reason == "counted") == (clock.elapsed or 0)
        assert all(one.end == other.begin for one, other in itertools.pairwise(intervals))
        if intervals and clock.elapsed is not None:
            assert intervals[0].begin == clock.started_at


@given(tickets(), policies, moments)
def test_time_alone_changes_nothing_before_the_next_due_instant(
    ticket: list[AnyEvent], policy: Policy, now: int
) -> None:
    """Whoever looks again at `next_due`, and at each new event, misses nothing."""
    result = evaluate_ticket(ticket, policy, now)
    due = next_due(ticket, result, policy, now)
    horizon = min(due or now + 10**13, now + 10**13) - 1
    later = evaluate_ticket(ticket, policy, horizon)
    assert _owed(result, now) == _owed(later, horizon)


def _owed(result: TicketResult | None, now: int) -> Any:
    if result is None:
        return None
    states = [(clock.metric, clock.instance, clock.state, clock.standard) for clock in result.clocks]
    return states, {entry.sort_key for entry in entries_due(result, now)}


@given(tickets(), policies, moments, st.integers(0, 7200))
def test_elapsed_never_decreases_and_a_met_clock_never_breaks(
    ticket: list[AnyEvent], policy: Policy, now: int, seconds: int
) -> None:
    """With nothing new told and no other version coming into force, time moves clocks one way only."""
    known = [event for event in ticket if max(event.occurred_at, event.created_at or 0) <= now]
    earlier, later = evaluate_ticket(known, policy, now), evaluate_ticket(known, policy, now + seconds * SECOND)
    for before in earlier.clocks if earlier else ():
        after = later.clock(before.metric, before.instance) if later else None
        assert after is not None
        if before.stopped_at is not None:
            assert after == before
        elif before.elapsed is not None and after.elapsed is not None and after.standard == before.standard:
            assert after.elapsed >= before.elapsed


@given(tickets(), policies, moments)
def test_elapsed_at_the_due_instant_is_the_target_and_just_before_it_is_less(
    ticket: list[AnyEvent], policy: Policy, now: int
) -> None:
    known = [event for event in ticket if max(event.occurred_at, event.created_at or 0) <= now]
    result = evaluate_ticket(known, policy, now)
    for clock in result.clocks if result else ():
        if clock.state != "running" or clock.due_at is None or policy.changes(now, clock.due_at):
            continue
        at_due, just_before = (evaluate_ticket(known, policy, at) for at in (clock.due_at, clock.due_at - 1))
        at_due_clock = at_due.clock(clock.metric, clock.instance) if at_due else None
        before_clock = just_before.clock(clock.metric, clock.instance) if just_before else None
        assert at_due_clock is not None
        assert at_due_clock.elapsed == clock.target
        assert before_clock is not None
        assert before_clock.elapsed is not None and clock.target is not None
        assert clock.due_at == now or before_clock.elapsed < clock.target


@given(st.lists(tickets(), min_size=1, max_size=4), policies, moments, st.randoms())
def test_splitting_a_file_of_many_tickets_changes_nothing(
    several: list[list[AnyEvent]], policy: Policy, now: int, random: Any
) -> None:
    named = [
        [parse_event({**event_document(event), "ticket": str(number)}) for event in ticket]
        for number, ticket in enumerate(several)
    ]
    mixed = [event for ticket in named for event in ticket]
    random.shuffle(mixed)
    together = [result.document() for result in evaluate_events(mixed, policy, now)]
    apart = [result.document() for ticket in named for result in evaluate_events(ticket, policy, now)]
    assert together == apart
