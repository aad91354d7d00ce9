"""The figures of days: built from the logs, and equal to what is reckoned from the logs anew."""

from __future__ import annotations

import random
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, SECOND, day_of, format_instant
from replyclock.domain.report import Asked, summary
from replyclock.service.compile import SETTLED, UNSETTLED
from replyclock.service.ports import NOTED_ANEW
from replyclock.service.reports import REPORTS
from tests.adapters.samples import NINE, created, event, note, reply, solved

from .house import House

HOUR = 3600 * SECOND
TODAY = day_of(NINE)
FOREVER = NINE + 1000 * DAY
SPAN = {"from": "2026-05-20", "to": "2026-06-10"}


def key(number: int) -> TicketKey:
    return ("default", "desk", str(number))


def some_days(house: House, count: int = 14) -> list[AnyEvent]:
    """Tickets of two weeks, some answered, some solved, some open; measured."""
    chance = random.Random(3)
    told: list[AnyEvent] = []
    for number in range(count):
        at = NINE - chance.randrange(14 * DAY)
        channel = chance.choice(["chat", "phone", "email"])
        told.append(created(key(number), at, channel=channel, service_type=chance.choice(["urgent", "general"])))
        if chance.random() < 0.8:
            told.append(reply(key(number), at + chance.randrange(2 * HOUR)))
            if chance.random() < 0.7:
                told.append(solved(key(number), at + 3 * HOUR + chance.randrange(DAY)))
    house.told(*told)
    for number in range(count):
        house.refresh(key(number))
    return told


def from_the_logs(house: House, at: int) -> list[TicketFigures]:
    found = []
    for item in house.store.items():
        if item["sk"]["S"] == "STATE":
            _, tenant, source, ticket = item["pk"]["S"].split("#", 3)
            events = (stored.event for stored in house.tickets.read((tenant, source, ticket)).events)
            figures = ticket_figures(events, house.policy(), at)
            found += [figures] if figures else []
    return found


