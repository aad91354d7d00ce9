"""Business time: when a calendar is open, how much of a span that is, and when a given amount of it has passed.

A calendar's local hours are laid out once, as sorted intervals of instants with their running sum; each question is
then answered by binary search, to the microsecond. Local times follow section 4 of the contract: a time that the clocks
skip moves forward by the gap, one that happens twice is the first of the two.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from .instants import DAY, EARLIEST, LATEST, SECOND, from_datetime, to_datetime

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = 60 * SECOND

_FIRST, _LAST = EARLIEST + 7 * DAY, LATEST - 3 * DAY
"""Between these every local time is one that can be reckoned with, whatever the zone."""

Hours = tuple[tuple[int, int], ...]
"""Intervals of one local day in minutes since its midnight; an end above 1440 lies on the next day."""


class Calendar(Protocol):
    """When time counts. All instants and durations are in microseconds."""

    @property
    def name(self) -> str:
        """Its name in the policy."""
        ...

    @property
    def timezone(self) -> str:
        """The IANA time zone in which its people read a clock."""
        ...

    @property
    def business_day(self) -> int:
        """The longest weekly day: what one `bd` of a target is."""
        ...

    def open_time(self, begin: int, end: int) -> int:
        """How much of [begin, end) is open."""
        ...

    def open_intervals(self, begin: int, end: int) -> Iterable[tuple[int, int]]:
        """The open parts of [begin, end), ascending, never empty, never touching."""
        ...

    def reach(self, begin: int, amount: int, limit: int) -> int | None:
        """The first instant at which the open time since `begin` is `amount`; None when that is after `limit`."""
        ...

    def closures(self, begin: int, end: int) -> Iterable[tuple[int, int, str]]:
        """The closed parts of [begin, end) with why: `outside_hours`, `holiday`, `holiday: its name` or `break`."""
        ...


@dataclass(frozen=True, slots=True)
class Always:
    """Round the clock."""

    name: str = "always"
    timezone: str = "UTC"

    @property
    def business_day(self) -> int:
        """See Calendar."""
        return DAY

    def open_time(self, begin: int, end: int) -> int:
        """See Calendar."""
        return max(0, end - begin)

    def open_intervals(self, begin: int, end: int) -> Iterable[tuple[int, int]]:
        """See Calendar."""
        return [(begin, end)] if begin < end else []

    def reach(self, begin: int, amount: int, limit: int) -> int | None:
        """See Calendar."""
        return begin + amount if begin + amount <= limit else None

    def closures(self, begin: int, end: int) -> Iterable[tuple[int, int, str]]:  # noqa: ARG002 (it never closes)
        """See Calendar."""
        return []


ALWAYS = Always()


class Layout:
    """The open intervals of whole local days, laid out as far as anybody has asked."""

    def __init__(self) -> None:
        self.first: date | None = None
        self.last: date | None = None
        self.begins: list[int] = []
        self.ends: list[int] = []
        self.before: list[int] = []
        """The open time before each interval."""


@dataclass(frozen=True)
class BusinessCalendar:
    """Weekly hours in a time zone, with holidays, breaks and shifts. Equal definitions are equal calendars."""

    name: str
    timezone: str
    week: tuple[Hours, ...]
    """The hours of each weekday, Monday first."""
    holidays: frozenset[date] = frozenset()
    regions: tuple[str, ...] = ()
    """Regions whose public holidays and moved working days hold, such as `US-NY`."""
    breaks: Mapping[date, Hours] = field(default_factory=dict)
    shifts: Mapping[date, Hours] = field(default_factory=dict)
    _layout: Layout = field(default_factory=Layout, compare=False, repr=False)

    @property
    def business_day(self) -> int:
        """See Calendar."""
        return max(sum(end - begin for begin, end in day) for day in self.week) * MINUTE

    def ever_opens(self) -> bool:
        """Whether there is any open time: no number of holidays and breaks closes weekly hours for good."""
        return any(self.week) or any(self._opens_on(day) for day in self.shifts)

    def _opens_on(self, day: date) -> bool:
        if not date(1, 1, 8) <= day <= date(9999, 12, 28):
            return False  # where nothing is laid out
        layout = Layout()
        self._lay_out(layout, day, day)
        return bool(layout.begins)

    def open_time(self, begin: int, end: int) -> int:
        """See Calendar."""
        if end <= begin:
            return 0
        layout = self._laid_out(begin, end)
        return _sum_before(layout, end) - _sum_before(layout, begin)

    def open_intervals(self, begin: int, end: int) -> Iterable[tuple[int, int]]:
        """See Calendar."""
        if end <= begin:
            return
        layout = self._laid_out(begin, end)
        for i in range(bisect_right(layout.ends, begin), len(layout.begins)):
            if layout.begins[i] >= end:
                return
            yield max(begin, layout.begins[i]), min(end, layout.ends[i])

    def reach(self, begin: int, amount: int, limit: int) -> int | None:
        """See Calendar."""
        if amount <= 0:
            return begin
        # Most questions are answered within weeks; each look further doubles the span, up to the limit.
        span = 31 * DAY
        while True:
            horizon = min(begin + span, limit)
            layout = self._laid_out(begin, horizon)
            goal = _sum_before(layout, begin) + amount
            if goal <= _sum_before(layout, horizon):
                i = bisect_left(layout.before, goal) - 1
                return layout.begins[i] + goal - layout.before[i]
            if horizon >= limit:
                return None
            span *= 4

    def closures(self, begin: int, end: int) -> Iterable[tuple[int, int, str]]:
        """See Calendar."""
        at = begin
        for opens, closes in (*self.open_intervals(begin, end), (end, end)):
            yield from self._reasons(at, opens)
            at = closes

    def _reasons(self, begin: int, end: int) -> Iterable[tuple[int, int, str]]:
        """A closed span, cut where the reason changes: at local midnights, and where a break begins or ends."""
        if end <= begin:
            return
        zone = ZoneInfo(self.timezone)
        first, last = (_reckonable(at).astimezone(zone).date() for at in (begin, end))
        days = [first + timedelta(days=n) for n in range(-1, (last - first).days + 1)]
        breaks = [span for day in days for span in _instants(day, self.breaks.get(day, ()), zone)]
        edges = {begin, end, *(_instant(day, 0, zone) for day in days), *(at for span in breaks for at in span)}
        cuts = sorted(at for at in edges if begin <= at <= end)
        since, reason = begin, ""
        for left in cuts[:-1]:
            in_break = any(stop <= left < resume for stop, resume in breaks)
            found = "break" if in_break else self._day_off(_reckonable(left).astimezone(zone).date())
            if reason and found != reason:
                yield since, left, reason
                since = left
            reason = found
        yield since, end, reason

    def _day_off(self, day: date) -> str:
        if day not in self.shifts:
            if day in self.holidays:
                return "holiday"
            for region in self.regions:
                if name := region_year(region, day.year).holidays.get(day):
                    return f"holiday: {name}"
        return "outside_hours"

    def _hours_of(self, day: date) -> Hours:
        """The hours that begin on a local day."""
        if day in self.shifts:
            return self.shifts[day]
        if day in self.holidays:
            return ()
        weekday = self.week[day.weekday()]
        for region in self.regions:
            public = region_year(region, day.year)
            if day in public.workdays:
                return weekday or next((hours for hours in self.week if hours), ())
        if any(day in region_year(region, day.year).holidays for region in self.regions):
            return ()
        return weekday

    def _laid_out(self, begin: int, end: int) -> Layout:
        """The layout, covering at least every local day that [begin, end] touches, and the day before."""
        first, last = _reckonable(begin - 2 * DAY).date(), _reckonable(end + 2 * DAY).date()
        layout = self._layout
        if layout.first is None or layout.last is None or first < layout.first or last > layout.last:
            # Lay out whole years around, so that neighbouring questions find it done.
            first, last = min(first, layout.first or first), max(last, layout.last or last)
            layout.first = first - timedelta(days=366) if first.year > 3 else first
            layout.last = last + timedelta(days=366) if last.year < 9997 else last
            self._lay_out(layout, layout.first, layout.last)
        return layout

    def _lay_out(self, layout: Layout, first: date, last: date) -> None:
        zone = ZoneInfo(self.timezone)
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        opened = _joined(span for day in days for span in _instants(day, self._hours_of(day), zone))
        # Those of other days change nothing here, and at the ends of the years they have no instants.
        near = (day for day in (first - timedelta(1), *days, last + timedelta(1)) if day in self.breaks)
        closed = _joined(span for day in near for span in _instants(day, self.breaks[day], zone))
        layout.begins, layout.ends, layout.before, total = [], [], [], 0
        for begin, end in _without(opened, closed):
            layout.begins.append(begin)
            layout.ends.append(end)
            layout.before.append(total)
            total += end - begin


@dataclass(frozen=True, slots=True)
class RegionYear:
    """A region's public holidays by date, and the days off that are worked instead."""

    holidays: Mapping[date, str]
    workdays: frozenset[date]


