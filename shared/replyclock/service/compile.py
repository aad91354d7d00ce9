"""Build the figures of what something happened to.

The cost is that of what changed. A note is made of each ticket that something happened to; a tick reads the notes, and
the logs of the noted and of the unsettled tickets of a part of a day, and leaves the others of it as they were built.
What waits longest is built first, and a large part rests a while after each building, since writing it costs as much as
it is large. What does not fit into the time of a tick keeps its notes for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from replyclock.domain.columns import Pack, pack
from replyclock.domain.errors import BeingBuilt, LeftHalfBuilt
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, SECOND, day_of
from replyclock.domain.policy import Policy
from replyclock.domain.rollup import DayPart, Header, header, is_unsettled

from .faults import SetAside, faulty_figures, faulty_part
from .ports import Clock, Days, FaultKind, Faults, Note, Tickets, retry_at

REST = SECOND // 2
"""For this long times its tickets a part that was built is not built again, whatever happens to them: writing it takes
a tenth of a write unit a ticket, so that no part takes more than a fifth of one a second.
"""
AGEING = 5 * SECOND
"""For this long times its tickets an unsettled part stays as it is where nothing happens to them: time alone breaks
promises.
"""
LEAST_AGEING = 3600 * SECOND
"""For this long at least."""
SPARE = 60 * SECOND
"""How long a building that has begun may go on after its time: one ticket, and writing one part."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a tick did."""

    built: int
    """Parts of days."""
    known_until: int
    """All that was noted before this instant is in the figures, and what time alone changes by the day's end."""


@dataclass(frozen=True, slots=True)
class CompileDays:
    """Builds what was noted or is unsettled, from the logs. Built once more, it is the same."""

    days: Days
    tickets: Tickets
    policy: Callable[[], Policy]
    clock: Clock
    faults: Faults
    set_aside: SetAside

    def __call__(self, until: int) -> Compiled:
        """Stops reading tickets at `until`; what is left is built the next time. Does nothing while another one builds.

        A part that cannot be built is set aside, and a ticket that cannot be evaluated keeps the figures that it had;
        nothing waits for either. Raises StoreUnavailable.
        """
        now = self.clock()
        # Two that build the same part at once would each leave out what the other has read.
        if not self.days.hold(now, until + SPARE):
            return Compiled(0, 0)
        noted = self.days.noted()
        headers = {one.place: one for one in self.days.headers()}
        since = {place: _since(noted.get(place, ()), headers.get(place)) for place in {*noted, *headers}}
        due = {place: _due(noted.get(place, ()), headers.get(place)) for place in since}
        aside = self.faults.partitions()
        built, left = 0, []
        for place in sorted(since, key=lambda place: (due[place], place)):
            if place in aside and retry_at(aside[place]) > now:
                continue
            if due[place] > now or self.clock() >= until:
                left.append(place)
                continue
            with self.set_aside.isolating(faulty_part(place)):
                complete = self._build(place, noted.get(place, ()), headers.get(place), now, until)
                built += 1
                if place in aside:
                    self.faults.clear(aside[place])
                if not complete:
                    left.append(place)
        self.days.hold(now, now)
        return Compiled(built, min([now, *(since[place] for place in left)]))

    def _build(self, place: DayPart, notes: Sequence[Note], before: Header | None, now: int, until: int) -> bool:
        """Whether all of it was read; otherwise the rest stays as it was, and noted."""
        policy = self.policy()
        built = self._packs(place) if before else ()
        figures = {one.key: one for packed in built for one in packed.figures()}
        # What something happened to comes first: it is noted, and once it is read it need not be read again.
        unsettled = [key for key, one in figures.items() if is_unsettled(one)]
        waiting = dict.fromkeys([*(note.key for note in notes), *unsettled])
        read: set[TicketKey] = set()
        for key in waiting:
            if read and self.clock() >= until:
                break
            read.add(key)
            with self.set_aside.isolating(faulty_figures(key)):
                self._read(key, place, policy, now, figures)
        at = now if before is None or read.issuperset(unsettled) else before.at
        tickets = sorted(figures.values(), key=lambda one: (one.key[0], one.created_at, one.key))
        self.days.write(header(place, at, tickets), list(pack(tickets)))
        self.days.clear(place, [note for note in notes if note.key in read])
        return len(read) == len(waiting)

    def _packs(self, place: DayPart) -> Sequence[Pack]:
        try:
            return self.days.packs(place)
        except BeingBuilt as half:
            # Nobody else builds, so that it was left so, and will not come right by waiting.
            raise LeftHalfBuilt from half

    def _read(
        self, key: TicketKey, place: DayPart, policy: Policy, now: int, figures: dict[TicketKey, TicketFigures]
    ) -> None:
        """Bring the figures of a ticket up to date; they stay as they are where that fails."""
        record = self.tickets.read(key)
        if record.dropped_at is not None:
            return  # its figures are all that is left of it
        found = ticket_figures((stored.event for stored in record.events), policy, now)
        figures.pop(key, None)
        # By a late event a ticket may turn out to be older, and belongs to another day.
        if found is not None and day_of(found.created_at) == place[0]:
            figures[key] = found
        if fault := record.faults.get(FaultKind.FIGURES):
            self.faults.clear(fault)


_NEVER = 2**62


def _aged(before: Header | None) -> int:
    """From when on time alone has a part built again: at the end of the day at the latest."""
    if before is None or not before.unsettled:
        return _NEVER
    return min((before.at // DAY + 1) * DAY, before.at + max(LEAST_AGEING, AGEING * before.tickets))


def _since(notes: Sequence[Note], before: Header | None) -> int:
    """Since when a part waits for being built."""
    return min([_aged(before), *(note.noted_at for note in notes)])


def _due(notes: Sequence[Note], before: Header | None) -> int:
    """When it may be built."""
    noted = min((note.noted_at for note in notes), default=_NEVER)
    rested = noted if before is None else max(noted, before.at + REST * before.tickets)
    return min(_aged(before), rested)
