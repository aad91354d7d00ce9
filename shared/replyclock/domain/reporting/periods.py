"""Days, weeks and months of a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import to_datetime
from replyclock.domain.report import Asked, read_bound

Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
MOST_POINTS = 2000
"""More than five years of days: nobody can read more off a chart."""


def starts(asked: Asked, every: str) -> Iterator[int]:
    """Where the span begins, and where days, weeks (Monday) or months of its zone begin within it. Raises InvalidInput,
    naming `every`, where these are more than MOST_POINTS.
    """
    yield asked.begin
    day = to_datetime(asked.begin).astimezone(ZoneInfo(asked.zone)).date()
    day -= timedelta(days={"day": 0, "week": day.weekday(), "month": day.day - 1}[every])
    for _ in range(MOST_POINTS):
        if every == "month":
            day = (day + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if every == "week" else 1)
        begin = read_bound("to", day.isoformat(), asked.zone)
        if begin >= asked.end:
            return
        if begin > asked.begin:
            yield begin
    raise InvalidInput([Fault("every", f"the span has more than {MOST_POINTS} of these")])
