"""Instants and durations: whole microseconds, counted from 1970-01-01T00:00:00Z.

Integers compare, add and hash exactly and fast; text is made and read only at the edges.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import available_timezones

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (in UTC: its texts come without an offset)
_MICROSECOND = timedelta(microseconds=1)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ](\d\d):\d\d:\d\d(?:\.\d+)?(?:([Zz])|[+-](\d\d):(\d\d))?", re.ASCII)
EARLIEST = -62_135_596_800 * SECOND
"""0001-01-01T00:00:00Z, the first instant that can be written."""
LATEST = 253_402_300_800 * SECOND - 1
"""9999-12-31T23:59:59.999999Z, the last one."""


def parse_instant(text: str) -> int:
    """The instant that an RFC 3339 date-time with offset names, in microseconds; further digits are cut.

    Raises ValueError with a sentence that says what is wrong.
    """
    found = _RFC3339.fullmatch(text)
    if not found:
        raise ValueError("not an RFC 3339 date-time such as 2026-06-01T13:00:00Z")
    hour, zulu, hours, minutes = found.groups()
    if not zulu:
        if not hours:
            raise ValueError("has no offset: write Z or an offset such as +02:00")
        if hours > "23" or minutes > "59":
            raise ValueError("has an offset that is not a time of day")
    if hour > "23":  # later versions of Python take 24:00 for the next day
        raise ValueError("is no date and time: hour must be in 0..23")
    try:
        moment = datetime.fromisoformat(text if zulu == "Z" else text.upper())
    except ValueError as wrong:
        raise ValueError(f"is no date and time: {wrong}") from None
    instant = (moment - _EPOCH) // _MICROSECOND
    if not EARLIEST <= instant <= LATEST:
        raise ValueError("lies outside of the years 1 to 9999 in UTC")
    return instant


def from_datetime(moment: datetime) -> int:
    """The instant of an aware datetime. Raises ValueError when it is naive."""
    if moment.tzinfo is None:
        raise ValueError("has no time zone")
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(instant: int) -> datetime:
    """The same instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


@lru_cache(maxsize=64)  # a ticket tells the same few instants many times
def format_instant(instant: int) -> str:
    """RFC 3339 in UTC with Z; six digits of a fraction only where it is not zero."""
    return f"{(_NAIVE_EPOCH + timedelta(microseconds=instant)).isoformat()}Z"


@cache
def _time_zones() -> frozenset[str]:
    # Factory and what a system adds of its own (localtime, posixrules) are in the same place, and no zones of anybody.
    return frozenset(name for name in available_timezones() if name[0].isupper() and name != "Factory")


def is_time_zone(name: str) -> bool:
    """Whether the IANA time zone database has a time zone of that name, such as `Europe/Berlin`."""
    return name in _time_zones()


def sortable(instant: int) -> str:
    """A text of constant length in UTC, so that texts sort as their instants do: for index keys."""
    text = format_instant(instant)
    return text if "." in text else f"{text[:-1]}.000000Z"


def day_of(instant: int) -> int:
    """The day in UTC that an instant is in, as days since 1970-01-01."""
    return instant // DAY


def seconds(duration: int) -> int | float:
    """A duration in seconds: whole where it is whole, as the results print it."""
    whole, rest = divmod(duration, SECOND)
    return whole if rest == 0 else duration / SECOND
