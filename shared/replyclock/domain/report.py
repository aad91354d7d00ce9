"""What a report is about: a span, a time zone, dimensions and a cohort."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from .errors import Fault, InvalidInput
from .instants import DAY, EARLIEST, LATEST, from_datetime, is_time_zone, parse_instant

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
