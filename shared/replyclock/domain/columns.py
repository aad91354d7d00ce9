"""The figures of many tickets by column, packed: what reports count on, and what rollups keep.

A pack is of one tenant. It is some 60 bytes a ticket and read in parts, each as often as somebody needs it: a report
goes over packs and holds one of them unpacked at a time. The tickets of a pack ascend by their creation, so that those
of a span are a slice of it; the clocks of a metric ascend by their duration, so that many packs are soon put in order.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, groupby, islice, repeat
from operator import sub
from typing import NamedTuple, TypeVar

from .encoding import NEVER, Coded, Reader, Writer
from .figures import PHASES, AgentResponse, ClockFigures, Hold, Phases, TicketFigures
from .policy import METRICS

PACKED_TOGETHER = 4096
"""Tickets of one pack: some 250 kB."""
MOST_BYTES = 350_000
"""A pack that is larger is divided: an item of the table holds 400 kB."""
PARTS = ("tickets", "clocks", "about", "work", "names")
"""What a pack consists of. Nobody but whoever builds it reads the names."""


_T = TypeVar("_T")


class Tickets:
    """A row a ticket, ascending by creation. Instants are NEVER where there is none.

    Columns are unpacked when they are asked for, and kept as long as this is.
    """

    def __init__(self, packed: bytes) -> None:
        read = Reader(packed)
        self._sources, self._states, self._created = read.apart(2), read.apart(2), read.apart(1)
        self._resolved, self._first, self._closed, self._rated = (read.apart(2) for _ in range(4))
        self._rating, self._replies, self._reopens, self._counts, self._begins, self._lengths = (
            read.apart(1) for _ in range(6)
        )

    @cached_property
    def sources(self) -> Coded:
        """Which tool each is of."""
        return self._sources.coded()

    @cached_property
    def states(self) -> Coded:
        """See TicketFigures, as for all that is not explained here."""
        return self._states.coded()

    @cached_property
    def created_at(self) -> Sequence[int]:
        """Ascending."""
        return self._created.ascending()

    @cached_property
    def resolved_at(self) -> Sequence[int]:
        """NEVER of those that are not resolved, or were reopened."""
        return self._resolved.maybe_since(self.created_at)

    @cached_property
    def first_resolved_at(self) -> Sequence[int]:
        """NEVER of those that never were."""
        return self._first.maybe_since(self.created_at)

    @cached_property
    def closed_at(self) -> Sequence[int]:
        """NEVER of those that are in the backlog."""
        return self._closed.maybe_since(self.created_at)

    @cached_property
    def rated_at(self) -> Sequence[int]:
        """NEVER of those that are not rated."""
        return self._rated.maybe_since(self.created_at)

    @cached_property
    def rating(self) -> Sequence[int]:
        """0 of those that are not rated."""
        return self._rating.numbers()

    @cached_property
    def replies(self) -> Sequence[int]:
        """How many there were."""
        return self._replies.numbers()

    @cached_property
    def reopens(self) -> Sequence[int]:
        """How often."""
        return self._reopens.numbers()

    @cached_property
    def span_rows(self) -> Sequence[int]:
        """Of which ticket each time in the backlog is."""
        counts = self._counts.numbers()
        return array("q", chain.from_iterable(repeat(row, count) for row, count in enumerate(counts)))

    @cached_property
    def span_begins(self) -> Sequence[int]:
        """When each begins."""
        return self._begins.since(_taken(self.created_at, self.span_rows))

    @cached_property
    def span_ends(self) -> Sequence[int]:
        """Before when each ends; at the evaluation where it lasts."""
        return self._lengths.since(self.span_begins)

    def in_backlog(self, instant: int, at: int) -> list[int]:
        """The tickets that were in the backlog at an instant, after all that happened at it.

        The figures are those of `at`; a later instant is taken for it.
        """
        if instant >= at:
            known = bisect_right(self.created_at, instant)
            return [row for row, closed in enumerate(islice(self.closed_at, known)) if closed == NEVER]
        spans = zip(self.span_rows, self.span_begins, self.span_ends, strict=True)
        return [row for row, begin, end in spans if begin <= instant < end]


class Kind(NamedTuple):
    """What clocks have in common: how they ended, and what was promised. See ClockFigures."""

    metric: str
    stopped_by: str | None
    standard: str | None
    target: int | None
    met: bool | None

    @property
    def observed(self) -> bool:
        """Whether the ends of such clocks were seen: of first responses, those that a reply stopped. What is solved
        without one had no response time.
        """
        return self.stopped_by == "reply" if self.metric == "first_response" else self.stopped_by is not None


class Clocks:
    """The clocks of one metric, ascending by duration. Columns are unpacked when they are asked for."""

    def __init__(self, read: Reader, metric: str, created_at: Sequence[int]) -> None:
        self._metric = metric
        self._created_at = created_at
        self._rows, self._started, self._duration, self._pauses = (read.apart(1) for _ in range(4))
        self._breached, self._kinds = read.apart(2), read.apart(2)

    @cached_property
    def rows(self) -> Sequence[int]:
        """Of which ticket each is."""
        return self._rows.numbers()

    @cached_property
    def started_at(self) -> Sequence[int]:
        """See ClockFigures, as for all that is not explained here."""
        return self._started.since(_taken(self._created_at, self.rows))

    @cached_property
    def duration(self) -> Sequence[int]:
        """Ascending."""
        return self._duration.ascending()

    @cached_property
    def business(self) -> Sequence[int]:
        """In microseconds, as the duration."""
        return array("q", map(sub, self.duration, self._pauses.numbers()))

    @cached_property
    def breached_at(self) -> Sequence[int]:
        """NEVER of those that did not break."""
        return self._breached.maybe_since(self.started_at)

    @cached_property
    def _coded(self) -> Coded:
        return self._kinds.coded()

    @cached_property
    def kinds(self) -> Sequence[Kind]:
        """What clocks have in common."""
        return [Kind(self._metric, *kind) for kind in self._coded.values]

    @property
    def codes(self) -> Sequence[int]:
        """Which of the kinds each is of."""
        return self._coded.codes


@dataclass(frozen=True, slots=True)
class About:
    """What the tickets are told apart by."""

    attributes: Mapping[str, Coded]
    assignees: Coded
    groups: Coded


@dataclass(frozen=True, slots=True)
class Stretches:
    """What agents did: of which ticket, who, since when and until when."""

    rows: Sequence[int]
    agents: Coded
    since: Sequence[int]
    until: Sequence[int]

    def __iter__(self) -> Iterator[tuple[int, str, int, int]]:
        return zip(self.rows, self.agents, self.since, self.until, strict=True)


@dataclass(frozen=True, slots=True)
class Work:
    """Where the tickets' time went, who answered, and who held them."""

    phases: Mapping[str, Sequence[int]]
    responses: Stretches
    holds: Stretches


