from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from replyclock.domain.instants import DAY, SECOND, format_instant, parse_instant
from replyclock.domain.notices import Period, evaluated_period
from replyclock.service.evaluate import AFTER
from tests.adapters.samples import NINE, created, reply

from .house import House
from .test_reports import FOREVER, key

HOUR = 3600 * SECOND
MIDNIGHT = NINE // DAY * DAY + DAY  # of Tuesday, 2 June 2026


@pytest.mark.parametrize(
    ("period", "now", "begin", "end"),
    [
        ("daily", "2026-06-02T00:00:00Z", "2026-06-01", "2026-06-02"),
        ("daily", "2026-06-02T23:59:59Z", "2026-06-01", "2026-06-02"),
        ("weekly", "2026-06-01T00:00:00Z", "2026-05-25", "2026-06-01"),
        ("weekly", "2026-06-07T12:00:00Z", "2026-05-25", "2026-06-01"),
        ("monthly", "2026-06-01T00:00:00Z", "2026-05-01", "2026-06-01"),
        ("monthly", "2026-03-31T12:00:00Z", "2026-02-01", "2026-03-01"),
        ("monthly", "2026-01-15T12:00:00Z", "2025-12-01", "2026-01-01"),
    ],
)
def test_a_period_is_the_last_whole_one(period: Period, now: str, begin: str, end: str) -> None:
    found = evaluated_period(period, parse_instant(now))
    assert [format_instant(one)[:10] for one in found] == [begin, end]


def told(house: House) -> list[Any]:
    """Build, evaluate, publish; what came."""
    before = len(house.published())
    house.owe_evaluations(house.compile(FOREVER).known_until)
    for item in house.store.items():
        if item["pk"]["S"].startswith("D#") and item["sk"]["S"].startswith("A#"):
            house.publish_notice((item["pk"]["S"], item["sk"]["S"]), "one")
    return [json.loads(message) for _, message, _, _, _ in house.published()[before:]]


def a_day(house: House) -> None:
    for number, minutes in enumerate((5, 10, 60)):
        house.told(created(key(number), NINE, service_type="urgent"), reply(key(number), NINE + minutes * 60 * SECOND))
        house.refresh(key(number))
    house.told(created(("acme", "desk", "1"), NINE, service_type="urgent"))
    house.refresh(("acme", "desk", "1"))


def test_a_day_is_evaluated_once_it_is_over_and_built(house: House) -> None:
    a_day(house)
    house.now.at = MIDNIGHT + AFTER - 1
    assert told(house) == []
    house.now.at = MIDNIGHT + AFTER
    found = told(house)
    assert [(one["tenant"], one["period"], one["from"]) for one in found] == [
        ("acme", "daily", "2026-06-01T00:00:00Z"),
        ("default", "daily", "2026-06-01T00:00:00Z"),
    ]
    ours = found[1]
    assert (ours["created"], ours["resolved"], ours["backlog"]) == (3, 0, 3)
    assert (ours["first_responses"], ours["median_seconds"], ours["percentile_90_seconds"]) == (3, 600, 3600)
    assert ours["compliance"] == pytest.approx(2 / 3)
    assert told(house) == []


def test_a_period_is_evaluated_only_once_all_that_was_noted_in_it_is_built(house: House) -> None:
    a_day(house)
    house.now.at = MIDNIGHT + AFTER
    compiled = house.compile(house.now())
    assert compiled.built == 0
    assert house.owe_evaluations(compiled.known_until) == 0
    # Of what is known at its end, time alone has changed something until now: it is built for that, too.
    house.now.at = MIDNIGHT - HOUR
    house.compile(FOREVER)
    house.now.at = MIDNIGHT + AFTER
    assert house.owe_evaluations(house.compile(house.now()).known_until) == 0
    assert house.owe_evaluations(house.compile(FOREVER).known_until) == 2


def test_weeks_and_months_are_evaluated_too(house: House) -> None:
    a_day(house)
    house.now.at = parse_instant("2026-06-08T01:00:00Z")
    assert {one["period"] for one in told(house)} == {"daily", "weekly"}
    house.now.at = parse_instant("2026-07-01T01:00:00Z")
    assert {one["period"] for one in told(house)} == {"daily", "weekly", "monthly"}


def test_the_document_is_kept_in_both_languages(house: House) -> None:
    a_day(house)
    house.now.at = MIDNIGHT + HOUR
    ours = told(house)[1]
    assert ours["documents"] == {
        language: f"s3://documents/evaluations/default/daily/2026-06-01.{language}.html" for language in ("en", "zh")
    }
    bucket = boto3.client("s3")
    for language, word in (("en", "First response time"), ("zh", "首次响应时间")):
        kept = bucket.get_object(Bucket="documents", Key=f"evaluations/default/daily/2026-06-01.{language}.html")
        assert kept["ContentType"] == "text/html; charset=utf-8"
        assert word in kept["Body"].read().decode()


def test_subscriptions_can_tell_an_evaluation_by_its_level(house: House) -> None:
    a_day(house)
    house.now.at = MIDNIGHT + HOUR
    told(house)
    (_, _, subject, attributes, _) = house.published()[-1]
    assert attributes["level"]["Value"] == "evaluation"
    assert subject == "Daily evaluation 2026-06-01: 3 first responses, median 10m, 67% of promises kept"


def test_an_evaluation_is_in_the_language_of_most_of_its_tickets(house: House) -> None:
    house.languages["desk"] = "zh"
    a_day(house)
    house.now.at = MIDNIGHT + HOUR
    told(house)
    sms = house.published("sms")[-1][1]
    assert sms == "每日评估 2026-06-01：首次响应3次，中位数10分钟，达标率67%"


def test_without_tickets_there_is_nothing_to_evaluate(house: House) -> None:
    house.now.at = MIDNIGHT + HOUR
    assert told(house) == []
