"""Look at a ticket at the second at which something of it falls due."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from replyclock.domain.errors import is_transient
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND
from replyclock.domain.storms import Storm

from .ports import (
    AnyTimer,
    Clock,
    Judgings,
    OpenTickets,
    OpenTicketsTimer,
    Refreshed,
    Sleep,
    StormTimer,
    Timer,
    Timers,
)

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
    sum_up: Callable[[Storm], None]
    timers: Timers
    tickets: OpenTickets
    judgings: Judgings
    clock: Clock
    sleep: Sleep = field(default=time.sleep)
    faulty: Callable[[int], Iterable[TicketKey]] = lambda _: ()
    """The tickets of a shard that are set aside: a new version of the policy may heal them."""

    def __call__(self, timer: AnyTimer) -> Refreshed:
        """Returns what the refresh did. Raises Conflict, StoreUnavailable: the queue brings the message again."""
        now = self.clock()
        if timer.due_at - now > WAITED_OUT:
            self.timers.send([timer], now)
            return Refreshed()
        if timer.due_at + AFTER > now:
            self.sleep((timer.due_at + AFTER - now) / SECOND)
        match timer:
            case Timer():
                return self._look(timer)
            case OpenTicketsTimer():
                sent = self.timers.send(self._open(timer, self.clock()), self.clock())
                self.judgings.handed_over(timer.version, timer.shard, sent)
            case StormTimer():
                self.sum_up(timer.storm)
        return Refreshed()

    def _look(self, timer: Timer) -> Refreshed:
        try:
            done = self.refresh(timer.key)
        except Exception as error:
            # Looked at all the same, where it is set aside: the policy has come round when all tickets were.
            if timer.version is not None and not is_transient(error):
                self.judgings.measured(timer.version, timer.key)
            raise
        if timer.version is not None:
            self.judgings.measured(timer.version, timer.key)
        return done

    def _open(self, timer: OpenTicketsTimer, now: int) -> Iterator[Timer]:
        faulty = dict.fromkeys(self.faulty(timer.shard))
        others = (key for key in self.tickets.open_keys(timer.shard) if key not in faulty)
        for i, key in enumerate(chain(faulty, others)):
            yield Timer(key, now + i // SPREAD * SECOND, timer.version)
