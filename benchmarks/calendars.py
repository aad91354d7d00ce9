"""Questions a second that a business calendar answers, beside businesstimedelta from PyPI where that is installed:

    .venv/bin/python -m benchmarks.calendars      (`make bench` runs it too)

The calendar: Monday to Friday, nine to five in New York, without the public holidays of the United States. The
questions: how much of a span is open, and when a given amount of open time has passed, over spans of a day to two years
that begin at random instants of 2026. Where both answer, the answers are compared.
"""

from __future__ import annotations

import platform
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from importlib import import_module
from typing import Any

from holidays import country_holidays

from replyclock.domain.calendars import BusinessCalendar
from replyclock.domain.instants import DAY, SECOND, from_datetime, to_datetime

HOUR = 3600 * SECOND
SPANS = (("a day", 1, 2), ("a week", 7, 30), ("a quarter", 91, 400), ("two years", 730, 3000))
"""Name, days of the span, and hours of open time whose end is asked for."""
SECONDS_A_FIGURE = 1.0

Question = Callable[[datetime], Any]


def questions_a_second(question: Question, begins: Sequence[datetime]) -> float:
    """How often a second the question is answered, asked of one beginning after the other."""
    question(begins[0])  # what is laid out once is not part of the question
    asked, begin = 0, time.perf_counter()
    while (spent := time.perf_counter() - begin) < SECONDS_A_FIGURE:
        for at in begins[:20]:
            question(at)
        asked += 20
        begins = [*begins[20:], *begins[:20]]
    return asked / spent


def ours(days: int, hours: int) -> tuple[Question, Question]:
    """The questions to BusinessCalendar: open time of a span in seconds, and the instant at which hours have passed."""
    office = ((9 * 60, 17 * 60),)
    calendar = BusinessCalendar("office", "America/New_York", (office,) * 5 + ((), ()), regions=("US",))

    def open_time(begin: datetime) -> float:
        start = from_datetime(begin)
        return calendar.open_time(start, start + days * DAY) / SECOND

    def reach(begin: datetime) -> datetime:
        start = from_datetime(begin)
        reached = calendar.reach(start, hours * HOUR, start + 3653 * DAY)
        assert reached is not None
        return to_datetime(reached)

    return open_time, reach


def theirs(days: int, hours: int) -> tuple[Question, Question] | None:
    """The same questions to businesstimedelta; None where it is not installed."""
    try:
        # No dependency of the project; pytz comes with it.
        businesstimedelta, pytz = import_module("businesstimedelta"), import_module("pytz")
    except ImportError:
        return None
    new_york = pytz.timezone("America/New_York")
    office = businesstimedelta.WorkDayRule(
        start_time=time_of_day(9), end_time=time_of_day(17), working_days=[0, 1, 2, 3, 4], tz=new_york
    )
    public = businesstimedelta.HolidayRule(country_holidays("US", years=range(2024, 2040)), tz=new_york)
    rules = businesstimedelta.Rules([office, public])

    def open_time(begin: datetime) -> float:
        found = rules.difference(begin, begin + timedelta(days=days))
        return float(found.hours * 3600 + found.seconds)

    def reach(begin: datetime) -> datetime:
        reached: datetime = begin + businesstimedelta.BusinessTimeDelta(rules, hours=hours)
        return reached

    return open_time, reach


def main() -> None:
    """Prints a line for each span and question."""
    chance = random.Random(1)  # noqa: S311 (the same beginnings each time)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    begins = [first + timedelta(seconds=chance.randrange(365 * 86_400)) for _ in range(400)]
    print(f"{platform.machine()}, {platform.system()}, {platform.python_implementation()} {platform.python_version()}")
    for name, days, hours in SPANS:
        mine, other = ours(days, hours), theirs(days, hours)
        for i, what in enumerate((f"open time of {name}", f"when {hours} open hours are over")):
            line = f"{what:35}: {questions_a_second(mine[i], begins):>9,.0f}/s"
            if other is None:
                line += ", businesstimedelta is not installed"
            else:
                agreed = sum(mine[i](at) == other[i](at) for at in begins[:40])
                line += f", businesstimedelta {questions_a_second(other[i], begins):>7,.0f}/s"
                line += f", {agreed} of 40 answers agree"
            print(line, flush=True)


if __name__ == "__main__":
    main()
