"""The figures of days: built from the logs, and equal to what is reckoned from the logs anew."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from replyclock.adapters.dynamodb import shard_of, ticket_pk
from replyclock.domain import report
from replyclock.domain.columns import PARTS, Pack
from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, EARLIEST, SECOND, day_of, format_instant, parse_instant
from replyclock.domain.report import Asked, read_bound
from replyclock.domain.sums import sums
from replyclock.service.compile import LEAST_AGEING, REST, SPARE, Compiled
from replyclock.service.ports import Missing, TicketRecord
from replyclock.service.reports import REPORTS
from tests.adapters.samples import NINE, created, event, note, reply, solved
from tests.evaluation.on_tickets import summary

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


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_days_that_no_bound_cuts_are_read_as_sums(house: House, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    some_days(house)
    house.compile(FOREVER)
    house.now.at += DAY
    house.told(reply(key(1), house.now(), "late"))
    house.refresh(key(1))
    house.compile(FOREVER)
    unpacked: list[int] = []
    packs = house.days.read

    def reading(days: Iterable[int], parts: Collection[str], missing: Missing | None = None) -> Iterator[Pack]:
        unpacked.extend(days)
        return packs(days, parts, missing)

    monkeypatch.setattr(house.days, "read", reading)
    shown = read(house, "summary", {"from": "2026-05-27", "to": "2026-06-02", "zone": zone})
    # Midnights of Kolkata come within days (UTC).
    assert unpacked == ([] if zone == "UTC" else [TODAY - 12, TODAY - 6, TODAY])
    begin, end = (read_bound("from", text, zone) for text in ("2026-05-27", "2026-06-02"))
    told = packs(sorted({one.place[0] for one in house.days.headers()}), PARTS)
    about = Asked(begin, end, zone, (), "creation", parse_instant(shown["at"]))
    assert shown == report.summary(told, about)
    assert min(shown[span]["tickets"]["created"] for span in ("total", "before")) > 1


def test_built_once_more_nothing_changes(house: House) -> None:
    house.now.at += DAY
    for number in range(10):
        house.told(created(key(number)), reply(key(number)), solved(key(number)))
        house.refresh(key(number))
    house.compile(FOREVER)
    before, packs = house.days.headers(), [*house.days.read([TODAY], PARTS)]
    house.now.at += 60 * SECOND
    for number in range(10):
        house.refresh(key(number))  # the stream may repeat itself
    assert house.compile(FOREVER).built == len(before) > 1
    assert house.days.headers() == [replace(one, at=house.now()) for one in before]
    assert [*house.days.read([TODAY], PARTS)] == packs
    assert [*house.days.sums([TODAY])] == [sums(one) for one in packs]


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


def test_a_note_goes_once_it_is_built_unless_it_was_made_anew(house: House) -> None:
    house.told(created(), reply(), solved())
    house.refresh(("default", "desk", "1"))
    ((place, (noted,)),) = house.days.noted().items()
    assert (place[0], noted.noted_at) == (TODAY, NINE)
    house.now.at += SECOND
    house.days.touch(noted.key, TODAY, house.now())
    house.days.clear(place, [noted])
    assert [one.noted_at for one in house.days.noted()[place]] == [NINE + SECOND]
    assert house.compile(FOREVER) == Compiled(1, NINE + SECOND)
    assert house.days.noted() == {}


def test_only_the_logs_of_what_changed_or_is_open_are_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [key(number) for number in range(40)]
    house.now.at += DAY
    for name in names:
        house.told(created(name), reply(name), *([] if name == names[7] else [solved(name)]))
        house.refresh(name)
    house.compile(FOREVER)
    house.now.at += 60 * SECOND
    house.told(event("rated", "rating.given", NINE + DAY, names[3], rating=2))
    house.refresh(names[3])
    places = {shard_of(ticket_pk(name)): name for name in (names[3], names[7])}
    read: list[TicketKey] = []
    tickets = house.tickets.read

    def reading(name: TicketKey) -> TicketRecord:
        read.append(name)
        return tickets(name)

    monkeypatch.setattr(house.tickets, "read", reading)
    assert house.compile(FOREVER).built == 1
    assert set(read) == ({names[3], names[7]} if len(places) == 1 else {names[3]})
    monkeypatch.undo()
    assert read_summary(house)["total"]["satisfaction"]["ratings"] == 1


def read_summary(house: House) -> dict[str, Any]:
    return read(house, "summary", SPAN)


def test_a_large_part_rests_after_each_building_and_what_waits_longest_comes_first(house: House) -> None:
    name, later = key(1), key(2)
    house.told(created(name), *(created(key(number)) for number in range(10, 90)))
    for number in (1, *range(10, 90)):
        house.refresh(key(number))
    house.compile(FOREVER)
    (place,) = [one for one in house.days.headers() if one.place[1] == shard_of(ticket_pk(name))]
    assert place.tickets > 2
    house.now.at += REST
    house.told(reply(name, house.now()))
    house.refresh(name)
    told_at = house.now()
    assert house.compile(FOREVER) == Compiled(0, told_at)
    house.told(created(later, NINE - 3 * DAY))
    house.now.at += SECOND
    house.refresh(later)
    # The other day is new and need not rest, and yet the part that waits longer is not forgotten.
    assert house.compile(FOREVER) == Compiled(1, told_at)
    house.now.at = NINE + REST * place.tickets
    assert house.compile(FOREVER).built == 1
    assert house.days.noted() == {}


def test_two_do_not_build_at_once(house: House) -> None:
    house.told(created())
    house.refresh(("default", "desk", "1"))
    assert house.days.hold(NINE, NINE + SPARE)
    house.now.at += SPARE - 1
    assert house.compile(FOREVER) == Compiled(0, 0)
    # Whoever was stopped while building holds it no longer than that.
    house.now.at += 1
    assert house.compile(FOREVER).built == 1


def test_time_alone_has_open_days_built_again(house: House) -> None:
    house.told(created(key(1), NINE, service_type="urgent"))
    house.refresh(key(1))
    house.compile(FOREVER)
    assert house.compile(FOREVER).built == 0
    before = read(house, "summary", SPAN)["total"]["clocks"]["first_response"]
    house.now.at += LEAST_AGEING
    assert house.compile(FOREVER).built == 1
    after = read(house, "summary", SPAN)
    assert (before["overdue"], after["total"]["clocks"]["first_response"]["overdue"]) == (0, 1)
    assert after["at"] == format_instant(house.now())


def test_what_does_not_fit_into_the_time_is_built_the_next_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told = some_days(house, 30)
    assert told
    for name in range(30, 40):
        house.told(created(key(name)))
        house.refresh(key(name))
    assert house.compile(house.now()) == Compiled(0, NINE)
    # The clock moves on with each ticket that is read, so that a tick reads two of them, be they of one part or not.
    built, ticks, tickets = house.compile, 0, house.tickets.read

    def slow(name: TicketKey) -> TicketRecord:
        house.now.at += SECOND
        return tickets(name)

    compiled = Compiled(0, 0)
    monkeypatch.setattr(house.tickets, "read", slow)
    while compiled.known_until <= NINE:
        compiled, ticks = built(house.now() + 2 * SECOND), ticks + 1
    monkeypatch.undo()
    assert 15 < ticks < 45
    assert read(house, "summary", {**SPAN, "by": "channel"})["total"]["tickets"]["created"] > 15
    assert sum(one.tickets for one in house.days.headers()) == 40


def test_a_note_changes_no_figure_and_yet_costs_no_more_than_a_build(house: House) -> None:
    house.told(created(), reply(), note())
    house.refresh(("default", "desk", "1"))
    assert house.compile(FOREVER).built == 1


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
@pytest.mark.parametrize("form", ["html", "md", "json"])
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


def test_tickets_of_strange_days_break_no_report(house: House) -> None:
    """As stored before bounds were checked: .NET's MinValue, and years that need more digits."""
    some_days(house, 5)
    house.compile(FOREVER)
    before = read(house, "summary", SPAN)["total"]["tickets"]["created"]
    years = ["0001-01-01", "0001-01-02", "1969-12-31", "4800-01-01", "4800-01-02", "9999-12-31"]
    for number, year in enumerate(years, 100):
        strange = {"occurred_at": parse_instant(f"{year}T00:00:00Z")}
        house.told(created(key(number), house.now()).model_copy(update=strange))
        house.refresh(key(number))
        house.days.touch(key(number), day_of(parse_instant(f"{year}T00:00:00Z")), house.now())
    house.compile(FOREVER)
    for name in REPORTS:
        read(house, name, SPAN)
        read(house, name, {**SPAN, "by": "channel"})
    assert read(house, "summary", SPAN)["total"]["tickets"]["created"] == before
    assert house.days.built(day_of(EARLIEST), 0) == [-719162, -719161, -1]
    assert house.reports.document({"to": "2026-06-10"}) is not None
