"""Local time as offsets from UTC, computed from the time zone database of Python.

An engine's own database of zones may be another version, and accept names that are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from replyclock.domain.events import INSTANT_MAX
from replyclock.domain.instants import DAY, SECOND, to_datetime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Offset:
    """The offset from UTC from an instant on, both in microseconds."""

    since: int
    offset: int


@lru_cache(maxsize=256)
def offsets(zone: str, begin: int, end: int) -> tuple[Offset, ...]:
    """The offsets of an IANA time zone in [begin, end], ascending: the first holds at `begin`. Two changes within less
    than a day that undo each other are not seen. Before 1970 and from 2200 on, where events are refused, the nearest
    offset within is taken.
    """
    begin, end = (min(max(instant, 0), INSTANT_MAX) for instant in (begin, end))
    return tuple(_offsets(ZoneInfo(zone), begin, end))


def _offsets(zone: ZoneInfo, begin: int, end: int) -> Iterator[Offset]:
    since, current = begin, _offset(zone, begin)
    yield Offset(since, current)
    while since < end:
        until = min(since + DAY, end)
        if (then := _offset(zone, until)) != current:
            low, high = since, until
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle) == current else (low, middle)
            current = _offset(zone, high)
            yield Offset(high, current)
            # What is not the offset at the end of the day is looked at once more from the change on.
            until = high if current != then else until
        since = until


def _offset(zone: ZoneInfo, instant: int) -> int:
    found = to_datetime(instant).astimezone(zone).utcoffset()
    assert found is not None
    return round(found.total_seconds() * SECOND)
