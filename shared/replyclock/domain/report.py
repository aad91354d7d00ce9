"""What many tickets come to: how many, how fast, how well promises were kept, and whether it changed.

A report is made in one pass. Each ticket goes into blocks, which keep values and counts and no tickets; the blocks of
different tickets merge into those of all of them. The definition of each figure stands where it is counted.

Which tickets a span has is said by its cohort. By `creation`, they are the tickets that were created in the span, with
all that is known of them: what is still open is censored, so that recent tickets do not look quick for being recent. By
`event`, each figure counts what happened in the span, of whichever ticket: what was stopped, what was broken, what was
resolved for good, what was rated. A clock that still runs has not happened, apart from the breach of its promise.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime
from operator import add
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from .dimensions import Group, group_of
from .errors import Fault, InvalidInput
from .figures import ClockFigures, TicketFigures
from .instants import DAY, EARLIEST, LATEST, SECOND, format_instant, from_datetime, parse_instant, seconds
from .policy import METRICS
from .statistics import (
    Interval,
    difference_interval,
    mean_interval,
    median_interval,
    percentile,
    share_interval,
    survival_median_interval,
    survival_quantile,
)

Cohort = Literal["creation", "event"]
COHORTS: tuple[Cohort, ...] = ("creation", "event")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

BANDS = tuple(minutes * 60 * SECOND for minutes in (1, 15, 60, 4 * 60, 24 * 60))
"""Up to which first response time ratings are summed up together; those of slower ones are the last band."""
RATINGS = (1, 2, 3, 4, 5)
SATISFIED = (4, 5)
"""The ratings of those who are content."""

FEWEST = 30
"""Values on either side below which two spans are not compared: the intervals of a mean do not hold for fewer."""
SETTLING = 7 * DAY
"""How long after a span tickets are still reopened and rated: before that, the earlier span had more time for it."""
UNDECIDED = 0.05
"""The share of a cohort that may be open without those that are not being a selection of quick ones."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is about: the span from `begin` to before `end`, as known at `at` (all in microseconds).

    Raises InvalidInput, naming `from`, `to`, `zone`, `by` or `cohort`, where it makes no sense.
    """

    begin: int
    end: int
    zone: str
    """The IANA time zone of hours and days."""
    group_by: tuple[str, ...]
    """Dimensions; without any there are no groups."""
    cohort: Cohort
    at: int
    """The instant of the evaluation: the tickets' figures are those of it."""

    def __post_init__(self) -> None:
        check_zone(self.zone)
        faults = []
        if self.begin >= self.end:
            faults.append(Fault("to", "must be later than where the span begins"))
        if self.begin > self.at:
            faults.append(Fault("from", "is later than the instant of the evaluation"))
        if len(set(self.group_by)) < len(self.group_by) or not all(self.group_by):
            faults.append(Fault("by", "must name different dimensions"))
        if self.cohort not in COHORTS:
            faults.append(Fault("cohort", f"must be one of {', '.join(COHORTS)}"))
        if faults:
            raise InvalidInput(faults)

    @property
    def before(self) -> Asked:
        """The same about the span of equal length before."""
        return replace(self, begin=2 * self.begin - self.end, end=self.begin)

    def covers(self, instant: int | None) -> bool:
        """Whether the instant lies in the span."""
        return instant is not None and self.begin <= instant < self.end


def check_zone(zone: str) -> None:
    """Raises InvalidInput, naming `zone`, where there is no such time zone."""
    if zone not in available_timezones():
        raise InvalidInput([Fault("zone", f"there is no time zone {zone}")])


def read_bound(name: str, text: str, zone: str) -> int:
    """An end of a span, in microseconds: an RFC 3339 date-time, or a date, which is the beginning of that day in the
    time zone. Where the clocks skip midnight the day begins right after; where it happens twice, at the first of them.

    Raises InvalidInput, naming `name`.
    """
    try:
        return parse_instant(text) if not _DATE.fullmatch(text) else _midnight(text, zone)
    except ValueError as wrong:
        raise InvalidInput([Fault(name, str(wrong))]) from None


def _midnight(text: str, zone: str) -> int:
    try:
        day = date.fromisoformat(text)
    except ValueError as wrong:
        raise ValueError(f"is no date: {wrong}") from None
    try:
        instant = from_datetime(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC))
    except OverflowError:
        instant = LATEST + 1
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("lies outside of the years 1 to 9999 in UTC")
    return instant


