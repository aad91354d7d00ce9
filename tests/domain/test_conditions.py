"""Conditions on what a ticket is, and what they see change (sections 1 and 4 of the contract, version 2)."""

from __future__ import annotations

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Condition, Policy, read_policy
from replyclock.domain.timeline import OTHER_ATTRIBUTES_MAX

from .builders import AGENT, CUSTOMER, created, event, instant, judged, message, status


def policy(*standards: str, options: str = "") -> Policy:
    head = f"policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n{options}\nstandards:\n"
    return read_policy([head + "".join(f"  - {one}\n" for one in standards)])


@pytest.mark.parametrize(
    ("condition", "missing", "vip", "tags"),
    [
        (None, True, False, False),
        ([None, "vip"], True, True, False),
        ({"not": None}, False, True, True),
        ({"not": ["vip", None]}, False, False, True),
        ({"not": "vip"}, True, False, True),
        ({"any": None}, True, False, False),
        ("outage", False, False, True),
    ],
)
def test_null_is_what_is_missing(condition: object, missing: bool, vip: bool, tags: bool) -> None:
    asked = Condition.model_validate(condition)
    assert asked.holds(None) is missing
    assert asked.holds(()) is missing
    assert asked.holds("vip") is vip
    assert asked.holds(("outage", "billing")) is tags


def test_group_and_assignee_are_the_tickets_own_and_their_changes_judge_anew() -> None:
    by_group = policy(
        "{name: L2, when: {group: L2}, targets: {total_response: 2h}}",
        "{name: nobody's, when: {assignee: null}, targets: {total_response: 1h}}",
        options="select: first",
    )
    start = created("09:00", attributes={"group": "L2"})
    moved = event("assignment.changed", "09:30", AGENT, group="L2", assignee="a")
    before, after = judged([start], "09:20", by_group), judged([start, moved], "10:00", by_group)
    for result, name in ((before, "nobody's"), (after, "L2")):
        clock = result.clock("total_response", 1)
        assert clock is not None
        assert clock.standard == name
    clock = after.clock("total_response", 1)
    assert clock is not None
    assert clock.applies_since == instant("09:30")


@pytest.mark.parametrize("part", ["standards:\n  - {name: a, when: {status: open}, targets: {resolution: 1h}}"])
def test_a_status_is_no_condition(part: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_policy([f"policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n{part}\n"])
    assert refused.value.faults[0].field == "standards[0].when.status"


def test_thanks_on_a_solved_ticket_breaches_nothing_until_it_is_reopened() -> None:
    promised = policy("{name: s, targets: {next_response: 1h}}")
    solved = [created("09:00"), message("09:10", AGENT), status("09:20", "solved"), message("09:30", CUSTOMER)]
    thanks = judged(solved, "14:00", promised)
    waiting = thanks.clock("next_response", 1)
    assert waiting is not None
    assert (waiting.state, thanks.is_open) == ("paused", False)
    reopened = judged([*solved, status("11:00", "open")], "14:00", promised)
    waiting = reopened.clock("next_response", 1)
    assert waiting is not None
    assert (waiting.state, waiting.breached_at, reopened.is_open) == ("breached", instant("12:00"), True)


def test_a_ticket_has_the_known_attributes_and_fifty_others_the_first_that_are_named() -> None:
    names = {f"a{number:03}": "x" for number in range(OTHER_ATTRIBUTES_MAX + 10)}
    removed = event("attributes.changed", "09:10", attributes={"a000": None, "tier": "vip"})
    late = event("attributes.changed", "09:20", attributes={"zz": "x"})
    found = judged([created("09:00", attributes=names), removed, late], "10:00").attributes
    assert set(found) == {f"a{number:03}" for number in range(1, OTHER_ATTRIBUTES_MAX)} | {"tier"}


def test_a_question_between_a_reply_and_a_resolution_of_one_instant_is_answered_by_them() -> None:
    asked = [
        created("09:00", sequence=1),
        message("09:30", AGENT, sequence=1),
        message("09:30", CUSTOMER, sequence=2),
        status("09:30", "solved", sequence=3),
    ]
    unsolved = policy("{name: s, targets: {next_response: 1h}}", options="solve_answers: false")
    result = evaluate_ticket(asked, unsolved, instant("10:00"))
    assert result is not None
    clock = result.clock("next_response", 1)
    assert clock is not None
    assert (clock.stopped_by, clock.duration) == ("reply", 0)
