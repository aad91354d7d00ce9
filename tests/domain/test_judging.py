"""The default policy on tickets whose figures are worked out by hand."""

from __future__ import annotations

import pytest

from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY, read_policy

from .builders import AGENT, BOT, CUSTOMER, at, clock, created, event, instant, judged, message, status


def test_a_chat_promise_is_kept_at_ten_seconds_and_broken_a_microsecond_later() -> None:
    ticket = [created("09:00", attributes={"channel": "chat"})]
    exactly, later = instant("09:00:10"), instant("09:00:10") + 1
    for now, state in ((exactly, "running"), (later, "breached")):
        result = evaluate_ticket(ticket, DEFAULT_POLICY, now)
        assert result is not None
        first = result.clocks[0]
        assert (first.state, first.standard, first.target) == (state, "chat", 10 * SECOND)
        assert first.due_at == exactly
        assert first.breached_at == (exactly if state == "breached" else None)


@pytest.mark.parametrize(
    ("attributes", "standard", "target"),
    [
        ({"service_type": "urgent"}, "urgent", 1800),
        ({"service_type": "general"}, "general", 86400),
        ({"tier": "vip", "service_type": "urgent"}, "vip", 900),
        ({"tier": "regular", "service_type": "general"}, "general", 86400),
        ({"channel": "phone", "tier": "vip"}, "phone", 30),
        ({"channel": "chat", "tier": "vip", "service_type": "urgent"}, "chat", 10),
        ({"channel": "email"}, None, None),
    ],
)
def test_of_the_standard_table_the_strictest_governs(
    attributes: dict[str, str], standard: str | None, target: int | None
) -> None:
    first = clock([created("09:00", attributes=attributes)], "09:00:01")
    assert (first.standard, first.target) == (standard, target and target * SECOND)


def test_the_four_clocks_of_a_ticket() -> None:
    ticket = [
        created("09:00", attributes={"service_type": "urgent"}),
        message("09:20", AGENT),
        status("09:20", "pending"),
        message("10:00", CUSTOMER),
        status("10:00", "open", CUSTOMER),
        message("10:05", AGENT),
        status("10:30", "solved"),
    ]
    result = judged(ticket, "12:00")
    figures = {
        (one.metric, one.instance): (one.state, one.duration, one.active, one.stopped_by) for one in result.clocks
    }
    minute = 60 * SECOND
    assert figures == {
        ("first_response", 1): ("met", 20 * minute, 20 * minute, "reply"),
        ("next_response", 1): ("no_target", 5 * minute, 5 * minute, "reply"),
        ("resolution", 1): ("no_target", 70 * minute, 30 * minute, "solve"),
        ("total_response", 1): ("no_target", 90 * minute, 50 * minute, "solve"),
    }
    document = result.document()
    assert document["total_by_formula_seconds"] == 90 * 60
    assert document["time_in_status"] == {"new": 1200, "pending": 2400, "open": 1800}
    assert document["waits"] == {"requester_wait": 3000, "agent_work": 3000, "agent_wait": 2400, "on_hold": 0}
    assert document["counts"] == {
        "replies": 2, "customer_messages": 2, "internal_notes": 0, "bot_messages": 0, "reopens": 0, "reassignments": 0,
    }  # fmt: skip
    assert document["handling_started_at"] == at("09:20")
    assert document["resolved_at"] == document["first_resolved_at"] == at("10:30")


def test_neither_a_bot_nor_a_note_answers() -> None:
    ticket = [created("09:00"), message("09:01", BOT), message("09:02", AGENT, "internal")]
    assert clock(ticket, "10:00").stopped_at is None
    assert judged(ticket, "10:00").document()["counts"] | {"customer_messages": 0} == {
        "replies": 0, "customer_messages": 0, "internal_notes": 1, "bot_messages": 1, "reopens": 0, "reassignments": 0,
    }  # fmt: skip


def test_a_reply_and_a_resolution_at_one_instant_count_as_the_reply() -> None:
    told = [("message", 1), ("solve", 2)], [("message", 2), ("solve", 1)]
    for order in told:
        sequence = dict(order)
        ticket = [
            created("09:00"),
            message("09:10", AGENT, sequence=sequence["message"]),
            status("09:10", "solved", sequence=sequence["solve"]),
        ]
        assert clock(ticket, "10:00").stopped_by == "reply"