def in_backlog(figures: TicketFigures, instant: int, at: int) -> bool:
    """Whether the ticket was in the backlog at an instant, after all that happened at it.

    The figures are those of `at`; a later instant is taken for it.
    """
    if instant >= at:
        return figures.closed_at is None
    return any(begin <= instant < end for begin, end in figures.open_spans)


def _values() -> array[int]:
    return array("q")


@dataclass(slots=True)
class ClockBlock:
    """The clocks of one metric. Durations are in microseconds."""

    durations: array[int] = field(default_factory=_values)
    """Of those whose end was seen: of first responses, those that a reply stopped."""
    business: array[int] = field(default_factory=_values)
    """Of the same, in the same order."""
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

    def add(self, clock: ClockFigures, asked: Asked) -> None:
        """Counts a clock; by creation, one of a ticket of the cohort."""
        by_creation = asked.cohort == "creation"
        ended = by_creation or asked.covers(clock.ended_at)
        # The time of a first response is that of a reply: what is solved without one had none.
        if clock.observed and (clock.metric != "first_response" or clock.stopped_by == "reply"):
            if ended:
                self.durations.append(clock.duration)
                self.business.append(clock.business)
        elif by_creation:
            self.censored.append(clock.duration)
            self.censored_business.append(clock.business)
        if clock.met:
            self.kept += ended
        elif clock.met is False:
            # By event a promise is broken once, when it breaks: however long the answer takes, no later span has it.
            broke = by_creation or asked.covers(clock.breached_at)
            self.broken += broke and clock.observed
            self.overdue += broke and not clock.observed
        elif clock.target is not None:
            self.undecided += by_creation

    def merge(self, other: ClockBlock) -> None:
        """Takes in the block of other clocks."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, array):
                mine.extend(theirs)
            else:
                setattr(self, one.name, mine + theirs)

    @property
    def judged(self) -> int:
        """The clocks whose promise is kept or broken."""
        return self.kept + self.broken + self.overdue

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """The clocks as a JSON object."""
        interval = share_interval(self.kept, self.judged)
        return {
            "n": len(self.durations),
            **_durations(self.durations, self.censored, cohort),
            "business": _durations(self.business, self.censored_business, cohort),
            "censored": len(self.censored),
            "kept": self.kept,
            "broken": self.broken,
            "overdue": self.overdue,
            "compliance": _share(self.kept, self.judged),
            "compliance_interval": list(interval) if interval else None,
        }


def _durations(values: array[int], censored: array[int], cohort: Cohort) -> dict[str, Any]:
    ordered = sorted(values)
    median, interval = percentile(ordered, 50), median_interval(ordered)
    survival = median
    if censored:
        survival = survival_quantile(_lives(ordered, censored), 0.5)
    return {
        "median_seconds": _seconds(median),
        "percentile_90_seconds": _seconds(percentile(ordered, 90)),
        "percentile_95_seconds": _seconds(percentile(ordered, 95)),
        "median_interval_seconds": [end / SECOND for end in interval] if interval else None,
        # What has not ended is no event, and without it the estimate would be the plain median by another name.
        "kaplan_meier_median_seconds": _seconds(survival) if cohort == "creation" else None,
    }


def _lives(ended: Iterable[int], censored: Iterable[int]) -> list[tuple[int, bool]]:
    return [*((duration, True) for duration in ended), *((duration, False) for duration in censored)]


def _seconds(duration: int | None) -> int | float | None:
    return None if duration is None else seconds(duration)


def _share(count: int, total: int) -> float | None:
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

    def add(self, figures: TicketFigures, asked: Asked) -> None:
        """Counts a ticket."""
        if figures.created_at > asked.end:
            return
        by_creation, here = asked.cohort == "creation", asked.covers(figures.created_at)
        at_end = in_backlog(figures, asked.end, asked.at)
        self.backlog_begin += in_backlog(figures, asked.begin, asked.at)
        self.backlog_end += at_end
        self.created += here
        if by_creation and not here:
            return
        self.open += figures.closed_at is None if by_creation else at_end

        def counts(instant: int | None) -> bool:
            return instant is not None and (by_creation or asked.covers(instant))

        if counts(figures.resolved_at):
            self.resolved += 1
            self.one_touch += figures.replies == 1 and not figures.reopens
            self.replies += figures.replies
            self.squared_replies += figures.replies**2
        if counts(figures.first_resolved_at):
            self.first_resolved += 1
            self.reopened += figures.reopens > 0
            self.rated += figures.rating is not None
        if figures.rating is not None and counts(figures.rated_at):
            self.ratings[_band(figures)][figures.rating - 1] += 1
        for clock in figures.clocks:
            self.clocks[clock.metric].add(clock, asked)

    def merge(self, other: Block) -> None:
        """Takes in the block of other tickets, for the same span and cohort."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.ratings = [list(map(add, *rows)) for rows in zip(self.ratings, other.ratings, strict=True)]
        for metric, clocks in self.clocks.items():
            clocks.merge(other.clocks[metric])

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """The block as a JSON object; shares and means of nothing are null."""
        given = _sums(self.ratings)
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
            "reopen_rate": _share(self.reopened, self.first_resolved),
            "replies_per_ticket": _share(self.replies, self.resolved),
            "one_touch_share": _share(self.one_touch, self.resolved),
            "satisfaction": {
                "ratings": sum(given),
                "response_rate": _share(self.rated, self.first_resolved),
                "mean": _share(_total(given), sum(given)),
                "satisfied_share": _share(_satisfied(given), sum(given)),
                "by_response_time": [
                    {
                        "up_to_seconds": edge,
                        "n": sum(row),
                        "mean": _share(_total(row), sum(row)),
                        "satisfied_share": _share(_satisfied(row), sum(row)),
                    }
                    for edge, row in zip(bands, self.ratings[: len(bands)], strict=True)
                ],
            },
        }


