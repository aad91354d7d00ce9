"""What tickets come to in a span: counts, and the durations of their clocks.

Which tickets a span has is said by its cohort. By `creation`, they are the tickets that were created in the span, with
all that is known of them: what is still open is censored, so that recent tickets do not look quick for being recent. By
`event`, each figure counts what happened in the span, of whichever ticket: what was stopped, what was broken, what was
resolved for good, what was rated. A clock that still runs has not happened, apart from the breach of its promise.

Packs of tickets are counted a column at a time. A block keeps values and counts and no tickets, and the blocks of
different tickets merge into that of all of them. The definition of each figure stands where it is counted.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import compress, islice, repeat
from operator import add
from typing import TYPE_CHECKING, Any

from .columns import Clocks, Kind, Pack, Tickets
from .encoding import NEVER
from .instants import SECOND, seconds
from .policy import METRICS
from .statistics import Survival, median_interval, percentile, share_interval

if TYPE_CHECKING:
    from .report import Asked, Cohort

BANDS = tuple(minutes * 60 * SECOND for minutes in (1, 15, 60, 4 * 60, 24 * 60))
"""Up to which first response time ratings are summed up together; those of slower ones are the last band."""
RATINGS = (1, 2, 3, 4, 5)
SATISFIED = (4, 5)
"""The ratings of those who are content."""

Places = Callable[[Iterable[int]], Iterable[int]]
"""For each of some rows of a pack, in which of the blocks it is counted."""


def in_one(rows: Iterable[int]) -> Iterable[int]:
    """Counts all rows in the first block, of however many rows."""
    del rows
    return repeat(0)


def _values() -> array[int]:
    return array("q")


@dataclass(slots=True)
class ClockBlock:
    """The clocks of one metric. Durations are in microseconds."""

    durations: array[int] = field(default_factory=_values)
    """Of those whose end was seen: of first responses, those that a reply stopped."""
    business: array[int] = field(default_factory=_values)
    """Of the same."""
    censored: array[int] = field(default_factory=_values)
    """Of those that are only known to take longer: they run, their ticket is merged or deleted, or it was solved with
    no first reply ever given. None by event.
    """
    censored_business: array[int] = field(default_factory=_values)
    kept: int = 0
    broken: int = 0
    """Stopped too late."""
    overdue: int = 0
    """Too late, and still running."""
    undecided: int = 0
    """Running, with a promise that is not broken yet. None by event."""

    def merge(self, other: ClockBlock) -> None:
        """Takes in the block of other clocks."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, array):
                mine.extend(theirs)
            else:
                setattr(self, one.name, mine + theirs)

    def sort(self) -> None:
        """Puts the durations in order. Those of packs come in order, and all of them are soon put so."""
        for one in fields(self):
            values = getattr(self, one.name)
            if isinstance(values, array):
                setattr(self, one.name, array("q", sorted(values)))

    @property
    def judged(self) -> int:
        """The clocks whose promise is kept or broken."""
        return self.kept + self.broken + self.overdue

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """The clocks, which are in order, as a JSON object."""
        interval = share_interval(self.kept, self.judged)
        return {
            "n": len(self.durations),
            **_durations(self.durations, self.censored, cohort),
            "business": _durations(self.business, self.censored_business, cohort),
            "censored": len(self.censored),
            "kept": self.kept,
            "broken": self.broken,
            "overdue": self.overdue,
            "compliance": share(self.kept, self.judged),
            "compliance_interval": list(interval) if interval else None,
        }


def _durations(ordered: Sequence[int], censored: Sequence[int], cohort: Cohort) -> dict[str, Any]:
    median, interval = percentile(ordered, 50), median_interval(ordered)
    return {
        "median_seconds": in_seconds(median),
        "percentile_90_seconds": in_seconds(percentile(ordered, 90)),
        "percentile_95_seconds": in_seconds(percentile(ordered, 95)),
        "median_interval_seconds": [end / SECOND for end in interval] if interval else None,
        # What has not ended is no event, and without it the estimate would be the plain median by another name.
        "kaplan_meier_median_seconds": in_seconds(Survival(ordered, censored).quantile(0.5))
        if cohort == "creation"
        else None,
    }


def in_seconds(duration: int | None) -> int | float | None:
    """A duration in seconds; None of none."""
    return None if duration is None else seconds(duration)


def share(count: int, total: int) -> float | None:
    """How many of all; None of none."""
    return count / total if total else None


def _no_ratings() -> list[list[int]]:
    return [[0] * len(RATINGS) for _ in range(len(BANDS) + 2)]