@cache
def _regions() -> Mapping[str, frozenset[str]]:
    """The countries whose public holidays are known, by ISO code, with their subdivisions."""
    from holidays import list_supported_countries  # noqa: PLC0415

    return {country: frozenset(parts) for country, parts in list_supported_countries().items()}


def is_region(region: str) -> bool:
    """Whether public holidays are known of a region such as `CN` or `US-NY`."""
    country, dash, subdivision = region.partition("-")
    known = _regions().get(country)
    return known is not None and (not dash or subdivision in known)


@cache
def region_year(region: str, year: int) -> RegionYear:
    """The public holidays of a region such as `CN` or `US-NY` in a year. Raises ValueError for an unknown region."""
    # Imported here: most calendars name no region, and a cold start should not pay for it.
    from holidays import country_holidays  # noqa: PLC0415

    if not is_region(region):
        raise ValueError(f"no region {region} is known")
    country, _, subdivision = region.partition("-")
    with warnings.catch_warnings():
        # Of some regions only some years are known: the others have no holidays.
        warnings.simplefilter("ignore", UserWarning)
        found = country_holidays(country, subdiv=subdivision or None, years=year)
    workdays = {day for day in found.weekend_workdays if day.year == year}
    return RegionYear({day: name for day, name in found.items() if day not in workdays}, frozenset(workdays))


