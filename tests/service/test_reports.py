"""The figures of days: built from the logs, and equal to what is reckoned from the logs anew."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest

from replyclock.adapters.facts import GRACE, PREFIX, ROOT
from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, MINUTE, SECOND, day_of, format_instant, parse_instant
from replyclock.domain.report import Asked
from replyclock.domain.reporting.manifest import Partition
from replyclock.service.compile import LEAST_AGEING, REST, SPARE, Compiled
from replyclock.service.ports import FaultKind, TicketRecord
from replyclock.service.reports import REPORTS
from tests.adapters.samples import NINE, created, event, note, reply, solved
from tests.evaluation.on_tickets import summary

from .house import House

HOUR = 3600 * SECOND
TODAY = day_of(NINE)
FOREVER = NINE + 1000 * DAY
SPAN = {"from": "2026-05-15", "to": "2026-06-10"}


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
    asked = Asked(NINE // DAY * DAY - 17 * DAY, NINE // DAY * DAY + 9 * DAY, "UTC", (by,), cohort, at)
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


def partitions(house: House) -> list[Partition]:
    return list(house.facts.manifest().partitions)


def keys_of(house: House) -> set[str]:
    listed = boto3.client("s3").list_objects_v2(Bucket=house.bucket, Prefix=PREFIX)
    return {one["Key"] for one in listed.get("Contents", ())}


def test_built_once_more_nothing_changes(house: House) -> None:
    house.now.at += DAY
    for number in range(10):
        house.told(created(key(number)), reply(key(number)), solved(key(number)))
        house.refresh(key(number))
    house.compile(FOREVER)
    before, stored = partitions(house), keys_of(house)
    house.now.at += 60 * SECOND
    for number in range(10):
        house.refresh(key(number))  # the stream may repeat itself
    assert house.compile(FOREVER).built == len(before) == 1
    assert partitions(house) == [replace(one, evaluated_at=house.now()) for one in before]
    assert {name for name in keys_of(house) if name.endswith(".parquet")} == {
        name for name in stored if name.endswith(".parquet")
    }


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
    assert sum(one.tickets for one in partitions(house)) == 14, "a ticket is in one day, wherever it moved"


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


def test_only_the_logs_of_what_changed_are_read_and_now_and_then_those_of_open_tickets(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [key(number) for number in range(40)]
    house.now.at += DAY
    for name in names:
        house.told(created(name), reply(name), *([] if name == names[7] else [solved(name)]))
        house.refresh(name)
    house.compile(FOREVER)
    read: list[TicketKey] = []
    tickets = house.tickets.read

    def reading(name: TicketKey) -> TicketRecord:
        read.append(name)
        return tickets(name)

    for later, wanted in ((SECOND, {names[3]}), (40 * REST, {names[3], names[7]})):
        house.now.at += later
        house.told(event(f"rated-{later}", "rating.given", house.now(), names[3], rating=2))
        house.refresh(names[3])
        read.clear()
        monkeypatch.setattr(house.tickets, "read", reading)
        assert house.compile(FOREVER).built == 1
        assert set(read) == wanted
        monkeypatch.undo()
    assert read_summary(house)["total"]["satisfaction"]["ratings"] == 1


def read_summary(house: House) -> dict[str, Any]:
    return read(house, "summary", SPAN)


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
    assert sum(one.tickets for one in partitions(house)) == 40


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
    assert [one.first_day for one in partitions(house) if one.first_day < 0] == [-719162, -719161, -1]
    assert house.reports.document({"to": "2026-06-10"}) is not None


def test_a_ticket_that_turns_out_older_is_in_one_day_at_any_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads between any two writes sees it once."""
    some_days(house, 5)
    house.compile(FOREVER)
    before = read_summary(house)["total"]["tickets"]["created"]
    house.told(created(key(0), NINE - 10 * DAY - SECOND, id_="earlier"))
    house.refresh(key(0))
    seen: list[int] = []
    write, replace_root = house.facts._write, house.facts._replace_root

    def counted(*args: Any) -> Any:
        seen.append(read_summary(house)["total"]["tickets"]["created"])
        return write(*args)

    def committed(*args: Any) -> Any:
        seen.append(read_summary(house)["total"]["tickets"]["created"])
        done = replace_root(*args)
        seen.append(read_summary(house)["total"]["tickets"]["created"])
        return done

    monkeypatch.setattr(house.facts, "_write", counted)
    monkeypatch.setattr(house.facts, "_replace_root", committed)
    house.compile(FOREVER)
    assert len(seen) > 4
    assert set(seen) == {before}
    assert sum(one.tickets for one in partitions(house)) == before


def damaged(house: House, how: str, table: str = "clocks") -> Partition:
    """Damages an object of the first day."""
    first, s3 = partitions(house)[0], boto3.client("s3")
    stored = first.objects[table]
    body = s3.get_object(Bucket=house.bucket, Key=stored.key)["Body"].read()
    if how == "missing":
        s3.delete_object(Bucket=house.bucket, Key=stored.key)
    elif how == "truncated":
        s3.put_object(Bucket=house.bucket, Key=stored.key, Body=body[:-20])
    else:
        middle = len(body) // 2
        changed = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        s3.put_object(Bucket=house.bucket, Key=stored.key, Body=changed)
    for path in house.facts._folder.glob("*.parquet"):
        path.unlink()
    return first


