"""Look at a ticket at the second at which something of it falls due."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND

from .ports import AnyTimer, Clock, OpenTickets, OpenTicketsTimer, Refreshed, Sleep, Timer, Timers

WAITED_OUT = 2 * SECOND
"""A timer that rings this much early is waited for: the queue counts whole seconds, and rings early on purpose."""
AFTER = SECOND // 200
"""A target that is exactly reached is met: the look comes this much later."""
SPREAD = 25
"""Open tickets of a shard that are looked at in one second when all of them have to be."""


@dataclass(frozen=True, slots=True)
class CheckDeadline:
    """Handles one message of the timer queue."""

    refresh: Callable[[TicketKey], Refreshed]
    timers: Timers
    tickets: OpenTickets
    clock: Clock
    sleep: Sleep = field(default=time.sleep)

    def __call__(self, timer: AnyTimer) -> Refreshed:
        """Returns what the refresh did. Raises Conflict, StoreUnavailable: the queue brings the message again."""
        now = self.clock()
        if timer.due_at - now > WAITED_OUT:
            self.timers.send([timer], now)
            return Refreshed()
        if timer.due_at + AFTER > now:
            self.sleep((timer.due_at + AFTER - now) / SECOND)
        if isinstance(timer, Timer):
            return self.refresh(timer.key)
        self.timers.send(self._open(timer, self.clock()), self.clock())
        return Refreshed()

    def _open(self, timer: OpenTicketsTimer, now: int) -> Iterator[Timer]:
        for i, key in enumerate(self.tickets.open_keys(timer.shard)):
            yield Timer(key, now + i // SPREAD * SECOND)
