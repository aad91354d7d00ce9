from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from replyclock.domain.errors import Conflict
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.service.ports import (
    AnyTimer,
    LedgerRecord,
    PublishedPolicy,
    Refreshed,
    TicketRecord,
    TicketState,
    Timer,
)
from replyclock.service.sweep import sweep_deadlines
from tests.adapters.samples import KEY, NINE, created, event, note, reply, solved

from .house import House

WARNED, BROKEN = NINE + 8 * SECOND, NINE + 10 * SECOND + 1


def indexed(house: House) -> tuple[str | None, tuple[str, ...], int | None, str | None]:
    """What the indexes of due and of open tickets know."""
    state = house.record().state
    assert state is not None
    return state.state, state.states, state.due_at, state.urgency


def test_a_new_ticket_is_indexed_and_armed(house: House) -> None:
    house.told(created())
    assert house.refresh(KEY) == Refreshed(written=True)
    assert indexed(house) == ("new", ("running",), WARNED, "0#2026-06-01T09:00:10.000000Z")
    assert house.timers.armed == [Timer(KEY, WARNED)]


def test_calling_it_once_more_writes_nothing(house: House) -> None:
    house.told(created())
    house.refresh(KEY)
    before = without_notes(house)
    house.now.at += 3 * SECOND
    assert house.refresh(KEY) == Refreshed()
    assert without_notes(house) == before
    assert len(house.timers.armed) == 1


def without_notes(house: House) -> list[dict[str, Any]]:
    """All that is kept, but for when the ticket was last noted for the figures of its day."""
    return [item for item in house.store.items() if not item["pk"]["S"].startswith("NOTED#")]


def test_a_ticket_without_events_leaves_no_trace(house: House) -> None:
    assert house.refresh(KEY) == Refreshed()
    assert house.store.items() == []


def test_an_unanswered_chat_warns_then_breaks(house: House) -> None:
    house.told(created())
    house.refresh(KEY)
    house.now.at = WARNED
    warned = house.refresh(KEY)
    house.now.at = BROKEN + 4_000
    broken = house.refresh(KEY)
    assert [(entry.at_percent, entry.detected_at) for entry in (*warned.entries, *broken.entries)] == [
        (80, WARNED),
        (100, BROKEN + 4_000),
    ]
    assert (warned.lags, broken.lags, warned.late_lags + broken.late_lags) == ((0,), (4_000,), ())
    assert [timer.due_at for timer in house.timers.armed] == [WARNED, BROKEN]
    assert indexed(house) == ("new", ("breached",), None, "0#2026-06-01T09:00:10.000000Z")


def test_a_look_that_comes_late_finds_all_of_it(house: House) -> None:
    house.told(created())
    house.now.at = NINE + 3600 * SECOND
    done = house.refresh(KEY)
    assert house.alerts() == {80: "pending", 100: "pending"}
    assert done.lags == (3592 * SECOND, 3590 * SECOND - 1)


def test_what_was_told_late_is_kept_apart_from_the_lag_of_detection(house: House) -> None:
    house.now.at = NINE + 3600 * SECOND
    house.told(created())
    done = house.refresh(KEY)
    assert done.lags == ()
    assert done.late_lags == (3592 * SECOND, 3590 * SECOND - 1)


def test_an_answered_ticket_stays_open_without_a_deadline(house: House) -> None:
    house.told(created(), reply())
    house.now.at = NINE + 6 * SECOND
    house.refresh(KEY)
    assert indexed(house) == ("new", (), None, "2#2026-06-01T09:00:00.000000Z")
    house.told(solved())
    house.now.at = NINE + 60 * SECOND
    house.refresh(KEY)
    assert indexed(house) == ("solved", (), None, None)


def test_a_late_answer_is_listed_as_breached_after_what_still_runs(house: House) -> None:
    house.told(created(), reply(at=NINE + 15 * SECOND))
    house.now.at = NINE + 16 * SECOND
    house.refresh(KEY)
    state = house.record().state
    assert state is not None
    assert (state.states, state.urgency) == (("breached",), "2#2026-06-01T09:00:00.000000Z")