_COUNTS = tuple(one.name for one in fields(Block) if one.name not in ("ratings", "clocks"))


def _band(figures: TicketFigures) -> int:
    first = figures.first("first_response")
    if first is None or first.stopped_by != "reply":
        return len(BANDS) + 1
    return sum(first.duration > edge for edge in BANDS)


def _sums(rows: Iterable[list[int]]) -> list[int]:
    return [sum(column) for column in zip(*rows, strict=True)]


def _total(given: list[int]) -> int:
    return sum(rating * count for rating, count in zip(RATINGS, given, strict=True))


def _satisfied(given: list[int]) -> int:
    return sum(count for rating, count in zip(RATINGS, given, strict=True) if rating in SATISFIED)


@dataclass(frozen=True, slots=True)
class _Estimate:
    """A figure that is compared, of one of the two spans."""

    value: float | None
    interval: Interval | None
    n: int
    settled: bool = True
    """Whether it stands, or time alone would still change it."""


def _estimates(block: Block, asked: Asked) -> Iterator[tuple[str, bool, _Estimate]]:
    """The figures that are compared: each with its name and whether more of it is better."""
    by_creation = asked.cohort == "creation"
    for metric, clocks in block.clocks.items():
        yield f"{metric}.median_seconds", False, _of_median(clocks)
        known = clocks.undecided <= UNDECIDED * (clocks.judged + clocks.undecided)
        yield f"{metric}.compliance", True, _of_share(clocks.kept, clocks.judged, settled=known)
    rested = asked.at - asked.end >= SETTLING
    decided = not by_creation or block.open <= UNDECIDED * block.created
    given = _sums(block.ratings)
    squares = sum(rating**2 * count for rating, count in zip(RATINGS, given, strict=True))
    late = rested and decided
    yield "reopen_rate", False, _of_share(block.reopened, block.first_resolved, settled=late)
    yield "replies_per_ticket", False, _of_mean(block.resolved, block.replies, block.squared_replies, settled=late)
    yield "one_touch_share", True, _of_share(block.one_touch, block.resolved, settled=late)
    yield "satisfaction.response_rate", True, _of_share(block.rated, block.first_resolved, settled=late)
    # By event a rating is in the span in which it was given, and nothing that comes later changes that.
    final = late or not by_creation
    yield "satisfaction.mean", True, _of_mean(sum(given), _total(given), squares, settled=final)
    yield "satisfaction.satisfied_share", True, _of_share(_satisfied(given), sum(given), settled=final)


def _of_median(clocks: ClockBlock) -> _Estimate:
    ordered = sorted(clocks.durations)
    value, interval = percentile(ordered, 50), median_interval(ordered)
    if clocks.censored:
        # The later span has more that is still open, and only an estimate that knows of it compares.
        lives = _lives(ordered, clocks.censored)
        value, interval = survival_quantile(lives, 0.5), survival_median_interval(lives)
    return _Estimate(
        None if value is None else value / SECOND,
        (interval[0] / SECOND, interval[1] / SECOND) if interval else None,
        len(ordered),
    )