@dataclass(frozen=True, slots=True)
class Pack:
    """The figures of some tickets of one tenant. Each method unpacks; what it gives is not kept here."""

    tenant: str
    count: int
    parts: Mapping[str, bytes]
    """By name (PARTS); whoever keeps packs may hand over those alone that are read."""

    def tickets(self) -> Tickets:
        """What stands for all of them."""
        return Tickets(self.parts["tickets"])

    def clocks(self, created_at: Sequence[int]) -> dict[str, Clocks]:
        """By metric, of tickets that were created then."""
        read = Reader(self.parts["clocks"])
        return {metric: Clocks(read, metric, created_at) for metric in METRICS}

    def about(self) -> About:
        """Their attributes, and who has them."""
        read = Reader(self.parts["about"])
        return About({name: read.coded() for name in read.plain()}, read.coded(), read.coded())

    def work(self, created_at: Sequence[int]) -> Work:
        """Of tickets that were created then."""
        read = Reader(self.parts["work"])
        phases = {phase: read.numbers() for phase in PHASES}
        return Work(phases, _read_stretches(read, created_at), _read_stretches(read, created_at))

    def figures(self) -> Iterator[TicketFigures]:
        """The tickets as they were packed."""
        names, one, about = Reader(self.parts["names"]).plain(), self.tickets(), self.about()
        work = self.work(one.created_at)
        attributes = [list(column) for column in about.attributes.values()]
        spans = _gathered(one.span_rows, zip(one.span_begins, one.span_ends, strict=True), self.count)
        clocks: list[list[ClockFigures]] = [[] for _ in range(self.count)]
        for metric, told in self.clocks(one.created_at).items():
            for row, clock in sorted(_clock_figures(metric, told), key=lambda of: (of[0], of[1].started_at)):
                clocks[row].append(clock)
        responses = _gathered(
            work.responses.rows, (AgentResponse(who, since, at) for _, who, since, at in work.responses), self.count
        )
        holds = _gathered(work.holds.rows, (Hold(who, since, until) for _, who, since, until in work.holds), self.count)
        assignees, groups, sources, states = map(list, (about.assignees, about.groups, one.sources, one.states))
        for row, name in enumerate(names):
            yield TicketFigures(
                (self.tenant, sources[row], name),
                one.created_at[row],
                states[row],
                {
                    attribute: column[row]
                    for attribute, column in zip(about.attributes, attributes, strict=True)
                    if column[row] is not None
                },
                assignees[row],
                groups[row],
                tuple(clocks[row]),
                _known(one.resolved_at[row]),
                _known(one.first_resolved_at[row]),
                _known(one.closed_at[row]),
                tuple(spans[row]),
                one.replies[row],
                one.reopens[row],
                one.rating[row] or None,
                _known(one.rated_at[row]),
                Phases(**{phase: column[row] for phase, column in work.phases.items()}),
                tuple(responses[row]),
                tuple(holds[row]),
            )