def test_a_deadline_far_away_is_left_to_the_sweep(house: House) -> None:
    house.told(created(service_type="general"))
    house.refresh(KEY)
    assert house.timers.armed == []
    state = house.record().state
    assert state is not None
    assert state.due_at == parse_instant("2026-06-02T04:12:00Z")


def test_a_deadline_that_does_not_move_is_not_armed_again(house: House) -> None:
    house.told(created(channel="chat", tier="vip"))
    house.refresh(KEY)
    customer = {"kind": "customer", "id": "c"}
    house.told(event("status", "status.changed", NINE + SECOND, actor=customer, status="open"))
    house.now.at = NINE + SECOND
    assert house.refresh(KEY).written
    assert len(house.timers.armed) == 1


def test_an_event_dated_in_the_future_is_looked_at_then(house: House) -> None:
    house.told(created(at=NINE + 3 * SECOND))
    house.refresh(KEY)
    assert indexed(house) == (None, (), NINE + 3 * SECOND, None)
    assert house.timers.armed == [Timer(KEY, NINE + 3 * SECOND)]
    house.now.at = NINE + 3 * SECOND
    house.refresh(KEY)
    state = house.record().state
    assert state is not None
    assert state.due_at == WARNED + 3 * SECOND


def test_an_open_ticket_is_looked_at_when_another_policy_comes_into_force(house: House) -> None:
    text = "{{policy: p, version: {}, effective_from: {}, standards: []}}"
    house.policies.add(PublishedPolicy(1, text.format(1, "1970-01-01T00:00:00Z"), NINE))
    house.policies.add(PublishedPolicy(2, text.format(2, "2026-06-01T12:00:00Z"), NINE))
    house.told(created())
    house.refresh(KEY)
    state = house.record().state
    assert state is not None
    assert state.due_at == parse_instant("2026-06-01T12:00:00Z")


def test_order_and_duplicates_do_not_matter(house: House) -> None:
    events = [created(), note(), reply(), solved()]
    house.now.at = NINE + 61 * SECOND
    house.told(*events)
    house.refresh(KEY)
    other: TicketKey = ("default", "desk", "2")
    moved = [one.model_copy(update={"ticket": "2"}) for one in events]
    for one in (*reversed(moved), *moved):
        house.told(one)
        house.refresh(other)
    assert house.record(other).state == house.record().state
    assert [entry.at_percent for entry in (known.entry for known in house.record(other).ledger)] == []
    shown, again = house.read.one(KEY), house.read.one(other)
    assert shown is not None
    assert again is not None
    assert {**again, "ticket": "1", "events": [], "alerts": []} == {**shown, "events": [], "alerts": []}


def many_alerts(house: House) -> None:
    """A ticket whose one clock has 120 alerts, all of them reached now."""
    alerts = ", ".join(f"{{at: {percent}%}}" for percent in range(1, 121))
    policy = (
        "{policy: p, version: 1, effective_from: 1970-01-01T00:00:00Z, standards: "
        f"[{{name: chat, targets: {{first_response: 10s}}, alerts: [{alerts}]}}]}}"
    )
    house.policies.add(PublishedPolicy(1, policy, NINE))
    house.told(created())
    house.now.at = NINE + 60 * SECOND


class Counting:
    """Counts the calls of a port."""

    def __init__(self, port: Any) -> None:
        self._port, self.calls = port, Counter[str]()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._port, name)

        def call(*args: Any) -> Any:
            self.calls[name] += 1
            return method(*args)

        return call


def test_more_entries_than_a_transaction_takes_are_all_written_and_the_ticket_is_read_once(house: House) -> None:
    many_alerts(house)
    counting: Any = Counting(house.tickets)
    assert len(replace(house.refresh, tickets=counting)(KEY).entries) == 120
    assert len(house.record().ledger) == 120
    assert counting.calls == {"read": 1, "write": 3}


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_sweep_goes_on_with_a_refresh_that_ended_between_transactions(
    house: House, number: int, after: bool
) -> None:
    many_alerts(house)
    house.refresh = replace(house.refresh, touch=None)
    house.now.at = NINE
    house.refresh(KEY)
    house.queued()
    house.now.at = NINE + 60 * SECOND
    dying: Any = Dying(house.tickets, "write", after=after, number=number)
    with pytest.raises(Crash):
        replace(house.refresh, tickets=dying)(KEY)
    assert len(house.record().ledger) == min(120, 50 * (number - (not after)))
    house.now.at += SECOND
    sweep_deadlines(house.tickets, house.timers, house.now)
    rung = [timer for timer in house.queued() if timer.due_at <= house.now()]
    assert bool(rung) is not (after and number == 3), "nothing is left to do once all is written"
    for timer in rung:
        house.check(timer)
    assert house.alerts() == dict.fromkeys(range(1, 121), "pending")
    assert not house.refresh(KEY).written