def _sum_before(layout: Layout, instant: int) -> int:
    """The open time of the layout before an instant."""
    i = bisect_right(layout.begins, instant) - 1
    if i < 0:
        return 0
    return layout.before[i] + min(instant, layout.ends[i]) - layout.begins[i]


def _reckonable(instant: int) -> datetime:
    """The instant, or the first or last one whose local times lie in the years 1 to 9999 with some days to spare."""
    return to_datetime(min(max(instant, _FIRST), _LAST))


def _instants(day: date, hours: Hours, zone: ZoneInfo) -> Iterable[tuple[int, int]]:
    for begin, end in hours:
        span = _instant(day, begin, zone), _instant(day, end, zone)
        if span[0] < span[1]:  # hours that lie in the skipped hour are gone
            yield span


def _instant(day: date, minute: int, zone: ZoneInfo) -> int:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (the zone follows, once the minutes are added)
    # fold=0 is the first of two, and moves a skipped time forward by the gap: both as the contract wants it.
    return from_datetime((midnight + timedelta(minutes=minute)).replace(tzinfo=zone).astimezone(UTC))


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((begin, end))
    return joined


def _without(opened: list[tuple[int, int]], closed: list[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    i = 0
    for begin, end in opened:
        at = begin
        while i < len(closed) and closed[i][0] < end:
            stop, resume = closed[i]
            if at < stop:
                yield at, stop
            at = max(at, resume)
            if resume > end:
                break  # it may close the next ones, too
            i += 1
        if at < end:
            yield at, end
