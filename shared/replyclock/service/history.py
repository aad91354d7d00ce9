"""Import history: append what an export tells to the log, at a bounded rate. Nobody is alerted of it.

Duplicates are harmless: an event that the log has is counted as known, under another id too where a tool's webhooks
and exports name some facts differently. So an import can be broken off anywhere and begun anew, and can overlap with
live webhooks.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.gaps import OtherNames, unknown
from replyclock.domain.instants import SECOND

from .ports import Clock, EventLog, Sleep, Tickets

RATE = 200
"""Events a second, where nobody says otherwise: live traffic does not feel it."""
THREADS = 16
"""Tickets that are written at a time. Each event is a round trip, so that one after the other would take too long from
far away.
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of events: how many were new, and how many the log had already."""

    new: int = 0
    known: int = 0

    def __add__(self, other: Imported) -> Imported:
        return Imported(self.new + other.new, self.known + other.known)


class Pace:
    """Lets so many pass in a second, evenly, whichever thread they come from. Nothing is saved up while nobody asks."""

    def __init__(self, rate: float, clock: Clock, sleep: Sleep) -> None:
        self._step = round(SECOND / rate)
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when it is one's turn."""
        with self._lock:
            now = self._clock()
            turn = max(self._next, now)
            self._next = turn + self._step
        if turn > now:
            self._sleep((turn - now) / SECOND)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Leaves out what the log has of a ticket, by its id or under another one. One read a ticket."""

    tickets: Tickets
    other_names: OtherNames
    named: Callable[[Iterable[AnyEvent]], Sequence[AnyEvent]] = list
    """Gives groups their names: what came before its group had one says the same by the group's id."""

    def __call__(self, key: TicketKey, events: Sequence[AnyEvent]) -> Sequence[AnyEvent]:
        """The events, all of that ticket, that the log does not have. Raises StoreUnavailable."""
        known = self.named(stored.event for stored in self.tickets.read(key).events)
        return unknown(events, known, self.other_names)


@dataclass(frozen=True, slots=True)
class ImportHistory:
    """Appends the events of tickets, ticket by ticket, marked as imported."""

    log: EventLog
    clock: Clock
    pace: Pace
    unknown: Unknown | None
    """None where webhooks and exports give all facts the same ids: appending then shows what is known."""
    threads: int = THREADS

    def __call__(
        self, tickets: Iterable[tuple[TicketKey, Sequence[AnyEvent]]], done: Callable[[TicketKey, Imported], None]
    ) -> Imported:
        """Returns what became of all. `done` is told of each ticket, in the order of the tickets: all before it are
        written, too, so that an import that was broken off can go on after the last ticket that it was told of.

        Raises StoreUnavailable when the store does not answer; what was begun is written first, if it can be.
        """
        total = Imported()
        with ThreadPoolExecutor(self.threads) as pool:
            running: deque[tuple[TicketKey, Future[Imported]]] = deque()
            try:
                for key, written in self._written(pool, tickets, running):
                    done(key, written)
                    total += written
            finally:
                # Also when somebody interrupts: a ticket that is begun is written to its end, the others wait for the
                # next time.
                for _, ticket in running:
                    ticket.cancel()
        return total

    def _written(
        self,
        pool: ThreadPoolExecutor,
        tickets: Iterable[tuple[TicketKey, Sequence[AnyEvent]]],
        running: deque[tuple[TicketKey, Future[Imported]]],
    ) -> Iterator[tuple[TicketKey, Imported]]:
        for key, events in tickets:
            running.append((key, pool.submit(self._write, key, events)))
            if len(running) >= 2 * self.threads:
                yield self._oldest(running)
        while running:
            yield self._oldest(running)

    @staticmethod
    def _oldest(running: deque[tuple[TicketKey, Future[Imported]]]) -> tuple[TicketKey, Imported]:
        key, ticket = running[0]
        written = ticket.result()
        running.popleft()
        return key, written

    def _write(self, key: TicketKey, events: Sequence[AnyEvent]) -> Imported:
        """The newest first: whatever stops a clock is then known before what starts it, so that half a ticket never
        looks as if somebody waited.
        """
        new = 0
        left = events if self.unknown is None else self.unknown(key, events)
        for _ in range(len(events) - len(left)):
            self.pace.wait()  # what is known by reading has its turn like what is known by appending
        for event in sorted(left, key=lambda one: one.occurred_at, reverse=True):
            self.pace.wait()
            new += self.log.append(event, self.clock(), imported=True)
        return Imported(new, len(events) - new)