def test_handling_that_starts_on_a_resolved_ticket_finds_its_clock_stopped_until_a_reopening() -> None:
    ticket = [
        created("09:00"),
        status("09:10", "solved", {"kind": "system"}),
        event("assignment.changed", "09:30", AGENT, assignee="a"),
    ]
    stopped = clock(ticket, "10:00", "resolution")
    assert (stopped.started_at, stopped.stopped_at, stopped.duration) == (instant("09:30"), instant("09:30"), 0)
    running = clock([*ticket, status("11:00", "open", CUSTOMER)], "11:15", "resolution")
    assert (running.stopped_at, running.elapsed) == (None, 15 * 60 * SECOND)


def test_created_closed_and_reopened_is_cancelled_for_good() -> None:
    ticket = [
        created("09:00", status="closed", assignee="a"),
        status("10:00", "open", CUSTOMER),
        message("10:01", CUSTOMER),
    ]
    result = judged(ticket, "11:00")
    assert {(one.metric, one.state, one.reason) for one in result.clocks} == {
        (metric, "cancelled", "created_closed") for metric in ("first_response", "resolution", "total_response")
    }
    assert result.document()["counts"]["reopens"] == 1


def test_a_merged_ticket_stands_still() -> None:
    ticket = [created("09:00"), event("ticket.merged", "09:30", AGENT, into="2"), message("09:40", AGENT)]
    result = judged(ticket, "12:00")
    assert (result.state, result.clocks[0].reason) == ("merged", "merged")
    assert result.document()["time_in_status"] == {"new": 1800}
    assert result.document()["counts"]["replies"] == 0


def test_a_deletion_that_was_undone_never_was() -> None:
    ticket = [created("09:00"), event("ticket.deleted", "09:10", AGENT), message("09:30", AGENT)]
    assert judged(ticket, "12:00").state == "deleted"
    restored = [*ticket, event("ticket.restored", "10:00", AGENT)]
    assert clock(restored, "12:00").stopped_at == instant("09:30")


def test_a_hidden_message_counts_as_internal_from_the_start() -> None:
    ticket = [
        created("09:00"),
        message("09:10", AGENT, mid="r1"),
        message("09:30", AGENT, mid="r2"),
        event("message.hidden", "11:00", AGENT, message={"id": "r1"}),
    ]
    assert clock(ticket, "10:00").stopped_at == instant("09:10")
    assert clock(ticket, "11:00").stopped_at == instant("09:30")


def test_what_is_dated_before_the_creation_counts_as_occurring_at_it() -> None:
    ticket = [created("09:00"), status("08:58", "pending"), status("08:59", "open")]
    document = judged(ticket, "10:00").document()
    assert document["state"] == "open"
    assert document["time_in_status"] == {"new": 0, "pending": 0, "open": 3600}


def test_a_ticket_whose_creation_is_unknown_has_counts_but_no_clocks() -> None:
    document = judged([message("09:30", AGENT), message("09:40", AGENT, "internal")], "10:00").document()
    assert (document["state"], document["clocks"], document["time_in_status"]) == ("awaiting_creation", [], {})
    assert (document["counts"]["replies"], document["counts"]["internal_notes"]) == (1, 1)


def test_creation_is_known_from_another_events_word() -> None:
    ticket = [message("09:30", AGENT, created_at=at("09:00")), message("09:31", AGENT, created_at=at("08:59"))]
    assert judged(ticket, "10:00").document()["created_at"] == at("08:59")


def test_of_one_id_told_twice_the_first_in_order_counts() -> None:
    late, early = status("10:00", "solved", id="x"), status("09:30", "pending", id="x")
    for ticket in ([created("09:00"), late, early], [early, late, created("09:00")]):
        assert judged(ticket, "11:00").state == "pending"


def test_a_ticket_with_no_event_by_then_is_not_listed() -> None:
    assert evaluate_ticket([created("09:00")], DEFAULT_POLICY, instant("08:59")) is None


def test_an_answer_that_solving_gives_only_where_the_policy_says_so() -> None:
    strict = read_policy(
        [
            "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\nsolve_answers: false\n"
            "standards: [{name: s, targets: {first_response: 1h}}]"
        ]
    )
    ticket = [created("09:00"), status("09:10", "solved")]
    assert clock(ticket, "10:30").stopped_by == "solve"
    assert clock(ticket, "10:30", policy=strict).state == "breached"


def test_instants_in_results_are_utc() -> None:
    result = judged([created("09:00", attributes={"tier": "vip"})], "09:05").document()
    assert result["clocks"][0]["due_at"] == format_instant(instant("09:15")) == "2026-06-01T09:15:00Z"
