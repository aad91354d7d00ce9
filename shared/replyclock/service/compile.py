"""Build the facts of what something happened to.

The cost is that of what changed. A note is made of each ticket that something happened to; a tick reads the notes, and
the logs of the noted tickets, and leaves the other rows of their days as they were. What time alone can change is read
again now and then. What was built counts from one commit on, both days of a ticket whose creation moved included. What
does not fit into the time of a tick keeps its notes for the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from replyclock.domain.errors import PartitionBroken
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, SECOND, day_of, parse_instant
from replyclock.domain.policy import Policy
from replyclock.domain.reporting.manifest import Manifest, Partition, month_of

from .faults import SetAside, faulty_figures, faulty_part
from .ports import (
    Clock,
    CreatedTickets,
    DayPart,
    Days,
    FactStore,
    FaultKind,
    FaultRecord,
    Faults,
    Note,
    Tickets,
    retry_at,
)

REST = SECOND // 2
"""For this long times its tickets, the open tickets of a day to which nothing happened are not read again whenever
something happens to another one: reading their logs costs as much as they are many.
"""
AGEING = 5 * SECOND
"""For this long times its tickets an unsettled day stays as it is where nothing happens to it: time alone breaches
targets.
"""
LEAST_AGEING = 3600 * SECOND
"""For this long at least."""
SPARE = 60 * SECOND
"""How long a building that has begun may go on after its time: one ticket, and writing what was read."""
TOGETHER = 20_000
"""Tickets that are read before what they changed is written: their figures are held meanwhile."""
SWEEP_EVERY = 3600 * SECOND
"""How often a settled month is compacted, and what does not count any more is removed."""
SETTLED_FOR = 30 * DAY
"""How long after its end a settled month is compacted: most late-arriving events have arrived by then."""
MIGRATED_TOGETHER = 30
"""Days that are committed together."""
_NEVER = 2**62


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a tick did."""

    built: int
    """Days."""
    known_until: int
    """All that was noted before this instant is in the facts, and what time alone changes by the day's end."""


