"""The weeks with which zendesk/biz, the business time of Zendesk's own helpdesk, tests itself.

The figures are those of its spec/calculation/duration_within_spec.rb, spec/calculation/for_duration_spec.rb and
spec/schedule_spec.rb; the hours those of spec/support/time.rb.
"""

from __future__ import annotations

from datetime import date

from replyclock.domain.calendars import BusinessCalendar
from replyclock.domain.instants import DAY, SECOND, format_instant, parse_instant

HOUR = 3600 * SECOND
LONG, SHORT, SATURDAY = ((540, 1020),), ((600, 960),), ((660, 870),)
WEEK = (LONG, SHORT, LONG, SHORT, LONG, SATURDAY, ())
BIZ = BusinessCalendar("biz", "Etc/UTC", WEEK)
WITH_DAYS_OFF = BusinessCalendar(
    "biz",
    "Etc/UTC",
    WEEK,
    holidays=frozenset({date(2006, 1, 1), date(2006, 12, 25)}),
    breaks={date(2006, 1, 2): ((600, 690),), date(2006, 1, 3): ((855, 870), (940, 950))},
)


def hours(calendar: BusinessCalendar, begin: str, end: str) -> float:
    return calendar.open_time(parse_instant(begin), parse_instant(end)) / HOUR


def test_its_week_has_thirty_nine_and_a_half_hours() -> None:
    assert hours(BIZ, "2006-01-01T00:00:00Z", "2006-01-08T00:00:00Z") == 39.5


def test_nothing_elapses_backwards_or_at_once() -> None:
    assert hours(BIZ, "2006-01-08T00:00:00Z", "2006-01-01T00:00:00Z") == 0
    assert hours(BIZ, "2006-01-01T00:00:00Z", "2006-01-01T00:00:00Z") == 0


def test_nineteen_hours_from_monday_at_eleven_end_on_wednesday_at_four() -> None:
    begin = parse_instant("2006-01-02T11:00:00Z")
    reached = BIZ.reach(begin, 19 * HOUR, begin + 7 * DAY)
    assert reached is not None
    assert format_instant(reached) == "2006-01-04T16:00:00Z"


def test_from_noon_to_noon_are_seven_hours() -> None:
    assert hours(WITH_DAYS_OFF, "2006-01-05T12:00:00Z", "2006-01-06T12:00:00Z") == 7


def test_half_an_hour_from_nine_on_monday() -> None:
    begin = parse_instant("2006-01-02T09:00:00Z")
    reached = WITH_DAYS_OFF.reach(begin, HOUR // 2, begin + DAY)
    assert reached is not None
    assert format_instant(reached) == "2006-01-02T09:30:00Z"


def test_breaks_of_the_second_and_third_of_january_take_their_time_out_of_the_week() -> None:
    # Not a figure of biz: its week less the breaks that its schedule names, 1 h 30 min and 25 min.
    assert hours(WITH_DAYS_OFF, "2006-01-01T00:00:00Z", "2006-01-08T00:00:00Z") == 39.5 - 1.5 - 25 / 60
