from __future__ import annotations

import json

from replyclock.domain.alerts import LedgerEntry, entries_due, next_due, quiet_reason
from replyclock.domain.events import AnyEvent
from replyclock.domain.instants import SECOND
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY, Policy, read_policy

from .builders import AGENT, created, event, instant, message

CHAT = created("09:00", attributes={"channel": "chat"})
NIGHT = read_policy(
    [
        "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
        "calendars: {office: {timezone: UTC, hours: {mon: ['09:00-17:00'], tue: ['09:00-17:00']}}}\n"
        "standards: [{name: s, calendar: office, targets: {first_response: 1h}}]"
    ]
)


def at(events: list[AnyEvent], now: int, policy: Policy = DEFAULT_POLICY) -> TicketResult | None:
    return evaluate_ticket(events, policy, now)


def owed(events: list[AnyEvent], now: int, policy: Policy = DEFAULT_POLICY) -> dict[int, LedgerEntry]:
    result = at(events, now, policy)
    return {entry.at_percent: entry for entry in entries_due(result, now)} if result else {}


def test_a_warning_is_owed_at_its_instant_and_a_breach_only_after_it() -> None:
    start = instant("09:00")
    assert set(owed([CHAT], start + 8 * SECOND - 1)) == set()
    assert set(owed([CHAT], start + 8 * SECOND)) == {80}
    assert set(owed([CHAT], start + 10 * SECOND)) == {80}
    assert set(owed([CHAT], start + 10 * SECOND + 1)) == {80, 100}


def test_the_next_look_is_at_each_of_them_in_turn_and_then_never() -> None:
    start = instant("09:00")
    looks, now = [], start
    while (due := next_due([CHAT], at([CHAT], now), DEFAULT_POLICY, now)) is not None:
        looks.append(due - start)
        now = due
    assert looks == [8 * SECOND, 10 * SECOND + 1]


def test_a_promise_due_at_closing_time_breaks_when_the_office_opens() -> None:
    ticket = [created("16:00")]
    evening, morning = instant("20:00"), instant("02T09:00") + 1
    assert set(owed(ticket, evening, NIGHT)) == {80}
    assert next_due(ticket, at(ticket, evening, NIGHT), NIGHT, evening) == morning
    entry = owed(ticket, morning, NIGHT)[100]
    assert (entry.at, entry.knowable_at, entry.due_at) == (instant("17:00"), morning, instant("17:00"))


def test_a_breach_is_on_record_though_the_answer_came_before_anybody_looked_but_no_warning_is() -> None:
    ticket = [CHAT, message("09:01", AGENT)]
    assert set(owed(ticket, instant("10:00"))) == {100}
    assert set(owed([CHAT, message("09:00:10", AGENT)], instant("10:00"))) == set()


def test_an_event_from_a_clock_that_is_fast_is_looked_at_in_its_time() -> None:
    ahead = created("09:05")
    assert next_due([ahead], at([ahead], instant("09:00")), DEFAULT_POLICY, instant("09:00")) == instant("09:05")


def test_a_policy_to_come_is_a_reason_to_look_while_a_clock_runs() -> None:
    later = "policy: p\nversion: {}\neffective_from: 2026-06-{}T00:00:00Z\nstandards: []"
    policy = read_policy([later.format(1, "01"), later.format(2, "10")])
    ticket, now = [created("09:00")], instant("10:00")
    assert next_due(ticket, at(ticket, now, policy), policy, now) == instant("10T00:00")
    over = [*ticket, event("ticket.deleted", "09:30", AGENT)]
    assert next_due(over, at(over, now, policy), policy, now) is None


def test_why_nobody_is_told_any_more() -> None:
    start = instant("09:00")
    late = start + 11 * SECOND
    entries = owed([CHAT], late)
    now = instant("09:02")
    assert quiet_reason(entries[100], at([CHAT], now)) is None
    assert quiet_reason(entries[80], at([CHAT], now)) == "overtaken"
    assert quiet_reason(entries[100], at([CHAT, message("09:01", AGENT)], now)) == "answered"
    assert quiet_reason(entries[100], at([CHAT, event("ticket.deleted", "09:01", AGENT)], now)) == "cancelled"
    slower = event("attributes.changed", "09:01", AGENT, attributes={"channel": "phone"})
    assert quiet_reason(entries[100], at([CHAT, slower], now)) == "standard_changed"


def test_an_entry_is_read_as_it_was_written_and_names_itself() -> None:
    ticket = [created("09:00", attributes={"channel": "chat", "tags": ["a", "b"]}, ticket="acme/widgets#12")]
    entry = owed(ticket, instant("09:01"))[100]
    assert LedgerEntry.from_document(json.loads(json.dumps(entry.document()))) == entry
    other = owed([created("09:00", attributes={"channel": "chat"}, ticket="acme/widgets#1")], instant("09:01"))[100]
    assert entry.sort_key == other.sort_key == "A#first_response#1#100#chat"
    assert entry.alert_id != other.alert_id
    assert entry.alert_id == owed(ticket, instant("09:05"))[100].alert_id
