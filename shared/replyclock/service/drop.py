"""Drop the logs of tickets that ended long ago. Reports still have their figures, which are kept by the day.

What is there is found by the day of its creation, in an index that a ticket leaves when it is dropped. Whoever goes on
each day looks at each ticket when its day falls out of retention; what has to stay then is put off to when all that has
happened to it falls out, too. So a run costs what is looked at, however much was ever kept. Tickets of days that are
done, which an import or a late event brings, are found by beginning anew now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from replyclock.domain.errors import is_transient
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import is_unsettled, ticket_figures
from replyclock.domain.instants import DAY, EARLIEST, day_of
from replyclock.domain.policy import Policy
from replyclock.domain.reporting.facts import Facts, comparable, ticket_facts

from .faults import SetAside, faulty_figures
from .ports import Archive, Clock, CreatedTickets, Days, FactStore, Reached, Retention, Tickets

LEAST_AGE = 30 * DAY
"""What happened more recently than this is never dropped: people still look at it."""
ANEW = LEAST_AGE
"""How long after its beginning the next round over all days begins. What comes to a day that is done is as new as its
receipt, so that it falls out of retention later than that.
"""
RATE = 50.0
"""Tickets a second, where nobody says otherwise: live traffic does not feel it."""
DAYS_AT_HAND = 32
"""Days of which the facts are held: tickets that fall out at once were mostly created within a month."""
_FIRST_DAY = day_of(EARLIEST)

Fate = Literal[
    "dropped",
    "dropped before",
    "something came in since",
    "open or a clock runs",
    "an alert is owed",
    "its figures cannot be computed",
    "figures are not built yet",
]
"""What becomes of a ticket, and of one that stays, why. What came in since may have happened long ago, where an import
has just brought it.
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """A ticket that was looked at, and what became of it. One that was dropped before is there for what came since."""

    key: TicketKey
    fate: Fate
    events: int = 0
    """How many of it are gone, or would be."""
    again_at: int | None = None
    """Of one that stays: it has to be looked at again when all up to this instant falls out of retention."""


@dataclass(frozen=True, slots=True)
class DropTickets:
    """Removes events, state and alerts of tickets; a mark that stays keeps them from coming back half known.

    It drops tickets to which nothing has happened since an instant, whose figures time alone cannot change and are
    those of their log, and of which no alert is owed. Figures that are not have themselves built anew.
    All raise StoreUnavailable; called again they go on.
    """

    archive: Archive
    tickets: Tickets
    created: CreatedTickets
    days: Days
    facts: FactStore
    retention: Retention
    policy: Callable[[], Policy]
    clock: Clock
    pace: Callable[[], None]
    """Waits before each ticket."""
    set_aside: SetAside

    def keys(self, before: int, tenant: str | None = None) -> Iterator[TicketKey]:
        """The tickets created before an instant that are still there."""
        for day in self._built(_FIRST_DAY, day_of(before - 1) + 1):
            for key in self.created.created(day * DAY, min((day + 1) * DAY, before)):
                if tenant in (None, key[0]):
                    yield key

    def __call__(self, before: int, tenant: str | None = None, *, dry_run: bool = False) -> Iterator[Looked]:
        """Looks at what came of tickets after they were dropped, and at all tickets created before an instant that are
        still there.
        """
        look = _Look(self, before, dry_run=dry_run)
        for key in self.retention.fallen_out(before):
            if tenant in (None, key[0]) and look.is_dropped(key):
                yield look(key)
        yield from map(look, self.keys(before, tenant))

    def go_on(self, before: int, until: int) -> Iterator[Looked]:
        """The same from where it stopped, looking at none after `until`. `before` is the beginning of a day."""
        look = _Look(self, before)
        for key in self.retention.fallen_out(before):
            if self.clock() >= until:
                return
            yield self._put_off(look(key))
        now, end = self.clock(), day_of(before)
        reached = self.retention.reached() or Reached(_FIRST_DAY, now)
        while True:
            for day in self._built(reached.day, end):
                for key in self.created.created(day * DAY, (day + 1) * DAY):
                    if self.clock() >= until:
                        return
                    yield self._put_off(look(key))
                self.retention.reach(replace(reached, day=day + 1))
            # Also where that is less than before: what is to be kept for longer falls out again.
            self.retention.reach(replace(reached, day=end))
            if now < reached.since + ANEW:
                return
            reached = Reached(_FIRST_DAY, now)

    def _built(self, begin: int, end: int) -> list[int]:
        """The days from `begin` to before `end` that have facts, ascending."""
        found = {day for one in self.facts.manifest().partitions for day in range(one.first_day, one.last_day + 1)}
        return sorted(day for day in found if begin <= day < end)

    def _put_off(self, looked: Looked) -> Looked:
        if looked.again_at is not None:
            self.retention.put_off(looked.key, looked.again_at)
        return looked


class _Look:
    """Looks at one ticket after the other, and drops what may go; the figures of their days are held meanwhile."""

    def __init__(self, of: DropTickets, before: int, *, dry_run: bool = False) -> None:
        self._of, self._before, self._dry_run = of, before, dry_run
        self._policy = of.policy()
        self._facts_of = lru_cache(maxsize=DAYS_AT_HAND)(self._read_facts)

    def __call__(self, key: TicketKey) -> Looked:
        """What became of the ticket. One that cannot be evaluated stays, and is set aside."""
        self._of.pace()
        try:
            return self._look(key)
        except Exception as error:
            if is_transient(error):
                raise
            if not self._dry_run:
                self._of.set_aside(faulty_figures(key), error)
            return Looked(key, "its figures cannot be computed", again_at=self._before)

    def _look(self, key: TicketKey) -> Looked:
        record = self._of.tickets.read(key)
        if record.dropped_at is not None:
            return Looked(key, "dropped before", self._drop(key))
        last = max(max(one.event.occurred_at, one.received_at) for one in record.events)
        if last >= self._before:
            return Looked(key, "something came in since", again_at=last)
        now = self._of.clock()
        figures = ticket_figures((stored.event for stored in record.events), self._policy, now)
        if figures is None or is_unsettled(figures):
            return Looked(key, "open or a clock runs", again_at=now)  # whatever ends it happens later
        if any(one.status in ("pending", "claimed", "faulty") for one in record.ledger):
            return Looked(key, "an alert is owed", again_at=self._before)
        day = day_of(figures.created_at)
        if self._facts_of(day).get(key) != comparable(ticket_facts(figures, 0)):
            if not self._dry_run:
                self._of.days.touch(key, day, now)
            return Looked(key, "figures are not built yet", again_at=self._before)
        return Looked(key, "dropped", len(record.events) if self._dry_run else self._drop(key))

    def is_dropped(self, key: TicketKey) -> bool:
        """Whether the ticket was dropped before. One that cannot be read was not: of the others nothing is read."""
        try:
            return self._of.tickets.read(key).dropped_at is not None
        except Exception as error:
            if is_transient(error):
                raise
            return False

    def _drop(self, key: TicketKey) -> int:
        return 0 if self._dry_run else self._of.archive.drop(key, self._of.clock())

    def _read_facts(self, day: int) -> Mapping[TicketKey, Facts]:
        partition = self._of.facts.manifest().day(day)
        return {} if partition is None else self._of.facts.facts_of(partition, day)
