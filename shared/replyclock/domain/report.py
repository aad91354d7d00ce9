"""What many tickets come to: how many, how fast, how well promises were kept, and whether it changed.

A report is made in one pass over packs of tickets, of which one at a time is unpacked. What is counted, and which
tickets a span has, is said in `blocks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from .blocks import RATINGS, Block, ClockBlock, Rows, in_one, satisfied, share, total_of
from .columns import Pack
from .dimensions import Groups
from .errors import Fault, InvalidInput
from .instants import DAY, EARLIEST, LATEST, SECOND, format_instant, from_datetime, is_time_zone, parse_instant
from .statistics import (
    Interval,
    Survival,
    difference_interval,
    mean_interval,
    median_interval,
    percentile,
    share_interval,
)

if TYPE_CHECKING:
    from .sums import Sums

Cohort = Literal["creation", "event"]
COHORTS: tuple[Cohort, ...] = ("creation", "event")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

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

    @property
    def counts_whole(self) -> bool:
        """Whether all tickets that were created in the span count alike, with all that is known of them."""
        return self.cohort == "creation" and not self.group_by

    def covers(self, instant: int | None) -> bool:
        """Whether the instant lies in the span."""
        return instant is not None and self.begin <= instant < self.end


def check_zone(zone: str) -> None:
    """Raises InvalidInput, naming `zone`, where there is no such time zone."""
    if not is_time_zone(zone):
        raise InvalidInput([Fault("zone", f"there is no time zone {shortened(zone)}")])


def shortened(text: str) -> str:
    """A text that came in, as a message quotes it: its first 60 characters."""
    return text if len(text) <= 60 else f"{text[:60]}…"


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
    given = block.given
    squares = sum(rating**2 * count for rating, count in zip(RATINGS, given, strict=True))
    late = rested and decided
    yield "reopen_rate", False, _of_share(block.reopened, block.first_resolved, settled=late)
    yield "replies_per_ticket", False, _of_mean(block.resolved, block.replies, block.squared_replies, settled=late)
    yield "one_touch_share", True, _of_share(block.one_touch, block.resolved, settled=late)
    yield "satisfaction.response_rate", True, _of_share(block.rated, block.first_resolved, settled=late)
    # By event a rating is in the span in which it was given, and nothing that comes later changes that.
    final = late or not by_creation
    yield "satisfaction.mean", True, _of_mean(sum(given), total_of(given), squares, settled=final)
    yield "satisfaction.satisfied_share", True, _of_share(satisfied(given), sum(given), settled=final)


def _of_median(clocks: ClockBlock) -> _Estimate:
    value, interval = percentile(clocks.durations, 50), median_interval(clocks.durations)
    if clocks.censored:
        # The later span has more that is still open, and only an estimate that knows of it compares.
        lasting = Survival(clocks.durations, clocks.censored)
        value, interval = lasting.quantile(0.5), lasting.median_interval()
    return _Estimate(
        None if value is None else value / SECOND,
        (interval[0] / SECOND, interval[1] / SECOND) if interval else None,
        len(clocks.durations),
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


def summary(tickets: Iterable[Pack | Sums], asked: Asked) -> dict[str, Any]:
    """What the tickets come to, as a JSON object: durations in seconds, instants as RFC 3339 in UTC, shares from 0 to
    1. Their figures are those of `asked.at`.

    The tickets come in packs, or as sums where there are no groups, the cohort is by creation and neither span begins
    or ends amid those of one. They are read once and none is kept. They should be all tickets there are: which of them
    count is said by the cohort, and older ones are in the backlog and in the span before. Percentiles are by nearest
    rank, intervals of 95 % confidence. `change` compares with the span before, each figure with a verdict: `better`,
    `worse`, `no difference shown`; `too few` where there are fewer than `FEWEST` values on either side, `too early`
    while time alone would still change it. Its medians are by Kaplan and Meier where the cohort is by creation, plain
    ones where it is by event.
    """
    earlier = asked.before
    before, found, groups = Block(), [] if asked.group_by else [Block()], Groups(asked.group_by, asked.zone)
    for some in tickets:
        places, told = (groups.places(some), Rows(some)) if isinstance(some, Pack) else (in_one, some)
        found += [Block() for _ in groups.known[len(found) :]]
        told.count([before], in_one, earlier)
        told.count(found, places, asked)
    for block in (before, *found):
        block.sort()
    documents = _documents(groups, found, asked) if asked.group_by else []
    total = _total(found)
    compared = zip(_estimates(total, asked), _estimates(before, earlier), strict=True)
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "cohort": asked.cohort,
        "group_by": list(asked.group_by),
        "total": total.document(asked.cohort),
        "groups": documents,
        "before": before.document(asked.cohort),
        "change": {name: _change(now, then, more_is_better=better) for (name, better, now), (_, _, then) in compared},
    }


def _total(blocks: Sequence[Block]) -> Block:
    if len(blocks) == 1:
        return blocks[0]
    total = Block()
    for block in blocks:
        total.merge(block)
    total.sort()
    return total


def _documents(groups: Groups, blocks: Sequence[Block], asked: Asked) -> list[dict[str, Any]]:
    nothing = Block()
    filled = [(group, block) for group, block in zip(groups.known, blocks, strict=True) if block != nothing]
    filled.sort(key=lambda one: (-one[1].created, [(value is None, value or "") for value in one[0]]))
    return [
        {"group": dict(zip(asked.group_by, group, strict=True)), **block.document(asked.cohort)}
        for group, block in filled
    ]