def _of_share(count: int, total: int, *, settled: bool) -> _Estimate:
    return _Estimate(_share(count, total), share_interval(count, total), total, settled)


def _of_mean(count: int, total: int, squares: int, *, settled: bool) -> _Estimate:
    return _Estimate(_share(total, count), mean_interval(count, total, squares), count, settled)


def _change(now: _Estimate, before: _Estimate, *, more_is_better: bool) -> dict[str, Any]:
    difference = None if now.value is None or before.value is None else now.value - before.value
    interval: Interval | None = None
    if now.value is not None and before.value is not None and now.interval and before.interval:
        interval = difference_interval(now.value, now.interval, before.value, before.interval)
    if interval is None or min(now.n, before.n) < FEWEST:
        verdict = "too few"
    elif not (now.settled and before.settled):
        verdict = "too early"
    elif interval[0] <= 0 <= interval[1]:
        verdict = "no difference shown"
    else:
        verdict = "better" if (interval[0] > 0) == more_is_better else "worse"
    return {
        "now": now.value,
        "before": before.value,
        "difference": difference,
        "interval": list(interval) if interval else None,
        "n": now.n,
        "n_before": before.n,
        "verdict": verdict,
    }


@dataclass(slots=True)
class Report:
    """The blocks that a report consists of. Reports of different tickets merge, if the same was asked."""

    asked: Asked
    total: Block = field(default_factory=Block)
    before: Block = field(default_factory=Block)
    groups: dict[Group, Block] = field(default_factory=dict)
    _earlier: Asked = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._earlier = self.asked.before

    def add(self, figures: TicketFigures) -> None:
        """Counts a ticket."""
        asked = self.asked
        self.total.add(figures, asked)
        self.before.add(figures, self._earlier)
        if asked.group_by:
            self._group(group_of(figures, asked.group_by, asked.zone)).add(figures, asked)

    def merge(self, other: Report) -> None:
        """Takes in the report of other tickets."""
        self.total.merge(other.total)
        self.before.merge(other.before)
        for group, block in other.groups.items():
            self._group(group).merge(block)

    def _group(self, group: Group) -> Block:
        # A block takes longer to make than a ticket to count.
        found = self.groups.get(group)
        if found is None:
            found = self.groups[group] = Block()
        return found

    def document(self) -> dict[str, Any]:
        """The report as a JSON object: durations in seconds, instants as RFC 3339 in UTC, shares from 0 to 1.

        Percentiles are by nearest rank, intervals of 95 % confidence. `change` compares with the span before, each
        figure with a verdict: `better`, `worse`, `no difference shown`; `too few` where there are fewer than `FEWEST`
        values on either side, `too early` while time alone would still change it. Its medians are by Kaplan and Meier
        where the cohort is by creation, plain ones where it is by event.
        """
        asked = self.asked
        nothing = Block()
        filled = [(group, block) for group, block in self.groups.items() if block != nothing]
        filled.sort(key=lambda one: (-one[1].created, [(value is None, value or "") for value in one[0]]))
        earlier = _estimates(self.before, self._earlier)
        return {
            "from": format_instant(asked.begin),
            "to": format_instant(asked.end),
            "at": format_instant(asked.at),
            "timezone": asked.zone,
            "cohort": asked.cohort,
            "group_by": list(asked.group_by),
            "total": self.total.document(asked.cohort),
            "groups": [
                {"group": dict(zip(asked.group_by, group, strict=True)), **block.document(asked.cohort)}
                for group, block in filled
            ],
            "before": self.before.document(asked.cohort),
            "change": {
                name: _change(now, before, more_is_better=better)
                for (name, better, now), (_, _, before) in zip(_estimates(self.total, asked), earlier, strict=True)
            },
        }


def summary(tickets: Iterable[TicketFigures], asked: Asked) -> dict[str, Any]:
    """What the tickets come to, in the form of `Report.document`. Their figures are those of `asked.at`.

    The tickets are read once and none is kept. They should be all there are: which of them count is said by the cohort,
    and older ones are in the backlog and in the span before.
    """
    report = Report(asked)
    for figures in tickets:
        report.add(figures)
    return report.document()