@pytest.mark.parametrize("how", ["missing", "truncated", "altered"])
def test_facts_that_cannot_be_used_are_named_and_counted_and_built_anew(house: House, how: str) -> None:
    some_days(house)
    house.compile(FOREVER)
    whole = read_summary(house)
    broken = damaged(house, how)
    shown = read_summary(house)
    assert shown["missing"] == [{"day": broken.name, "reason": "its figures cannot be read now"}]
    left = whole["total"]["tickets"]["created"] - broken.tickets
    assert shown["total"]["tickets"]["created"] == left
    assert house.counted.count(FaultKind.REPORT_PARTITION) == 1
    # Another report, which does not read the damaged table, is whole.
    assert "day" not in str(read(house, "agents", SPAN).get("missing"))
    house.now.at += DAY
    house.compile(FOREVER)
    mended = read_summary(house)
    assert "missing" not in mended
    assert mended["total"]["tickets"]["created"] == whole["total"]["tickets"]["created"]


def test_a_month_whose_manifest_is_broken_is_named_and_built_anew(house: House) -> None:
    some_days(house)
    house.compile(FOREVER)
    whole = read_summary(house)["total"]["tickets"]["created"]
    ((key_, _), *_) = house.facts.manifest().months.values()
    boto3.client("s3").put_object(Bucket=house.bucket, Key=key_, Body=b"{}")
    house.facts._months.clear()
    shown = read_summary(house)
    assert shown["missing"] == [{"month": "2026-05", "reason": "its figures cannot be read now"}]
    assert shown["total"]["tickets"]["created"] < whole
    house.now.at += SECOND
    while house.compile(FOREVER).built:
        house.now.at += SECOND
    assert read_summary(house)["total"]["tickets"]["created"] == whole


def test_what_no_longer_counts_is_removed_after_a_grace_period(house: House) -> None:
    house.now.at += DAY
    house.told(created(), reply())
    house.refresh(("default", "desk", "1"))
    house.compile(FOREVER)
    old = keys_of(house)
    house.told(solved())
    house.refresh(("default", "desk", "1"))
    house.compile(FOREVER)
    both = keys_of(house)
    assert old - {ROOT} < both
    manifest = house.facts.manifest()
    real = round(time.time() * SECOND)  # by which the bucket dates objects
    assert house.facts.sweep(manifest, real + GRACE - 60 * SECOND) == 0
    assert house.facts.sweep(manifest, real + GRACE + 60 * SECOND) > 0
    used = {one.key for partition in manifest.partitions for one in partition.objects.values()}
    assert keys_of(house) == {ROOT, *used, *(key_ for key_, _ in manifest.months.values())}


def test_an_unknown_tenant_or_attribute_is_refused(house: House) -> None:
    some_days(house)
    house.compile(FOREVER)
    hostile = "x'); DROP TABLE tickets; --"
    for options in ({"tenant": hostile}, {"tenant": "nobody"}, {"by": hostile.replace(",", "")}, {"by": "$begin"}):
        with pytest.raises(InvalidInput) as wrong:
            house.reports("summary", {**SPAN, **options})
        assert next(iter(options)) in str(wrong.value)
    assert read_summary(house)["total"]["tickets"]["created"] > 8


def test_a_hostile_attribute_is_a_dimension_like_any_other(house: House) -> None:
    house.now.at += DAY
    name = 'it\'s "odd"; DROP TABLE clocks'
    event_ = created(key(1))
    house.told(event_.model_copy(update={"attributes": {name: "=1+1", "tags": ("b", "a")}}), reply(key(1)))
    house.refresh(key(1))
    house.compile(FOREVER)
    for by, value in ((name, "=1+1"), ("tags", "a, b")):
        (group,) = read(house, "summary", {**SPAN, "by": by})["groups"]
        assert group["group"] == {by: value}
        assert group["clocks"]["first_response"]["n"] == 1


def test_a_settled_month_becomes_one_partition_and_its_days_are_rebuilt_all_the_same(house: House) -> None:
    for number in range(6):
        at = NINE - number * DAY
        house.told(
            created(key(number), at, channel="chat"),
            reply(key(number), at + SECOND),
            solved(key(number), at + 2 * SECOND),
        )
        house.refresh(key(number))
    house.now.at = NINE // HOUR * HOUR + 80 * DAY
    span = {"from": "2026-05-20", "to": "2026-06-10", "by": "channel"}
    assert house.compile(house.now() + DAY).built == 6
    before = read(house, "summary", span)
    months = [one.name for one in partitions(house)]
    assert months == ["2026-05", "2026-06-01"], "one month has one day alone"
    assert before["total"]["tickets"]["created"] == 6
    house.now.at += 10 * MINUTE
    house.told(event("rated", "rating.given", NINE - 2 * DAY + 3 * SECOND, key(2), rating=5))
    house.refresh(key(2))
    assert house.compile(house.now() + DAY).built == 1
    assert [one.name for one in partitions(house)] == ["2026-05", "2026-05-30", "2026-06-01"]
    after = read(house, "summary", span)
    assert after["total"]["satisfaction"]["ratings"] == 1
    assert after["total"]["tickets"] == before["total"]["tickets"]
    for name in REPORTS:
        assert "missing" not in read(house, name, span)
    house.now.at += HOUR - 10 * MINUTE
    house.compile(house.now() + DAY)
    assert [one.name for one in partitions(house)] == ["2026-05", "2026-06-01"]
    assert read(house, "summary", span)["total"] == after["total"]
