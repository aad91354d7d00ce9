"""Storms in the table: each alert has one place, and none is lost between being gathered and being summed up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

import pytest

from replyclock.adapters.dynamodb import storm_of_pk, storm_pk
from replyclock.adapters.notices import DynamoNotices, DynamoStorms, notice_name
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.errors import Conflict
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.domain.notices import Summary, summarize
from replyclock.domain.storms import Storm, storm_of
from replyclock.service.ports import ClaimedNotice, StormTimer

from .backends import Store
from .samples import NINE, entries

T = TypeVar("T")
ENTRY = entries()[1]
STORM = storm_of(ENTRY)
DUE = STORM.minute + MINUTE


def member(number: int) -> LedgerEntry:
    return replace(ENTRY, key=("default", "desk", str(number)))


def at_once(work: list[Callable[[], T]]) -> list[T]:
    gate = threading.Barrier(len(work))

    def wait_and(do: Callable[[], T]) -> T:
        gate.wait()
        return do()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(wait_and, do) for do in work]]


def gathered(storms: DynamoStorms, *numbers: int) -> None:
    storms.place(STORM, "first", 1)
    for number in numbers:
        storms.join(STORM, member(number), DUE)


def told(storms: DynamoStorms) -> tuple[int, list[str]] | None:
    """Sum up what is to be summed up next: the part, and the tickets in it."""
    found = storms.members(STORM, DUE + MINUTE)
    if found is None:
        return None
    part, members = found
    storms.settle(STORM, part, summarize(STORM, part, members) if members else None, DUE + 5 * SECOND)
    return part, sorted(entry.key[2] for entry in members)


def due(store: Store) -> list[int]:
    timers = DynamoTickets(store.table).due(NINE + 60 * MINUTE)
    return [timer.due_at for timer in timers if isinstance(timer, StormTimer) and timer.storm == STORM]


def summaries(store: Store) -> int:
    return sum("notice" in item for item in store.items())


def test_a_storms_partition_tells_it_again() -> None:
    for storm in (STORM, Storm("acme", "VIP #1#客户", NINE + 60 * MINUTE)):
        assert storm_of_pk(storm_pk(storm)) == storm


def test_the_first_ones_are_told_one_by_one_and_stay_so(store: Store) -> None:
    storms = DynamoStorms(store.table)
    assert [storms.place(STORM, name, 2) for name in "abca"] == [True, True, False, True]


def test_places_are_given_once_however_many_ask_at_once(engine: Store) -> None:
    storms = DynamoStorms(engine.table)
    given = at_once([lambda name=name: storms.place(STORM, name, 5) for name in "abcdefghijkl"])  # type: ignore[misc]
    assert sum(given) == 5


def test_what_is_gathered_is_summed_up_once(store: Store) -> None:
    storms = DynamoStorms(store.table)
    gathered(storms, 1, 2, 2)
    assert due(store) == [DUE]
    assert told(storms) == (0, ["1", "2"])
    assert told(storms) is None
    assert (due(store), summaries(store)) == ([], 1)


def test_what_joins_while_it_is_summed_up_is_in_the_next_part(store: Store) -> None:
    storms = DynamoStorms(store.table)
    gathered(storms, 1)
    found = storms.members(STORM, DUE + MINUTE)
    assert found is not None
    storms.join(STORM, member(2), DUE + SECOND)
    storms.settle(STORM, 0, summarize(STORM, 0, found[1]), DUE + 5 * SECOND)
    assert due(store) == [DUE + 5 * SECOND]
    assert told(storms) == (1, ["2"])
    assert (due(store), summaries(store)) == ([], 2)


def test_a_part_is_settled_once(store: Store) -> None:
    storms = DynamoStorms(store.table)
    gathered(storms, 1)
    found = storms.members(STORM, DUE + MINUTE)
    again = storms.members(STORM, DUE + MINUTE)
    assert found == again == (0, (member(1),))
    summary = summarize(STORM, 0, found[1])
    storms.settle(STORM, 0, summary, DUE)
    with pytest.raises(Conflict):
        storms.settle(STORM, 0, summary, DUE)
    assert summaries(store) == 1


def test_a_part_that_was_not_settled_stays_due(store: Store) -> None:
    storms = DynamoStorms(store.table)
    gathered(storms, 1)
    storms.members(STORM, DUE + MINUTE)
    assert due(store) == [DUE + MINUTE]
    assert told(storms) == (0, ["1"])


def test_none_is_lost_among_those_who_join_and_sum_up_at_once(engine: Store) -> None:
    storms = DynamoStorms(engine.table)
    gathered(storms, 0)
    found: list[str] = []
    joiners = 3

    def sum_up() -> None:
        for _ in range(6):
            try:
                part = told(storms)
            except Conflict:
                continue  # another one is at it
            found.extend(part[1] if part else ())

    def join(first: int) -> None:
        for number in range(first, first + 10):
            storms.join(STORM, member(number), DUE)

    at_once([sum_up, sum_up, lambda: join(1), lambda: join(11), lambda: join(21)])
    while due(engine):
        part = told(storms)
        found.extend(part[1] if part else ())
    assert set(found) == {str(number) for number in range(31)}
    owed = [item for item in engine.items() if "notice" in item]
    alerts = sum(Summary.model_validate_json(item["notice"]["S"]).total for item in owed)
    assert alerts == len(found)
    assert len(found) <= 31 + joiners * len(owed), "only who joins at the very moment of a summing up is told of twice"


def test_a_notice_is_owed_once_and_claimed_by_one(store: Store) -> None:
    notices = DynamoNotices(store.table)
    notice = summarize(STORM, 0, [ENTRY])
    notices.owe(notice)
    notices.owe(notice)
    name = notice_name(notice)
    assert notices.claim(name, "one", NINE, MINUTE) == ClaimedNotice(notice, NINE)
    with pytest.raises(Conflict):
        notices.claim(name, "two", NINE, MINUTE)
    notices.release(name, ["email"])
    again = notices.claim(name, "two", NINE + 1, MINUTE)
    assert again == ClaimedNotice(notice, NINE + 1, frozenset({"email"})), "a claim that was given back is over"
    notices.settle(name, NINE)
    assert notices.claim(name, "one", NINE + 2 * MINUTE, MINUTE) is None


def test_all_of_it_expires(store: Store) -> None:
    storms = DynamoStorms(store.table)
    gathered(storms, 1)
    told(storms)
    DynamoNotices(store.table).mark_digested("class", NINE)
    assert {item["sk"]["S"][:1] for item in store.items()} == set("SMAD")
    assert all(int(item["expires_at"]["N"]) * SECOND > NINE for item in store.items())