@dataclass(slots=True)
class Block:
    """What some tickets come to in a span. Blocks of different tickets merge, whichever way they are divided."""

    created: int = 0
    resolved: int = 0
    """That are resolved and not reopened since; those created so are not counted."""
    first_resolved: int = 0
    """That were ever resolved; by event, for the first time in the span."""
    open: int = 0
    """By creation those that are in the backlog at the evaluation; by event those at the end of the span."""
    backlog_begin: int = 0
    """Those that were in the backlog when the span began, whenever they were created."""
    backlog_end: int = 0
    """Those when it ended, or at the evaluation where that is earlier."""
    reopened: int = 0
    """Of the ever resolved."""
    rated: int = 0
    """Of the ever resolved."""
    one_touch: int = 0
    """Of the resolved: with one reply, and never reopened."""
    replies: int = 0
    """Of the resolved."""
    squared_replies: int = 0
    ratings: list[list[int]] = field(default_factory=_no_ratings)
    """How often each rating was given, by band of first response time; the last row is of tickets that had no reply.
    The last rating of a ticket counts.
    """
    clocks: dict[str, ClockBlock] = field(default_factory=lambda: {metric: ClockBlock() for metric in METRICS})

    def merge(self, other: Block) -> None:
        """Takes in the block of other tickets, for the same span and cohort."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.ratings = [list(map(add, *rows)) for rows in zip(self.ratings, other.ratings, strict=True)]
        for metric, clocks in self.clocks.items():
            clocks.merge(other.clocks[metric])

    def sort(self) -> None:
        """Puts all durations in order."""
        for clocks in self.clocks.values():
            clocks.sort()

    @property
    def given(self) -> list[int]:
        """How often each rating was given."""
        return [sum(column) for column in zip(*self.ratings, strict=True)]

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """The block, whose durations are in order, as a JSON object; shares and means of nothing are null."""
        given = self.given
        bands = [*(edge // SECOND for edge in BANDS), None]
        return {
            "tickets": {
                "created": self.created,
                "resolved": self.resolved,
                "first_resolved": self.first_resolved,
                "open": self.open,
                "backlog_begin": self.backlog_begin,
                "backlog_end": self.backlog_end,
            },
            "clocks": {metric: clocks.document(cohort) for metric, clocks in self.clocks.items()},
            "reopen_rate": share(self.reopened, self.first_resolved),
            "replies_per_ticket": share(self.replies, self.resolved),
            "one_touch_share": share(self.one_touch, self.resolved),
            "satisfaction": {
                "ratings": sum(given),
                "response_rate": share(self.rated, self.first_resolved),
                "mean": share(total_of(given), sum(given)),
                "satisfied_share": share(satisfied(given), sum(given)),
                "by_response_time": [
                    {
                        "up_to_seconds": edge,
                        "n": sum(row),
                        "mean": share(total_of(row), sum(row)),
                        "satisfied_share": share(satisfied(row), sum(row)),
                    }
                    for edge, row in zip(bands, self.ratings[: len(bands)], strict=True)
                ],
            },
        }


COUNTS = tuple(one.name for one in fields(Block) if one.name not in ("ratings", "clocks"))
"""What blocks count one by one."""


def total_of(given: Sequence[int]) -> int:
    """The sum of the ratings of which each was given so often."""
    return sum(rating * count for rating, count in zip(RATINGS, given, strict=True))


def satisfied(given: Sequence[int]) -> int:
    """How many of them are of somebody who is content."""
    return sum(count for rating, count in zip(RATINGS, given, strict=True) if rating in SATISFIED)


class Rows:
    """The tickets of a pack, unpacked once for all that is counted of them."""

    def __init__(self, pack: Pack) -> None:
        self._tickets = pack.tickets()
        self._clocks = pack.clocks(self._tickets.created_at)

    def count(self, blocks: Sequence[Block], places: Places, asked: Asked) -> None:
        """Counts each in its block, and in the backlog. Their figures are those of `asked.at`."""
        count_tickets(blocks, places, self._tickets, self._clocks, asked)
        count_backlog(blocks, places, self._tickets, asked)


def count_tickets(
    blocks: Sequence[Block], places: Places, tickets: Tickets, clocks: Mapping[str, Clocks], asked: Asked
) -> None:
    """Counts the tickets of a pack, each in its block, but for the backlog. Their figures are those of `asked.at`.

    By creation, only tickets created in the span are looked up in `places`.
    """
    by_creation = asked.cohort == "creation"
    here = range(bisect_left(tickets.created_at, asked.begin), bisect_left(tickets.created_at, asked.end))
    if by_creation and not here:
        return

    def within(instants: Sequence[int]) -> list[int]:
        if by_creation:
            return [row for row in here if instants[row] != NEVER]
        return [row for row, instant in enumerate(instants) if asked.begin <= instant < asked.end]

    def alike(
        rows: Sequence[int], *columns: Sequence[int] | Mapping[int, int]
    ) -> Iterable[tuple[tuple[int, ...], int]]:
        return Counter(zip(places(rows), *(map(column.__getitem__, rows) for column in columns), strict=False)).items()

    _count(blocks, "created", places, here)
    if by_creation:
        _count(blocks, "open", places, [row for row in here if tickets.closed_at[row] == NEVER])
    for (place, replies, reopens), found in alike(within(tickets.resolved_at), tickets.replies, tickets.reopens):
        block = blocks[place]
        block.resolved += found
        block.one_touch += found * (replies == 1 and not reopens)
        block.replies += found * replies
        block.squared_replies += found * replies**2
    for (place, reopens, rating), found in alike(within(tickets.first_resolved_at), tickets.reopens, tickets.rating):
        block = blocks[place]
        block.first_resolved += found
        block.reopened += found * (reopens > 0)
        block.rated += found * (rating > 0)
    rated = within(tickets.rated_at)
    bands = _bands(rated, clocks["first_response"])
    for (place, rating, band), found in alike(rated, tickets.rating, bands):
        blocks[place].ratings[band][rating - 1] += found
    for metric, told in clocks.items():
        count_clocks([block.clocks[metric] for block in blocks], places, told, asked, here)


def count_backlog(blocks: Sequence[Block], places: Places, tickets: Tickets, asked: Asked) -> None:
    """Counts those that were in the backlog when the span began and when it ended."""
    at_end = tickets.in_backlog(asked.end, asked.at)
    _count(blocks, "backlog_begin", places, tickets.in_backlog(asked.begin, asked.at))
    _count(blocks, "backlog_end", places, at_end)
    if asked.cohort == "event":
        _count(blocks, "open", places, at_end)


def _count(blocks: Sequence[Block], name: str, places: Places, rows: Sequence[int]) -> None:
    for place, found in Counter(islice(places(rows), len(rows))).items():
        setattr(blocks[place], name, getattr(blocks[place], name) + found)


def count_clocks(blocks: Sequence[ClockBlock], places: Places, clocks: Clocks, asked: Asked, here: range) -> None:
    """Counts the clocks of one metric of a pack, each in its block; `here` are the tickets created in the span."""
    by_creation, begin, end = asked.cohort == "creation", asked.begin, asked.end
    rows, codes, kinds = clocks.rows, clocks.codes, clocks.kinds
    broken: Sequence[int]
    if by_creation:
        whole = not rows or (here.start <= min(rows) and max(rows) < here.stop)
        broken = ended = range(len(rows)) if whole else [i for i, row in enumerate(rows) if row in here]
    else:
        # By event a promise is broken once, when it breaks: however long the answer takes, no later span has it.
        times = zip(clocks.started_at, clocks.duration, strict=True)
        ended = [i for i, (start, duration) in enumerate(times) if begin <= start + duration < end]
        broken = [i for i, instant in enumerate(clocks.breached_at) if begin <= instant < end]

    def places_of(chosen: Iterable[int]) -> Iterable[int]:
        return places(map(rows.__getitem__, chosen))

    def alike(chosen: Sequence[int]) -> list[tuple[ClockBlock, Kind, int]]:
        told = map(codes.__getitem__, chosen)
        if len(blocks) == 1:  # counting numbers takes a third of counting pairs
            return [(blocks[0], kinds[code], found) for code, found in Counter(told).items()]
        pairs = Counter(zip(places_of(chosen), told, strict=False))
        return [(blocks[place], kinds[code], found) for (place, code), found in pairs.items()]

    of_ended = alike(ended)
    for block, kind, found in of_ended:
        if kind.met:
            block.kept += found
        elif kind.met is None and kind.target is not None:
            block.undecided += found * by_creation
    for block, kind, found in of_ended if by_creation else alike(broken):
        if kind.met is False and kind.stopped_by:
            block.broken += found
        elif kind.met is False:
            block.overdue += found
    for names, wanted in ((("durations", "business"), True), (("censored", "censored_business"), False)):
        if wanted or by_creation:
            chosen = [kind.observed is wanted for kind in kinds]
            told = list(compress(ended, map(chosen.__getitem__, map(codes.__getitem__, ended))))
            for name, column in zip(names, (clocks.duration, clocks.business), strict=True):
                _gather([getattr(block, name) for block in blocks], places_of, column, told)


def _gather(into: Sequence[array[int]], places: Places, column: Sequence[int], chosen: Sequence[int]) -> None:
    if len(into) == 1:
        into[0].extend(column if len(chosen) == len(column) else map(column.__getitem__, chosen))
    else:
        for place, value in zip(places(chosen), map(column.__getitem__, chosen), strict=False):
            into[place].append(value)


def _bands(rows: Sequence[int], first: Clocks) -> dict[int, int]:
    """In which band of first response time each of the tickets is."""
    replied = [kind.stopped_by == "reply" for kind in first.kinds]
    bands = dict.fromkeys(rows, len(BANDS) + 1)
    for row, duration, code in zip(first.rows, first.duration, first.codes, strict=True):
        if replied[code] and row in bands:
            bands[row] = bisect_left(BANDS, duration)
    return bands