@dataclass(slots=True)
class _Day:
    """What is known of a day that may have to be built."""

    number: int
    partition: Partition | None
    notes: list[tuple[DayPart, Note]] = field(default_factory=list)
    aside: FaultRecord | None = None

    @property
    def _ages_at(self) -> int:
        """From when on time alone has it built again: at the end of the day at the latest."""
        before = self.partition
        if before is None or not before.unsettled:
            return _NEVER
        return min(
            (before.evaluated_at // DAY + 1) * DAY, before.evaluated_at + max(LEAST_AGEING, AGEING * before.tickets)
        )

    @property
    def since(self) -> int:
        """Since when it waits for being built."""
        noted = (note.noted_at for _, note in self.notes)
        return min([self._ages_at, *noted, *([retry_at(self.aside)] if self.aside else [])])

    def is_evaluated_anew(self, now: int) -> bool:
        """Whether its unsettled tickets are read, too."""
        before = self.partition
        return (
            before is not None
            and before.unsettled
            and (self._ages_at <= now or now >= before.evaluated_at + REST * before.tickets)
        )


@dataclass(slots=True)
class _Batch:
    """What was read of several days, to be written together."""

    changed: dict[int, dict[TicketKey, TicketFigures | None]] = field(default_factory=dict)
    at: dict[int, int] = field(default_factory=dict)
    """The `evaluated_at` of the days whose unsettled tickets were all read."""
    done: dict[int, list[tuple[DayPart, Note]]] = field(default_factory=dict)
    """The notes that are served by it."""
    moves: list[tuple[int, int]] = field(default_factory=list)
    """Pairs of days: a ticket of the first is now of the second."""
    tickets: int = 0

    def together(self) -> Iterator[list[int]]:
        """The days, those that a ticket moved between in one list: they count together or not at all."""
        groups = {day: {day} for day in self.changed}
        for one, other in self.moves:
            joined = groups[one] | groups[other]
            for day in joined:
                groups[day] = joined
        seen: set[int] = set()
        for day in sorted(groups):
            if day not in seen:
                seen |= groups[day]
                yield sorted(groups[day])


@dataclass(frozen=True, slots=True)
class CompileFacts:
    """Builds what was noted or is unsettled, from the logs. Built once more, it is the same."""

    days: Days
    facts: FactStore
    tickets: Tickets
    created: CreatedTickets
    policy: Callable[[], Policy]
    clock: Clock
    faults: Faults
    set_aside: SetAside

    def __call__(self, until: int) -> Compiled:
        """Stops reading tickets at `until`; what is left is built the next time. Does nothing while another one builds.

        A day that cannot be built is set aside, and a ticket that cannot be evaluated keeps the rows that it had;
        nothing waits for either. A day whose stored facts are broken is built from the logs. Raises StoreUnavailable.
        """
        now = self.clock()
        # Two that build the same day at once would each leave out what the other has read.
        if not self.days.hold(now, until + SPARE):
            return Compiled(0, 0)
        manifest = self.migrate(self._mended(self.facts.manifest(), now), until)
        known = self._days(manifest)
        waiting = sorted((day for day in known.values() if day.since <= now), key=lambda day: (day.since, day.number))
        built, left = 0, list[_Day]()
        due = [day for day in waiting if day.aside is None or retry_at(day.aside) <= now]
        policy = self.policy()
        while due:
            batch = _Batch()
            while due and batch.tickets < TOGETHER:
                if self.clock() >= until:
                    break
                day = due.pop(0)
                with self.set_aside.isolating(faulty_part((day.number, 0))):
                    if not self._read(day, batch, policy, now, until):
                        left.append(day)
            manifest, count = self._write(batch, known, manifest, now)
            built += count
            if self.clock() >= until:
                left += due
                break
        if now // SWEEP_EVERY != (now - 5 * 60 * SECOND) // SWEEP_EVERY:
            if month := manifest.compactable(now - SETTLED_FOR):
                with self.set_aside.isolating(faulty_part((month[0].first_day, 0))):
                    manifest = self.facts.compact(manifest, month)
            self.facts.sweep(manifest, now)
        self.days.hold(now, now)
        return Compiled(built, min([now, *(day.since for day in left)]))

    def migrate(self, manifest: Manifest, until: int) -> Manifest:
        """Make facts of what version 0.1 kept of days in the table, and remove it there; goes on the next time from
        `until` on. Nothing is evaluated anew. A day that has facts already has newer ones.
        """
        for days in _batches(self.days.of_columns(), MIGRATED_TOGETHER):
            if self.clock() >= until:
                break
            built: dict[int, Partition | None] = {}
            for day in days:
                with self.set_aside.isolating(faulty_part((day, 0))):
                    figures, at = self.days.columns(day)
                    known = manifest.day(day)
                    built[day] = known or self.facts.build(day, None, {one.key: one for one in figures}, at)
            manifest = self.facts.commit(manifest, built) if built else manifest
            for day in built:
                self.days.drop_columns(day)
        return manifest

    def _mended(self, manifest: Manifest, now: int) -> Manifest:
        """The manifest without months that cannot be read: each of their tickets is noted, and they are built anew."""
        for month in manifest.broken_months:
            first = _first_day(month)
            for day in range(first, first + 31):
                if month_of(day) == month:
                    for key in self.created.created(day * DAY, (day + 1) * DAY):
                        self.days.touch(key, day, now)
        if not manifest.broken_months:
            return manifest
        self.set_aside.count(FaultKind.REPORT_PARTITION)
        return self.facts.commit(manifest, {_first_day(month): None for month in manifest.broken_months})

    def _days(self, manifest: Manifest) -> dict[int, _Day]:
        found: dict[int, _Day] = {}

        def of(day: int) -> _Day:
            return found.setdefault(day, _Day(day, manifest.day(day)))

        for partition in manifest.partitions:
            # A compacted month is settled.
            if partition.unsettled:
                for number in range(partition.first_day, partition.last_day + 1):
                    of(number)
        for place, notes in self.days.noted().items():
            of(place[0]).notes += [(place, note) for note in notes]
        for place, record in self.faults.partitions().items():
            of(place[0]).aside = record
        return found

    def _read(self, day: _Day, batch: _Batch, policy: Policy, now: int, until: int) -> bool:
        """Whether all of it was read; otherwise the rest stays as it was, and noted."""
        number = day.number
        keys = list(dict.fromkeys(note.key for _, note in day.notes))
        unsettled: Collection[TicketKey] = ()
        try:
            if day.partition is not None and day.is_evaluated_anew(now):
                unsettled = self.facts.unsettled(day.partition, number)
            if day.partition is not None and day.aside:
                self.facts.facts_of(day.partition, number)
        except PartitionBroken:
            self.set_aside.count(FaultKind.REPORT_PARTITION)
            day.partition = None
            keys += self.created.created(number * DAY, (number + 1) * DAY)
        batch.changed.setdefault(number, {})
        # What something happened to comes first: it is noted, and once it is read it need not be read again.
        waiting = dict.fromkeys([*keys, *unsettled])
        read: set[TicketKey] = set()
        for key in waiting:
            if read and self.clock() >= until:
                break
            read.add(key)
            with self.set_aside.isolating(faulty_figures(key)):
                self._read_ticket(key, number, batch, policy, now)
        batch.tickets += len(read)
        if day.partition is None or (unsettled and read.issuperset(unsettled)) or not day.partition.unsettled:
            batch.at[number] = now
        batch.done[number] = [one for one in day.notes if one[1].key in read]
        return len(read) == len(waiting)

    def _read_ticket(self, key: TicketKey, day: int, batch: _Batch, policy: Policy, now: int) -> None:
        """Bring a ticket's facts up to date; they stay as they are where that fails."""
        record = self.tickets.read(key)
        if record.dropped_at is not None:
            return  # its facts are all that is left of it
        found = ticket_figures((stored.event for stored in record.events), policy, now)
        own = None if found is None else day_of(found.created_at)
        if own is not None:
            batch.changed.setdefault(own, {})[key] = found
        # By a late-arriving event a ticket may turn out to be older, and belongs to another day.
        if own != day:
            batch.changed[day][key] = None
            if own is not None:
                batch.moves.append((day, own))
        if fault := record.faults.get(FaultKind.FIGURES):
            self.faults.clear(fault)

    def _write(self, batch: _Batch, known: Mapping[int, _Day], manifest: Manifest, now: int) -> tuple[Manifest, int]:
        built: dict[int, Partition | None] = {}
        for together in batch.together():
            done: dict[int, Partition | None] = {}
            for day in together:
                with self.set_aside.isolating(faulty_part((day, 0))):
                    done[day] = self._build(day, batch, known.get(day), manifest, now)
            if len(done) == len(together):
                built |= done
        if not built:
            return manifest, 0
        manifest = self.facts.commit(manifest, built)
        for day in built:
            for place, notes in _by_place(batch.done.get(day, ())):
                self.days.clear(place, notes)
            if day in known and (aside := known[day].aside):
                self.faults.clear(aside)
        return manifest, len(built)

    def _build(self, day: int, batch: _Batch, known: _Day | None, manifest: Manifest, now: int) -> Partition | None:
        before = manifest.day(day) if known is None else known.partition
        changed = batch.changed[day]
        at = batch.at.get(day, now if before is None else before.evaluated_at)
        try:
            return self.facts.build(day, before, changed, at)
        except PartitionBroken:
            self.set_aside.count(FaultKind.REPORT_PARTITION)
        # What was stored is of no use: all of its tickets are read.
        policy = self.policy()
        for key in self.created.created(day * DAY, (day + 1) * DAY):
            if key not in changed:
                with self.set_aside.isolating(faulty_figures(key)):
                    self._read_ticket(key, day, batch, policy, now)
        return self.facts.build(day, None, changed, now)


def _by_place(notes: Iterable[tuple[DayPart, Note]]) -> Iterable[tuple[DayPart, Sequence[Note]]]:
    found: dict[DayPart, list[Note]] = {}
    for place, note in notes:
        found.setdefault(place, []).append(note)
    return found.items()


def _batches(days: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    yield from (days[begin : begin + size] for begin in range(0, len(days), size))


def _first_day(month: str) -> int:
    return day_of(parse_instant(f"{month}-01T00:00:00Z"))
