"""Many open tickets, of which some fall due, and what a sweep of them costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, cast

from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.instants import SECOND, sortable
from replyclock.service.ports import AnyTimer, TicketState
from replyclock.service.sweep import HORIZON, sweep_deadlines
from tests.adapters.backends import Store
from tests.adapters.samples import NINE

_BATCH = 25
"""Items that DynamoDB takes at once."""


class _Gathered:
    """Takes what the adapter writes, so that it can be written by batches."""

    def __init__(self) -> None:
        self.items: list[Mapping[str, Any]] = []

    def put(self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> None:
        self.items.append(item)


class _Sent:
    """Counts timers."""

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:
        return sum(1 for _ in timers)


def fill(store: Store, tickets: int, due: int) -> None:
    """Open tickets, of which `due` fall due within the horizon of a sweep at NINE, the others a second apart after."""
    times = (
        NINE + HORIZON * number // due if number < due else NINE + HORIZON + (number - due + 1) * SECOND
        for number in range(tickets)
    )
    keep(store, (TicketState("new", ("running",), at, f"1#{sortable(at)}") for at in times))


def keep(store: Store, states: Iterable[TicketState]) -> None:
    """Tickets as they stand."""
    gathered = _Gathered()
    adapter = DynamoTickets(cast("Any", gathered))
    for number, state in enumerate(states):
        adapter.write(("default", "desk", f"{number:06}"), state, 0, (), NINE)
    for batch in _batches(gathered.items):
        requests: Any = [{"PutRequest": {"Item": item}} for item in batch]
        left = store.client.batch_write_item(RequestItems={store.name: requests})["UnprocessedItems"]
        assert not left


def _batches(items: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    waiting = iter(items)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


def swept(store: Store, now: int = NINE) -> tuple[int, dict[str, float]]:
    """How many tickets a sweep hands over, and the capacity units that it consumes, as the engine counts.

    The store has to have been asked to count.
    """
    store.spent.clear()
    found = sweep_deadlines(DynamoTickets(store.table), _Sent(), lambda: now)
    return found, dict(store.spent)