def recomputed(house: House, at: int, cohort: Any, by: str = "channel") -> dict[str, Any]:
    asked = Asked(NINE // DAY * DAY - 12 * DAY, NINE // DAY * DAY + 9 * DAY, "UTC", (by,), cohort, at)
    return summary(from_the_logs(house, at), asked)


def read(house: House, report: str, options: dict[str, str]) -> dict[str, Any]:
    found = house.reports(report, options)
    assert found is not None
    return found


@pytest.mark.parametrize("cohort", ["creation", "event"])
def test_a_report_equals_a_recomputation_from_the_log(house: House, cohort: str) -> None:
    some_days(house)
    house.compile(FOREVER)
    shown = read(house, "summary", {**SPAN, "by": "channel", "cohort": cohort})
    assert shown == recomputed(house, NINE, cohort)
    assert shown["total"]["tickets"]["created"] > 8


def test_built_once_more_nothing_changes(house: House) -> None:
    some_days(house, 10)
    house.compile(FOREVER)
    before = house.store.items()
    for number in range(10):
        house.refresh(key(number))  # the stream may repeat itself
    house.compile(FOREVER)
    assert house.store.items() == before


def test_what_happens_later_has_the_day_built_again(house: House) -> None:
    some_days(house)
    house.compile(FOREVER)
    house.now.at += HOUR
    late = created(key(0), NINE - 20 * DAY, id_="earlier", channel="chat")
    house.told(late, event("rated", "rating.given", NINE - DAY, key(3), rating=2), reply(key(5), NINE + HOUR, "late"))
    for number in (0, 3, 5):
        house.refresh(key(number))
    house.compile(FOREVER)
    shown = read(house, "summary", {**SPAN, "by": "channel"})
    assert shown["total"]["satisfaction"]["ratings"] == 1
    # What nothing happened to was settled, or is as it was an hour ago.
    settled = recomputed(house, house.now(), "creation")
    assert shown["total"]["tickets"] == settled["total"]["tickets"]
    assert sum(one.tickets for one in house.days.headers()) == 14, "a ticket is in one day, wherever it moved"


def test_a_note_goes_only_once_nobody_relies_on_it(house: House) -> None:
    house.told(created(), reply(), solved())
    house.refresh(("default", "desk", "1"))
    house.compile(FOREVER)
    assert set(house.days.touched()) == {TODAY}
    house.now.at += SETTLED
    house.compile(FOREVER)
    assert house.days.touched() == {}
    assert SETTLED > 2 * NOTED_ANEW


def test_a_note_that_was_made_anew_stays(house: House) -> None:
    house.days.touch(TODAY, NINE)
    house.days.touch(TODAY, NINE + SECOND)
    house.days.clear(TODAY, NINE)
    assert house.days.touched() == {TODAY: NINE + SECOND}


def test_time_alone_has_open_days_built_again(house: House) -> None:
    house.told(created(key(1), NINE, service_type="urgent"))
    house.refresh(key(1))
    house.compile(FOREVER)
    house.now.at += SETTLED
    house.compile(FOREVER)
    assert house.compile(FOREVER) == 0
    before = read(house, "summary", SPAN)["total"]["clocks"]["first_response"]
    house.now.at += UNSETTLED
    assert house.compile(FOREVER) == 1
    after = read(house, "summary", SPAN)
    assert (before["overdue"], after["total"]["clocks"]["first_response"]["overdue"]) == (0, 1)
    assert after["at"] == format_instant(house.now())


def test_what_does_not_fit_into_the_time_is_built_the_next_time(house: House) -> None:
    some_days(house)
    assert house.compile(house.now()) == 0
    assert house.compile(FOREVER) > 5


def test_a_note_changes_no_figure_and_yet_costs_no_more_than_a_build(house: House) -> None:
    house.told(created(), reply(), note())
    house.refresh(("default", "desk", "1"))
    assert house.compile(FOREVER) == 1


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_answers_with_and_without_tickets(house: House, report: str) -> None:
    empty = read(house, report, {})
    some_days(house)
    house.compile(FOREVER)
    filled = read(house, report, SPAN)
    assert empty.keys() == filled.keys()
    assert empty["to"] == "2026-06-02T00:00:00Z"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("from", "yesterday"),
        ("to", "2026-13-01"),
        ("zone", "Mars/Phobos"),
        ("cohort", "all"),
        ("by", "channel,channel"),
        ("handling_seconds", "long"),
        ("share", "2"),
    ],
)
def test_what_is_wrong_is_named(house: House, option: str, value: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        house.reports("staffing", {option: value})
    assert option in str(wrong.value)


def test_a_report_may_be_of_one_tenant(house: House) -> None:
    some_days(house, 5)
    other = ("acme", "desk", "1")
    house.told(created(other))
    house.refresh(other)
    house.compile(FOREVER)
    both, ours, theirs = (
        read(house, "summary", {**SPAN, **asked})["total"]["tickets"]["created"]
        for asked in ({}, {"tenant": "default"}, {"tenant": "acme"})
    )
    assert (both, theirs) == (ours + 1, 1)


def test_there_is_no_other_report(house: House) -> None:
    assert house.reports("everything", {}) is None


@pytest.mark.parametrize(("lang", "word"), [("en", "First response"), ("zh", "首次响应")])
@pytest.mark.parametrize("form", ["html", "md"])
def test_the_document_is_written_from_the_policy_and_the_days(house: House, lang: str, word: str, form: str) -> None:
    empty = house.reports.document({"lang": lang, "format": form})
    some_days(house)
    house.compile(FOREVER)
    filled = house.reports.document({"lang": lang, "format": form, "to": "2026-06-02"})
    assert empty is not None
    assert filled is not None
    assert empty[1] == filled[1] == form
    assert word in empty[0]
    assert len(filled[0]) > len(empty[0])


def test_a_language_that_there_is_not_is_refused(house: House) -> None:
    with pytest.raises(InvalidInput, match="lang"):
        house.reports.document({"lang": "fr"})