def pack(tickets: Iterable[TicketFigures]) -> Iterator[Pack]:
    """The figures in packs. Of tickets that come in order, the packs do, too."""
    waiting = iter(tickets)
    while some := list(islice(waiting, PACKED_TOGETHER)):
        some.sort(key=lambda one: (one.key[0], one.created_at, one.key))
        for tenant, own in groupby(some, key=lambda one: one.key[0]):
            yield from _packs(tenant, list(own))


def _packs(tenant: str, tickets: Sequence[TicketFigures]) -> Iterator[Pack]:
    made = _pack(tenant, tickets)
    if len(tickets) > 1 and sum(map(len, made.parts.values())) > MOST_BYTES:
        middle = len(tickets) // 2
        yield from _packs(tenant, tickets[:middle])
        yield from _packs(tenant, tickets[middle:])
    else:
        yield made


def _pack(tenant: str, tickets: Sequence[TicketFigures]) -> Pack:
    created = [one.created_at for one in tickets]
    written = {name: Writer() for name in PARTS}
    _write_tickets(written["tickets"], tickets, created)
    for metric in METRICS:
        _write_clocks(written["clocks"], tickets, metric)
    names = sorted({name for one in tickets for name in one.attributes})
    about = written["about"]
    about.plain(names)
    for name in names:
        about.coded(one.attributes.get(name) for one in tickets)
    about.coded(one.assignee for one in tickets)
    about.coded(one.group for one in tickets)
    for phase in PHASES:
        written["work"].numbers([getattr(one.phases, phase) for one in tickets])
    _write_stretches(
        written["work"],
        [(row, one.agent, one.since, one.at) for row, of in enumerate(tickets) for one in of.responses],
        created,
    )
    _write_stretches(
        written["work"],
        [(row, one.agent, one.since, one.until) for row, of in enumerate(tickets) for one in of.holds],
        created,
    )
    written["names"].plain([one.key[2] for one in tickets])
    return Pack(tenant, len(tickets), {name: one.packed() for name, one in written.items()})


def _write_tickets(write: Writer, tickets: Sequence[TicketFigures], created: Sequence[int]) -> None:
    write.coded(one.key[1] for one in tickets)
    write.coded(one.state for one in tickets)
    write.ascending(created)
    for name in ("resolved_at", "first_resolved_at", "closed_at", "rated_at"):
        write.maybe_since([getattr(one, name) for one in tickets], created)
    write.numbers([one.rating or 0 for one in tickets])
    write.numbers([one.replies for one in tickets])
    write.numbers([one.reopens for one in tickets])
    write.numbers([len(one.open_spans) for one in tickets])
    write.numbers([begin - one.created_at for one in tickets for begin, _ in one.open_spans])
    write.numbers([end - begin for one in tickets for begin, end in one.open_spans])


def _write_clocks(write: Writer, tickets: Sequence[TicketFigures], metric: str) -> None:
    told = [(clock.duration, row, clock) for row, of in enumerate(tickets) for clock in of.clocks]
    found = sorted((one for one in told if one[2].metric == metric), key=lambda one: one[:2])
    clocks = [clock for _, _, clock in found]
    started = [clock.started_at for clock in clocks]
    write.numbers([row for _, row, _ in found])
    write.since(started, [tickets[row].created_at for _, row, _ in found])
    write.ascending([clock.duration for clock in clocks])
    write.numbers([clock.duration - clock.business for clock in clocks])
    write.maybe_since([clock.breached_at for clock in clocks], started)
    write.coded((clock.stopped_by, clock.standard, clock.target, clock.met) for clock in clocks)


def _clock_figures(metric: str, told: Clocks) -> Iterator[tuple[int, ClockFigures]]:
    columns = zip(told.rows, told.started_at, told.duration, told.business, told.breached_at, told.codes, strict=True)
    for row, start, duration, business, breached, code in columns:
        kind = told.kinds[code]
        yield (
            row,
            ClockFigures(
                metric,
                start,
                start + duration,
                kind.stopped_by,
                duration,
                business,
                kind.standard,
                kind.target,
                kind.met,
                _known(breached),
            ),
        )


def _write_stretches(write: Writer, stretches: Sequence[tuple[int, str, int, int]], created: Sequence[int]) -> None:
    write.numbers([row for row, _, _, _ in stretches])
    write.coded(agent for _, agent, _, _ in stretches)
    write.numbers([since - created[row] for row, _, since, _ in stretches])
    write.numbers([until - since for _, _, since, until in stretches])


def _read_stretches(read: Reader, created_at: Sequence[int]) -> Stretches:
    rows, agents = read.numbers(), read.coded()
    since = read.since(_taken(created_at, rows))
    return Stretches(rows, agents, since, read.since(since))


def _taken(column: Sequence[int], rows: Iterable[int]) -> array[int]:
    return array("q", map(column.__getitem__, rows))


def _gathered(rows: Iterable[int], values: Iterable[_T], count: int) -> list[list[_T]]:
    found: list[list[_T]] = [[] for _ in range(count)]
    for row, value in zip(rows, values, strict=True):
        found[row].append(value)
    return found


def _known(instant: int) -> int | None:
    return None if instant == NEVER else instant
