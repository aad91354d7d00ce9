from __future__ import annotations

import json

from replyclock.domain.alerts import (
    HISTORY_AFTER,
    LedgerEntry,
    corrections_due,
    entries_due,
    is_history,
    next_due,
    quiet_reason,
)
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


REMINDING = read_policy(
    [
        "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
        "calendars: {office: {timezone: UTC, hours: {mon: ['09:00-17:00'], tue: ['09:00-17:00']}}}\n"
        "standards: [{name: s, calendar: office, targets: {total_response: 6h}, remind_every: 1h,\n"
        "             alerts: [{at: 80%, notify: team}, {at: 100%, notify: [team, lead]}, {at: 200%, notify: boss}]}]"
    ]
)


def test_of_the_reminders_the_last_one_is_owed_in_open_hours_to_those_who_know() -> None:
    ticket = [created("09:00")]

    def reminders(time: str) -> list[tuple[int, int, tuple[str, ...]]]:
        result = at(ticket, instant(time), REMINDING)
        entries = entries_due(result, instant(time)) if result else ()
        return [(one.reminder, one.at, one.notify) for one in entries if one.level == "reminder"]

    assert reminders("15:59") == []
    assert reminders("16:00") == [(1, instant("16:00"), ("team", "lead"))]
    assert reminders("20:00") == [(2, instant("17:00"), ("team", "lead"))]
    assert reminders("02T10:00") == [(3, instant("02T10:00"), ("team", "lead"))]
    evening = instant("20:00")
    assert next_due(ticket, at(ticket, evening, REMINDING), REMINDING, evening) == instant("02T10:00")


def test_nobody_is_reminded_of_what_stands_still_or_is_over() -> None:
    paused = [created("09:00"), event("status.changed", "15:30", AGENT, status="pending")]
    later = instant("02T12:00")
    assert all(one.level != "reminder" for one in owed(paused, later, REMINDING).values())
    assert next_due(paused, at(paused, later, REMINDING), REMINDING, later) is None


def test_a_breach_that_was_none_is_taken_back_once_for_all_that_was_told_of_it() -> None:
    told = list(owed([CHAT], instant("09:01")).values())
    now = instant("09:05")
    in_time = at([CHAT, message("09:00:09", AGENT)], now)
    assert in_time is not None
    (correction,) = corrections_due(in_time, told, now)
    assert (correction.level, correction.at, correction.due_at) == (
        "correction",
        instant("09:00:09"),
        instant("09:00:10"),
    )
    assert corrections_due(in_time, [told[0]], now) == ()  # a warning was right when it was told
    too_late = at([CHAT, message("09:00:11", AGENT)], now)
    assert too_late is not None
    assert corrections_due(too_late, told, now) == ()
    assert quiet_reason(correction, in_time, told) is None
    assert quiet_reason(correction, in_time, ()) == "never_told"
    assert quiet_reason(correction, too_late, told) == "never_told"


def test_a_breach_that_was_rightly_told_is_not_taken_back_when_the_standard_changes() -> None:
    told = list(owed([CHAT], instant("09:01")).values())
    slower = at([CHAT, event("attributes.changed", "09:01", AGENT, attributes={"channel": "phone"})], instant("09:02"))
    assert slower is not None
    assert corrections_due(slower, told, instant("09:02")) == ()


def test_what_was_past_when_it_first_could_be_known_is_history() -> None:
    breach = owed([CHAT], instant("09:01"))[100]
    assert not is_history(breach, breach.knowable_at + HISTORY_AFTER, None)
    assert is_history(breach, breach.knowable_at + HISTORY_AFTER + 1, None)
    assert is_history(breach, breach.knowable_at, breach.knowable_at + 1)
    assert not is_history(breach, breach.knowable_at, breach.knowable_at)
