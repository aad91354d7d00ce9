"""Faults in both engines: what happens when several set aside, mend and publish the same thing at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.errors import Conflict, RefusedByStore
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.service.faults import faulty_alert, faulty_part, faulty_ticket
from replyclock.service.ports import RETRIED_FIRST, SHARDS, FaultKind, Faulty
from replyclock.service.refresh import RefreshTicket

from .backends import Store
from .samples import KEY, NINE, RUNNING, created, owed
from .test_engine import Timers

THINGS = [
    faulty_ticket(("acme", "git-hub", "owner/repo#12 ü%2F")),
    Faulty(FaultKind.FIGURES, KEY),
    faulty_alert(KEY, "A#first_response#1#100#V/IP #1"),
    Faulty(FaultKind.NOTICE, ("D#1h#x", "A#2026-06-01T09:00:00.000000Z#acme")),
    Faulty(FaultKind.NOTICE, ("S#acme#2026-06-01T09:00:00.000000Z#chat", "A#000000")),
    Faulty(FaultKind.STORM, ("acme", "2026-06-01T09:00:00.000000Z", "V#IP")),
    Faulty(FaultKind.DIGEST, ("week", "2026-06-01T00:00:00.000000Z")),
    faulty_part((20605, 3)),
    faulty_part((-719162, 3)),
    Faulty(FaultKind.CONNECTION, ("desk",)),
]


def together(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [one.result() for one in [pool.submit(call) for call in calls]]


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.kind.value)
def test_what_is_aside_is_found_counted_and_ended(store: Store, thing: Faulty) -> None:
    faults = DynamoFaults(store.table)
    assert faults.get(thing) is None
    faults.set_aside(thing, "KeyError at a.py:1 in b", NINE)
    faults.set_aside(thing, "OverflowError at a.py:2 in b", NINE + SECOND)
    assert list(faults.newest()) == [(NINE + SECOND, thing)]
    [record] = faults.read([thing])
    assert record == faults.get(thing)
    assert (record.first_seen, record.last_seen, record.count) == (NINE, NINE + SECOND, 2)
    assert record.reason.startswith("OverflowError")
    assert not faults.clear(replace(record, last_seen=NINE)), "it has failed again since"
    assert faults.clear(record)
    assert not faults.clear(record)
    assert (faults.get(thing), list(faults.newest()), faults.read([thing])) == (None, [], [])
    faults.set_aside(thing, "KeyError at a.py:1 in b", NINE + MINUTE)
    again = faults.get(thing)
    assert again is not None
    assert (again.first_seen, again.count) == (NINE + MINUTE, 1)
    assert all("expires_at" not in item for item in store.items())


def test_several_that_set_aside_at_once_are_counted_and_make_one_fault(engine: Store) -> None:
    thing = faulty_ticket(KEY)
    DynamoTickets(engine.table).write(KEY, replace(RUNNING, due_at=NINE), 0, (), NINE)
    faults = [DynamoFaults(engine.table) for _ in range(8)]
    together(*(partial(one.set_aside, thing, "x", NINE + i) for i, one in enumerate(faults)))
    [(_, found)] = faults[0].newest()
    record = faults[0].get(thing)
    assert found == thing
    assert record is not None
    assert record.count == 8
    state = DynamoTickets(engine.table).read(KEY).state
    assert state is not None and state.due_at is not None
    assert state.due_at >= NINE + RETRIED_FIRST


@pytest.mark.parametrize("attempt", range(10))
def test_whoever_mends_while_another_fails_leaves_neither_a_wrong_state_nor_a_lost_deadline(
    engine: Store, attempt: int
) -> None:
    """One process has the mended code, another the old one: what is due next is what the log says all the same."""
    log, tickets, faults = DynamoEventLog(engine.table), DynamoTickets(engine.table), DynamoFaults(engine.table)
    log.append(created(service_type="general", channel="email"), NINE)
    at = NINE + MINUTE
    refresh = RefreshTicket(tickets, Timers(), lambda: DEFAULT_POLICY, lambda: at, clear=faults.clear)
    faults.set_aside(faulty_ticket(KEY), "x", NINE + attempt)
    together(lambda: refresh(KEY), lambda: faults.set_aside(faulty_ticket(KEY), "x", at))
    record = tickets.read(KEY)
    assert record.state is not None and record.state.due_at is not None
    assert record.state.due_at > NINE + 3600 * SECOND, "the first warning of a day"
    if record.faults:  # it failed last, as far as anybody knows; the next look ends it
        refresh(KEY)
    assert tickets.read(KEY).faults == {}
    assert all("faulty" not in item for item in engine.items())


def test_an_alert_is_set_aside_or_sent_but_never_both(engine: Store) -> None:
    tickets, ledger, faults = DynamoTickets(engine.table), DynamoLedger(engine.table), DynamoFaults(engine.table)
    for attempt in range(10):
        key = ("default", "desk", f"race-{attempt}")
        tickets.write(key, RUNNING, 0, owed(key), NINE)
        sort_key = owed(key)[0].entry.sort_key
        assert ledger.claim(key, sort_key, "one", NINE, MINUTE) is not None

        def settle(key: Any = key, sort_key: str = sort_key) -> str:
            try:
                ledger.settle(key, sort_key, "sent", NINE)
            except Conflict:
                return "faulty"
            return "sent"

        outcome, _ = together(settle, partial(faults.set_aside, faulty_alert(key, sort_key), "x", NINE))
        [status] = [one.status for one in tickets.read(key).ledger if one.entry.sort_key == sort_key]
        assert status == outcome


def test_a_state_over_400_kilobytes_is_refused_for_good(engine: Store) -> None:
    """Amazon's engine knows the limit; and a refusal is no reason to try again."""
    large = replace(RUNNING, attributes={"category": "x" * 420_000})
    for entries in ((), owed()):
        with pytest.raises(RefusedByStore):
            DynamoTickets(engine.table).write(KEY, large, 0, entries, NINE)


def test_faulty_tickets_are_found_by_their_shard(store: Store) -> None:
    faults = DynamoFaults(store.table)
    keys = [("default", "desk", str(number)) for number in range(9)]
    for key in keys:
        faults.set_aside(faulty_ticket(key), "x", NINE)
        faults.set_aside(Faulty(FaultKind.FIGURES, key), "x", NINE)
    assert sorted(key for shard in range(SHARDS) for key in faults.faulty_tickets(shard)) == keys