class Crash(Exception):
    """The function dies here."""


class Dying:
    """A port that dies before or after one of its calls, the first or a later one."""

    def __init__(self, port: Any, name: str, *, after: bool, number: int = 1) -> None:
        self._port, self._name, self._after, self._left = port, name, after, number

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*args: Any) -> Any:
            self._left -= name == self._name
            dies = name == self._name and self._left == 0
            if dies and not self._after:
                raise Crash
            answer = method(*args)
            if dies:
                raise Crash
            return answer

        return call


@pytest.mark.parametrize(
    ("port", "call", "after"),
    [("timers", "send", False), ("timers", "send", True), ("tickets", "write", False), ("tickets", "write", True)],
)
def test_a_crash_anywhere_loses_no_alert_and_doubles_none(house: House, port: str, call: str, after: bool) -> None:
    house.told(created())
    house.now.at = WARNED
    dying: Any = Dying(getattr(house, port), call, after=after)
    with pytest.raises(Crash):
        replace(house.refresh, **{port: dying})(KEY)
    house.refresh(KEY)
    assert house.alerts() == {80: "pending"}
    assert Timer(KEY, BROKEN) in house.timers.armed, "the breach is watched"
    house.now.at = BROKEN
    house.refresh(KEY)
    house.refresh(KEY)
    assert house.alerts() == {80: "pending", 100: "pending"}


def test_the_timer_is_armed_before_the_write(house: House) -> None:
    house.told(created())
    with pytest.raises(Crash):
        replace(house.refresh, tickets=Dying(house.tickets, "write", after=False))(KEY)
    assert house.timers.armed == [Timer(KEY, WARNED)]


class Stalling:
    """The function is held up for a while after it has read."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.write = house.tickets.write

    def read(self, key: TicketKey) -> TicketRecord:
        record = self.house.tickets.read(key)
        self.house.now.at += 20 * SECOND
        return record


def test_who_is_held_up_does_not_judge_what_it_has_not_read(house: House) -> None:
    house.told(created())
    assert replace(house.refresh, tickets=Stalling(house))(KEY).entries == ()
    assert house.timers.armed == [Timer(KEY, WARNED)], "the next look comes at once"


class Overtaken:
    """Somebody else writes the ticket first, a number of times."""

    def __init__(self, house: House, times: int) -> None:
        self.house, self.times = house, times
        self.read = house.tickets.read

    def write(self, key: TicketKey, state: TicketState, version: int, owed: Sequence[LedgerRecord], now: int) -> None:
        if self.times:
            self.times -= 1
            self.house.tickets.write(key, replace(state, state=f"other {self.times}"), version, (), now)
        self.house.tickets.write(key, state, version, owed, now)


def test_who_is_overtaken_reads_again(house: House) -> None:
    house.told(created())
    house.now.at = WARNED
    done = replace(house.refresh, tickets=Overtaken(house, 3))(KEY)
    assert [entry.at_percent for entry in done.entries] == [80]
    assert house.alerts() == {80: "pending"}
    assert len(house.now.slept) == 3


def test_who_is_overtaken_for_ever_says_so(house: House) -> None:
    house.told(created())
    with pytest.raises(Conflict):
        replace(house.refresh, tickets=Overtaken(house, 99))(KEY)
    assert sum(house.now.slept) < 3


def test_what_is_armed_is_what_the_queue_holds(house: House) -> None:
    house.told(created(at=NINE - 8 * SECOND + 500_000))
    house.refresh(KEY)
    expected: Iterable[AnyTimer] = [Timer(KEY, NINE + 500_000)]
    assert house.queued() == expected
