"""The sweep and the check."""

from __future__ import annotations

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND
from replyclock.service.ports import SHARDS, OpenTicketsTimer, Refreshed, Timer
from replyclock.service.sweep import sweep_deadlines
from tests.adapters.samples import KEY, NINE, created, reply, solved
from tests.template.test_template import FUNCTIONS

from .house import House

REMINDING = """
policy: acme
version: 1
effective_from: 2026-01-01T00:00:00Z
standards:
  - {name: chat, targets: {first_response: 10s}, alerts: [{at: 100%}], remind_every: 2s}
"""
LOOP_TURNS = 16
"""After which Lambda stops what feeds its own queue, where the function does not say that it may."""

WARNED, BROKEN = NINE + 8 * SECOND, NINE + 10 * SECOND + 1


def test_the_sweep_hands_over_what_is_overdue_or_falls_due_soon(house: House) -> None:
    # Warnings fall due at 80 % of 24 hours: the tickets are made as much earlier.
    day = 24 * 3600 * SECOND
    for number, due_in in enumerate((-3600, 0, 149, 150, 151, 3600)):
        key: TicketKey = ("default", "desk", str(number))
        house.told(created(key, NINE - day * 8 // 10 + due_in * SECOND, service_type="general"))
        house.now.at = NINE - 7200 * SECOND
        house.refresh(key)
    house.timers.armed.clear()
    house.now.at = NINE
    assert sweep_deadlines(house.tickets, house.timers, house.now) == 4
    assert {timer.key[2] for timer in house.timers.armed if isinstance(timer, Timer)} == {"0", "1", "2", "3"}


def test_the_sweep_catches_what_a_lost_message_left(house: House) -> None:
    house.told(created())
    house.refresh(KEY)
    house.queued()
    house.now.at = NINE + 40 * SECOND
    sweep_deadlines(house.tickets, house.timers, house.now)
    (timer,) = house.queued()
    house.check(timer)
    assert house.alerts() == {80: "pending", 100: "pending"}


def test_nothing_due_sends_nothing(house: House) -> None:
    assert sweep_deadlines(house.tickets, house.timers, house.now) == 0


def test_an_early_message_waits_out_the_rest(house: House) -> None:
    house.told(created())
    house.refresh(KEY)
    house.now.at = BROKEN - SECOND
    done = house.check(Timer(KEY, BROKEN))
    assert house.now.slept == [1.005]
    assert [entry.at_percent for entry in done.entries] == [80, 100]
    assert done.lags == (2 * SECOND + 5_001, 5_000)


def test_a_late_message_does_not_wait(house: House) -> None:
    house.told(created())
    house.now.at = BROKEN + 5_000
    house.check(Timer(KEY, BROKEN))
    assert house.now.slept == []


def test_a_message_that_is_far_too_early_is_sent_again(house: House) -> None:
    house.told(created())
    later = Timer(KEY, NINE + 2 * SECOND + 1)
    assert house.check(later) == Refreshed()
    assert house.timers.armed == [later]
    assert house.record().state is None


def test_a_message_of_an_answered_ticket_changes_nothing(house: House) -> None:
    house.told(created())
    house.refresh(KEY)
    house.told(reply())
    house.now.at = NINE + 6 * SECOND
    house.refresh(KEY)
    before = house.store.items()
    house.now.at = BROKEN
    assert house.check(Timer(KEY, BROKEN)) == Refreshed()
    assert house.store.items() == before


def test_open_tickets_are_looked_at_in_turn(house: House) -> None:
    keys: list[TicketKey] = [("default", "desk", str(number)) for number in range(12)]
    for key in keys:
        house.told(created(key))
        house.refresh(key)
    house.told(solved(keys[0], NINE + SECOND))
    house.now.at = NINE + SECOND
    house.refresh(keys[0])
    house.timers.armed.clear()
    for shard in range(SHARDS):
        assert house.check(OpenTicketsTimer(shard, NINE, 1)) == Refreshed()
    assert {timer.key for timer in house.timers.armed if isinstance(timer, Timer)} == set(keys[1:])


def test_reminders_go_on_for_as_long_as_nobody_answers_and_end_with_the_answer(house: House) -> None:
    """By timers alone, each armed by the one before: no sweep helps."""
    house.publish_policy(REMINDING)
    house.told(created())
    house.timers.armed.clear()
    house.refresh(KEY)
    chain = house.timers.armed
    for turn in range(25):
        if turn == LOOP_TURNS and FUNCTIONS["CheckDeadlines"].get("RecursiveLoop") != "Allow":
            break
        [timer] = chain
        chain.clear()
        assert timer.due_at > house.now(), "it would go round without waiting"
        house.now.at = timer.due_at
        house.check(timer)
    reminders = [one.entry.reminder for one in house.record().ledger if one.entry.level == "reminder"]
    assert sorted(reminders) == list(range(1, 25))
    house.told(reply(at=house.now()))
    [timer] = chain
    chain.clear()
    house.now.at = timer.due_at
    house.check(timer)
    assert chain == []
