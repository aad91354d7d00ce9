from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.calendars import ALWAYS, BusinessCalendar, is_region, region_year
from replyclock.domain.instants import DAY, EARLIEST, LATEST, SECOND, format_instant, from_datetime, parse_instant

HOUR, MINUTE = 3600 * SECOND, 60 * SECOND
OFFICE = ((540, 1020),)
NEW_YORK = BusinessCalendar("ny", "America/New_York", (OFFICE,) * 5 + ((), ()))


def week(**days: tuple[tuple[int, int], ...]) -> tuple[tuple[tuple[int, int], ...], ...]:
    return tuple(days.get(day, ()) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


def reached(calendar: BusinessCalendar, begin: str, amount: int) -> str | None:
    start = parse_instant(begin)
    at = calendar.reach(start, amount, start + 3653 * DAY)
    return None if at is None else format_instant(at)


def hours(calendar: BusinessCalendar, begin: str, end: str) -> float:
    return calendar.open_time(parse_instant(begin), parse_instant(end)) / HOUR


def test_an_hour_from_half_past_four_on_friday_ends_on_monday() -> None:
    assert reached(NEW_YORK, "2026-06-05T16:30:00-04:00", HOUR) == "2026-06-08T13:30:00Z"


def test_an_amount_that_ends_at_closing_time_is_reached_then() -> None:
    assert reached(NEW_YORK, "2026-06-05T16:00:00-04:00", HOUR) == "2026-06-05T21:00:00Z"
    assert reached(NEW_YORK, "2026-06-05T16:00:00-04:00", HOUR + 1) == "2026-06-08T13:00:00.000001Z"


def test_the_spring_sunday_is_an_hour_short_and_the_autumn_one_an_hour_long() -> None:
    night = BusinessCalendar("n", "America/New_York", week(sun=((0, 360),)))
    assert hours(night, "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00") == 5
    assert hours(night, "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00") == 7


def test_a_skipped_time_moves_forward_and_of_a_double_one_the_first_counts() -> None:
    skipped = BusinessCalendar("s", "America/New_York", week(sun=((150, 240),)))  # 02:30-04:00
    assert list(skipped.open_intervals(*_day("2026-03-08"))) == [
        (parse_instant("2026-03-08T07:30:00Z"), parse_instant("2026-03-08T08:00:00Z"))
    ]
    double = BusinessCalendar("d", "America/New_York", week(sun=((0, 90),)))  # 00:00-01:30
    assert hours(double, "2026-11-01T00:00:00-04:00", "2026-11-01T06:00:00-05:00") == 1.5


def test_a_holiday_closes_the_night_that_begins_on_it() -> None:
    nights = BusinessCalendar("n", "UTC", (((1320, 1800),),) * 7, frozenset({date(2026, 12, 25)}))
    assert hours(nights, "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z") == 6
    assert hours(nights, "2026-12-26T00:00:00Z", "2026-12-27T00:00:00Z") == 2


def test_breaks_close_and_shifts_open_even_on_a_holiday() -> None:
    calendar = BusinessCalendar(
        "c",
        "UTC",
        (OFFICE,) * 7,
        frozenset({date(2026, 6, 2)}),
        breaks={date(2026, 6, 1): ((600, 660), (630, 720))},
        shifts={date(2026, 6, 2): ((600, 720),)},
    )
    assert hours(calendar, "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z") == 6
    assert hours(calendar, "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z") == 2
    reasons = [reason for _, _, reason in calendar.closures(*_day("2026-06-01"))]
    assert reasons == ["outside_hours", "break", "outside_hours"]


def test_a_region_closes_on_its_holidays_and_works_its_moved_days() -> None:
    china = BusinessCalendar("cn", "Asia/Shanghai", (OFFICE,) * 5 + ((), ()), regions=("CN",))
    # The Spring Festival of 2026, and the Saturday of 14 February worked for it.
    assert hours(china, "2026-02-14T00:00:00+08:00", "2026-02-15T00:00:00+08:00") == 8
    assert hours(china, "2026-02-17T00:00:00+08:00", "2026-02-18T00:00:00+08:00") == 0
    (only,) = china.closures(parse_instant("2026-02-17T09:00:00+08:00"), parse_instant("2026-02-17T17:00:00+08:00"))
    assert only[2].startswith("holiday: ")


def test_the_longest_weekly_day_is_a_business_day() -> None:
    assert BusinessCalendar("c", "UTC", week(mon=((540, 1020),), fri=((540, 720),))).business_day == 8 * HOUR
    assert ALWAYS.business_day == 24 * HOUR


def test_what_is_not_reached_within_the_limit_is_not_reached() -> None:
    monthly = BusinessCalendar("m", "UTC", ((),) * 7, shifts={date(2026, 6, 1): ((540, 600),)})
    assert reached(monthly, "2026-06-01T00:00:00Z", HOUR) == "2026-06-01T10:00:00Z"
    assert reached(monthly, "2026-06-01T00:00:00Z", HOUR + 1) is None


def test_a_question_far_away_is_answered_alike() -> None:
    """The layout grows on demand: asking elsewhere first changes no answer."""
    fresh = BusinessCalendar("ny", "America/New_York", NEW_YORK.week)
    hours(fresh, "2001-01-01T00:00:00Z", "2001-02-01T00:00:00Z")
    hours(fresh, "2040-01-01T00:00:00Z", "2040-02-01T00:00:00Z")
    assert reached(fresh, "2026-06-05T16:30:00-04:00", HOUR) == "2026-06-08T13:30:00Z"


def _day(day: str) -> tuple[int, int]:
    start = parse_instant(f"{day}T00:00:00Z")
    return start, start + DAY


spans = st.tuples(st.integers(0, 47), st.integers(1, 40)).map(
    lambda pair: (pair[0] * 30, min(pair[0] * 30 + pair[1] * 30, 2820))
)
days = st.lists(spans, max_size=3).map(lambda day: tuple(sorted(day)))
zones = st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"])


@given(
    st.lists(days, min_size=7, max_size=7),
    zones,
    st.dictionaries(st.integers(-4, 8), days, max_size=2),
    st.sampled_from(["2026-03-06", "2026-10-30", "2026-04-03"]),
    st.integers(0, 3 * 86400),
    st.integers(0, 3 * 86400),
)
def test_open_time_is_what_counting_the_minutes_gives(
    weekly: list[tuple[tuple[int, int], ...]],
    zone: str,
    breaks: dict[int, tuple[tuple[int, int], ...]],
    first: str,
    begin: int,
    length: int,
) -> None:
    """Each minute of four days is open when it lies in hours and in no break, both as instants."""
    start = datetime.fromisoformat(first)
    by_date = {(start + timedelta(days=n)).date(): spans for n, spans in breaks.items()}
    calendar = BusinessCalendar("c", zone, tuple(weekly), breaks=by_date)
    origin = from_datetime(start.replace(tzinfo=UTC))
    opened: set[int] = set()
    closed: set[int] = set()
    for n in range(-3, 9):
        day = start + timedelta(days=n)
        opened |= _minutes(day, weekly[day.weekday()], zone)
        closed |= _minutes(day, by_date.get(day.date(), ()), zone)
    since, until = origin + begin * SECOND, origin + (begin + length) * SECOND
    counted = sum(max(0, min(at + MINUTE, until) - max(at, since)) for at in opened - closed)
    assert calendar.open_time(since, until) == counted
    assert calendar.open_time(since, until) == sum(b - a for a, b in calendar.open_intervals(since, until))
    if counted:
        at = calendar.reach(since, counted, until)
        assert at is not None
        assert calendar.open_time(since, at) == counted
        assert calendar.open_time(since, at - 1) == counted - 1


def _minutes(day: datetime, hours_of_day: tuple[tuple[int, int], ...], zone: str) -> set[int]:
    found: set[int] = set()
    for begin, end in hours_of_day:
        edges = [(day + timedelta(minutes=at)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for at in (begin, end)]
        found.update(range(from_datetime(edges[0]), from_datetime(edges[1]), MINUTE))
    return found


@pytest.mark.parametrize("calendar", [ALWAYS, NEW_YORK])
def test_an_empty_or_reversed_span_has_no_open_time(calendar: BusinessCalendar) -> None:
    noon = parse_instant("2026-06-01T16:00:00Z")
    assert calendar.open_time(noon, noon) == calendar.open_time(noon, noon - HOUR) == 0
    assert list(calendar.open_intervals(noon, noon)) == []


def test_business_time_is_additive() -> None:
    edges = [parse_instant(f"2026-03-{day:02}T{day % 24:02}:17:00Z") for day in range(1, 29)]
    parts = sum(NEW_YORK.open_time(begin, end) for begin, end in itertools.pairwise(edges))
    assert parts == NEW_YORK.open_time(edges[0], edges[-1])


def test_regions_are_those_that_are_listed() -> None:
    for region in ("CN", "US-NY", "DEU", "DE-BY"):
        assert is_region(region)
        assert region_year(region, 2026).holidays
    for region in ("__class__", "HolidayBase", "UnitedStates", "US-", "US-QQ", "", "-NY", "registry"):
        assert not is_region(region)
        with pytest.raises(ValueError, match="no region"):
            region_year(region, 2026)


def test_a_region_of_which_a_year_is_not_known_has_no_holidays_then(recwarn: pytest.WarningsRecorder) -> None:
    assert not region_year("IR", 2150).holidays
    assert len(recwarn) == 0


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "UTC"])
def test_days_at_the_ends_of_the_years_close_and_open_nothing(zone: str) -> None:
    ends = {date(1, 1, 1): ((0, 1440),), date(9999, 12, 31): ((0, 2880),)}
    week_days = (OFFICE,) * 5 + ((), ())
    for begin in (EARLIEST, parse_instant("2026-06-01T00:00:00Z"), LATEST - 40 * DAY):
        # New ones each time: a calendar lays out all years between the instants that it was asked about.
        plain = BusinessCalendar("c", zone, week_days)
        odd = BusinessCalendar("c", zone, week_days, breaks=ends, shifts=ends)
        assert odd.open_time(begin, begin + 30 * DAY) == plain.open_time(begin, begin + 30 * DAY)
        assert list(odd.closures(begin, begin + 9 * DAY)) == list(plain.closures(begin, begin + 9 * DAY))
    assert not BusinessCalendar("c", zone, ((),) * 7, shifts=ends).ever_opens()


def test_a_break_over_midnight_closes_the_next_morning_too() -> None:
    calendar = BusinessCalendar(
        "c",
        "UTC",
        (((0, 60), (120, 1440)),) * 7,
        breaks={date(2026, 6, 1): ((1380, 1440 + 30), (1440 + 150, 1440 + 180))},
    )
    assert hours(calendar, "2026-06-01T22:00:00Z", "2026-06-02T04:00:00Z") == 1 + 0.5 + 1.5


def test_thousands_of_breaks_do_not_multiply_the_work() -> None:
    breaks = {date(2000, 1, 1) + timedelta(days=n): ((600, 660),) for n in range(20_000)}
    calendar = BusinessCalendar("c", "UTC", (OFFICE,) * 7, breaks=breaks)
    begin = time.process_time()
    assert hours(calendar, "2000-01-01T00:00:00Z", "2050-01-01T00:00:00Z") == 18_263 * 7
    assert time.process_time() - begin < 5
