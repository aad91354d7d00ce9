"""What tickets come to in a span: counts, and the durations of their clocks, as typed values and as JSON objects.

Which tickets a span has depends on its cohort. By `creation`, they are the tickets that were created in the span, with
all that is known of them: what is still open is censored, so that recent tickets do not look quick for being recent. By
`event`, each figure counts what happened in the span, of whichever ticket: what was stopped, breached, resolved for
good, or rated. A clock that still runs has not happened, apart from its breach.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from operator import add
from typing import Any

from replyclock.domain.instants import SECOND, seconds
from replyclock.domain.policy import METRICS
from replyclock.domain.report import FEWEST, SETTLING, UNDECIDED, Asked, Cohort
from replyclock.domain.statistics import Interval, difference_interval, mean_interval, share_interval

BANDS = tuple(minutes * 60 * SECOND for minutes in (1, 15, 60, 4 * 60, 24 * 60))
"""Up to which first response time ratings are summed up together; those of slower ones are the last band."""
RATINGS = (1, 2, 3, 4, 5)
SATISFIED = (4, 5)
"""The ratings that count as satisfied."""


@dataclass(frozen=True, slots=True)
class Times:
    """The durations of some clocks, in microseconds. Those whose end was not seen are censored."""

    n: int = 0
    """Of how many the end was seen."""
    median: int | None = None
    percentile_90: int | None = None
    percentile_95: int | None = None
    median_interval: Interval | None = None
    likely_median: int | None = None
    """By Kaplan and Meier, which counts the censored."""
    likely_interval: Interval | None = None
    """Of that; only for totals."""

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """As a JSON object, in seconds."""
        return {
            "median_seconds": in_seconds(self.median),
            "percentile_90_seconds": in_seconds(self.percentile_90),
            "percentile_95_seconds": in_seconds(self.percentile_95),
            "median_interval_seconds": [end / SECOND for end in self.median_interval] if self.median_interval else None,
            # What has not ended is no event, and without it the estimate would be the plain median by another name.
            "kaplan_meier_median_seconds": in_seconds(self.likely_median) if cohort == "creation" else None,
        }


@dataclass(slots=True)
class ClockCounts:
    """The clocks of one metric."""

    n: int = 0
    """Those whose end was seen: of first responses, those that a reply stopped."""
    censored: int = 0
    """Those that are only known to take longer: they run, their ticket is merged or deleted, or it was solved without a
    first reply. None by event.
    """
    met: int = 0
    broken: int = 0
    """Breached and stopped."""
    overdue: int = 0
    """Breached and still running."""
    undecided: int = 0
    """Running, with a target that is not breached yet. None by event."""
    round_the_clock: Times = field(default_factory=Times)
    business: Times = field(default_factory=Times)

    @property
    def judged(self) -> int:
        """The clocks that are met or breached."""
        return self.met + self.broken + self.overdue

    def add(self, other: ClockCounts) -> None:
        """Takes in the counts of other clocks; durations cannot be added."""
        for name in _CLOCK_COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """As a JSON object."""
        interval = share_interval(self.met, self.judged)
        return {
            "n": self.n,
            **self.round_the_clock.document(cohort),
            "business": self.business.document(cohort),
            "censored": self.censored,
            "kept": self.met,
            "broken": self.broken,
            "overdue": self.overdue,
            "compliance": share(self.met, self.judged),
            "compliance_interval": list(interval) if interval else None,
        }


_CLOCK_COUNTS = ("n", "censored", "met", "broken", "overdue", "undecided")


def _no_ratings() -> list[list[int]]:
    return [[0] * len(RATINGS) for _ in range(len(BANDS) + 2)]


@dataclass(slots=True)
class TicketCounts:
    """What some tickets come to in a span."""

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
    """How often each rating was given, by band of first response time; the last row is of tickets without a reply. The
    last rating of a ticket counts.
    """
    clocks: dict[str, ClockCounts] = field(default_factory=lambda: {metric: ClockCounts() for metric in METRICS})

    def add(self, other: TicketCounts) -> None:
        """Takes in the counts of other tickets, of the same span and cohort; durations cannot be added."""
        for name in TICKET_COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.ratings = [list(map(add, *rows)) for rows in zip(self.ratings, other.ratings, strict=True)]
        for metric, clocks in self.clocks.items():
            clocks.add(other.clocks[metric])

    @property
    def given(self) -> list[int]:
        """How often each rating was given."""
        return [sum(column) for column in zip(*self.ratings, strict=True)]

    def document(self, cohort: Cohort) -> dict[str, Any]:
        """As a JSON object; shares and means of nothing are null."""
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


TICKET_COUNTS = tuple(one.name for one in fields(TicketCounts) if one.name not in ("ratings", "clocks"))
"""What is counted one by one."""


def in_seconds(duration: int | None) -> int | float | None:
    """A duration in seconds; None of none."""
    return None if duration is None else seconds(duration)


def share(count: int, total: int) -> float | None:
    """How many of all; None of none."""
    return count / total if total else None


def total_of(given: list[int]) -> int:
    """The sum of the ratings of which each was given so often."""
    return sum(rating * count for rating, count in zip(RATINGS, given, strict=True))


def satisfied(given: list[int]) -> int:
    """How many of them are those of satisfied people."""
    return sum(count for rating, count in zip(RATINGS, given, strict=True) if rating in SATISFIED)


@dataclass(frozen=True, slots=True)
class _Estimate:
    """A figure that is compared, of one of the two spans."""

    value: float | None
    interval: Interval | None
    n: int
    settled: bool = True
    """Whether it stands, or time alone would still change it."""


def change(now: TicketCounts, before: TicketCounts, asked: Asked) -> dict[str, Any]:
    """What changed against the span of equal length before: each figure with its difference and a verdict."""
    compared = zip(_estimates(now, asked), _estimates(before, asked.before), strict=True)
    return {name: _change(one, then, more_is_better=better) for (name, better, one), (_, _, then) in compared}


def _estimates(counts: TicketCounts, asked: Asked) -> Iterator[tuple[str, bool, _Estimate]]:
    """The figures that are compared: each with its name and whether more of it is better."""
    by_creation = asked.cohort == "creation"
    for metric, clocks in counts.clocks.items():
        yield f"{metric}.median_seconds", False, _of_median(clocks)
        known = clocks.undecided <= UNDECIDED * (clocks.judged + clocks.undecided)
        yield f"{metric}.compliance", True, _of_share(clocks.met, clocks.judged, settled=known)
    rested = asked.at - asked.end >= SETTLING
    decided = not by_creation or counts.open <= UNDECIDED * counts.created
    given = counts.given
    squares = sum(rating**2 * count for rating, count in zip(RATINGS, given, strict=True))
    late = rested and decided
    yield "reopen_rate", False, _of_share(counts.reopened, counts.first_resolved, settled=late)
    yield "replies_per_ticket", False, _of_mean(counts.resolved, counts.replies, counts.squared_replies, settled=late)
    yield "one_touch_share", True, _of_share(counts.one_touch, counts.resolved, settled=late)
    yield "satisfaction.response_rate", True, _of_share(counts.rated, counts.first_resolved, settled=late)
    # By event a rating is in the span in which it was given, and nothing that comes later changes that.
    final = late or not by_creation
    yield "satisfaction.mean", True, _of_mean(sum(given), total_of(given), squares, settled=final)
    yield "satisfaction.satisfied_share", True, _of_share(satisfied(given), sum(given), settled=final)


def _of_median(clocks: ClockCounts) -> _Estimate:
    times = clocks.round_the_clock
    # The later span has more that is still open, and only an estimate that knows of it compares.
    value, interval = (
        (times.likely_median, times.likely_interval) if clocks.censored else (times.median, times.median_interval)
    )
    return _Estimate(
        None if value is None else value / SECOND,
        (interval[0] / SECOND, interval[1] / SECOND) if interval else None,
        times.n,
    )


def _of_share(count: int, total: int, *, settled: bool) -> _Estimate:
    return _Estimate(share(count, total), share_interval(count, total), total, settled)


def _of_mean(count: int, total: int, squares: int, *, settled: bool) -> _Estimate:
    return _Estimate(share(total, count), mean_interval(count, total, squares), count, settled)


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
