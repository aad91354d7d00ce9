"""Questions a second to a business calendar: `python benchmarks/calendars.py`.

Beside it, where it is installed, the package businesstimedelta answers the same questions: how much of a span is open.
It is no dependency of the project: `pip install businesstimedelta pytz`.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import random
import time
from collections.abc import Callable

from replyclock.domain.calendars import BusinessCalendar
from replyclock.domain.instants import DAY, SECOND, parse_instant, to_datetime

BEGIN = parse_instant("2024-01-01T00:00:00Z")
OFFICE = BusinessCalendar("office", "America/New_York", (((540, 720), (780, 1020)),) * 5 + ((), ()))
HOUR = 3600 * SECOND


def rate(ask: Callable[[int, int], object], questions: list[tuple[int, int]]) -> float:
    """Questions answered a second."""
    begin = time.perf_counter()
    for one in questions:
        ask(*one)
    return len(questions) / (time.perf_counter() - begin)


def main() -> None:
    """Prints the figures."""
    chance = random.Random(1)  # noqa: S311 (the same questions in each run)
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for days in (1, 30, 730):
        spans = [
            (begin, begin + chance.randrange(days * DAY))
            for begin in (BEGIN + chance.randrange(365 * DAY) for _ in range(50_000))
        ]
        OFFICE.open_time(BEGIN, BEGIN + 1200 * DAY)  # laid out before the clock starts
        ours = rate(OFFICE.open_time, spans)
        reached = rate(lambda begin, end: OFFICE.reach(begin, (end - begin) // 5, begin + 3653 * DAY), spans)
        line = f"spans of up to {days} days: open_time {ours:,.0f} a second, reach {reached:,.0f} a second"
        theirs = other(spans[: 2000 // days + 20])
        print(line + (f"; businesstimedelta {theirs:,.0f}, 1 to {ours / theirs:,.0f}" if theirs else ""))


def other(spans: list[tuple[int, int]]) -> float | None:
    """The rate of businesstimedelta at the same questions, after making sure that it gives the same answers."""
    try:
        import businesstimedelta  # type: ignore[import-not-found]  # noqa: PLC0415
        import pytz  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError:
        print("businesstimedelta is not installed: measured without it")
        return None
    rules = businesstimedelta.Rules(
        [
            businesstimedelta.WorkDayRule(
                start_time=dt.time(begin),
                end_time=dt.time(end),
                working_days=[0, 1, 2, 3, 4],
                tz=pytz.timezone("America/New_York"),
            )
            for begin, end in ((9, 12), (13, 17))
        ]
    )

    def ask(begin: int, end: int) -> float:
        return float(rules.difference(to_datetime(begin), to_datetime(end)).timedelta.total_seconds())

    differing = sum(abs(ask(*span) - OFFICE.open_time(*span) / SECOND) > 1 for span in spans)
    if differing:
        print(f"businesstimedelta differs on {differing} of {len(spans)} spans")
    return rate(ask, spans)


if __name__ == "__main__":
    main()
