"""The SQL of the lake gives what the product gives: each ticket, each clock, and each figure of the report, exactly.

Asked are a quarter of a support team and tickets to which everything happens. Both come through the log's own items,
the transformation and Parquet with the template's columns, out of order and in part twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any
from unittest import mock

import pytest

from replyclock.domain.columns import Pack, pack
from replyclock.domain.evaluation import evaluate_events
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import MINUTE, SECOND, format_instant, parse_instant
from replyclock.domain.judging import TicketResult
from replyclock.domain.policy import DEFAULT_POLICY, read_policy
from replyclock.domain.report import COHORTS, Asked, Cohort, read_bound, summary
from tests.analytics.histories import strange_tickets
from tests.analytics.lake import VIEWS, Lake, Row
from tests.evaluation import quarter as sample
from tests.evaluation.quarter import POLICY, ZONE

# The lake is filled once, not by each worker.
pytestmark = pytest.mark.xdist_group("lake")

AS_OF = parse_instant("2026-12-10T11:30:00.000001Z")
"""While tickets of the quarter are open, and before all has happened to the strange ones."""
MONTHS = ("2026-10-01", "2026-11-01", "2026-12-01", "2027-01-01")
DIMENSIONS = ("all", "channel", "tags", "standard", "group", "agent", "hour")
PERCENTILES = ("median_seconds", "percentile_90_seconds", "percentile_95_seconds")
UNANSWERED = read_policy(
    [
        "policy: words\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\nsolve_answers: false\n"
        "standards: [{name: any, targets: {first_response: 1h}}]"
    ]
)


@pytest.fixture(scope="module")
def events() -> tuple[AnyEvent, ...]:
    # A team of a tenth of the size, so that it does not take the most of the time to make it up.
    with mock.patch.object(sample, "_PER_WEEKDAY", [number / 10 for number in sample._PER_WEEKDAY]):
        told = sample.quarter.__wrapped__(1).events
    return (*told, *strange_tickets(1, 700, AS_OF - 110 * MINUTE))


@pytest.fixture(scope="module")
def lake(
    events: Sequence[AnyEvent], figures: list[TicketFigures], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lake]:
    made = Lake(tmp_path_factory.mktemp("lake"))
    made.deliver(events, random.Random(1))
    made.export(figures)
    made.make_views()
    made.settle(AS_OF, ZONE)
    for view in ("happenings", "tickets", "clocks", "backlog", "dimensions"):
        made.keep(view)
    yield made
    made.asked.close()


@pytest.fixture(scope="module")
def results(events: Sequence[AnyEvent]) -> dict[TicketKey, TicketResult]:
    return {one.key: one for one in evaluate_events(events, DEFAULT_POLICY, AS_OF)}


@pytest.fixture(scope="module")
def figures(events: Sequence[AnyEvent]) -> list[TicketFigures]:
    told: dict[TicketKey, list[AnyEvent]] = {}
    for event in events:
        told.setdefault(event.key, []).append(event)
    found = [ticket_figures(one, POLICY, AS_OF) for one in told.values()]
    return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def packs(figures: list[TicketFigures]) -> list[Pack]:
    return list(pack(figures))


def key(row: Row) -> TicketKey:
    return row["tenant"], row["source"], row["ticket"]


def test_each_ticket_is_as_the_product_evaluates_it(lake: Lake, results: dict[TicketKey, TicketResult]) -> None:
    told = {key(row): row for row in lake.rows("SELECT * FROM tickets")}
    assert told.keys() == results.keys()
    for one, result in results.items():
        row, document = told[one], result.document()
        for name in ("created_at", "handling_started_at", "first_resolved_at", "resolved_at"):
            instant = row[name]
            assert (None if instant is None else format_instant(instant)) == document[name], (one, name)
        for name in ("state", "assignee", "rating"):
            assert row[name] == document[name], (one, name)
        assert row["group_name"] == document["group"], one
        assert {name: row[name] for name in document["counts"]} == document["counts"], one
        assert {name: row[name] / SECOND for name in document["waits"]} == document["waits"], one


def test_when_each_ticket_was_closed_and_rated(lake: Lake, figures: list[TicketFigures]) -> None:
    told = {key(row): row for row in lake.rows("SELECT * FROM tickets")}
    for one in figures:
        row = told[one.key]
        assert (row["closed_at"], row["rated_at"]) == (one.closed_at, one.rated_at), one.key
        assert row["is_open"] == (one.closed_at is None), one.key


def test_each_attribute_is_the_last_one_told(lake: Lake, figures: list[TicketFigures]) -> None:
    told: dict[TicketKey, dict[str, str | None]] = {}
    for row in lake.rows("SELECT * FROM dimensions"):
        told.setdefault(key(row), {})[row["dimension"]] = row["value"]
    assert told.keys() == {one.key for one in figures}
    for one in figures:
        flat = {
            name: value if isinstance(value, str) else ", ".join(sorted(value))
            for name, value in one.attributes.items()
            if value
        }
        known = {name: told[one.key][name] for name in flat} | {"tags": told[one.key]["tags"]}
        assert known == {"tags": None} | flat, one.key


def clocks_of(result: TicketResult) -> list[Any]:
    return [
        (one.metric, one.instance, one.started_at, one.stopped_at, one.stopped_by, one.reason, one.duration)
        for one in result.clocks
    ]


def assert_clocks(lake: Lake, view: str, results: dict[TicketKey, TicketResult]) -> None:
    told: dict[TicketKey, list[Any]] = {}
    for row in lake.rows(
        f"SELECT * FROM {view}"  # noqa: S608
    ):
        names = ("metric", "instance", "started_at", "stopped_at", "stopped_by", "reason", "duration")
        told.setdefault(key(row), []).append(tuple(row[name] for name in names))
    assert sum(len(one) for one in told.values()) > 2000
    for one, result in results.items():
        assert sorted(told.get(one, []), key=str) == sorted(clocks_of(result), key=str), one


def test_each_clock_is_as_the_product_measures_it(lake: Lake, results: dict[TicketKey, TicketResult]) -> None:
    assert_clocks(lake, "clocks", results)
    seen = {(one.metric, one.stopped_by, one.reason) for result in results.values() for one in result.clocks}
    # Or nothing of what is hard would have been compared.
    assert {
        ("first_response", "reply", None),
        ("first_response", "solve", None),
        ("first_response", None, "agent_initiated"),
        ("first_response", None, "created_closed"),
        ("next_response", "solve", None),
        ("next_response", None, "merged"),
        ("resolution", None, "deleted"),
        ("total_response", None, None),
    } <= seen


def test_the_backlog_at_any_instant_is_the_products(lake: Lake, packs: list[Pack]) -> None:
    instants = [*range(AS_OF - 120 * MINUTE, AS_OF + 10 * MINUTE, 5 * MINUTE), parse_instant("2026-11-02T09:00:00Z")]
    for instant in instants:
        [row] = lake.rows(
            f"SELECT count(DISTINCT concat(tenant, source, ticket)) AS n FROM backlog"  # noqa: S608
            f" WHERE begin_at <= {instant} AND (end_at IS NULL OR end_at > {instant})"
        )
        assert row["n"] == sum(len(one.tickets().in_backlog(instant, AS_OF)) for one in packs)


@pytest.fixture(scope="module")
def answers(lake: Lake) -> dict[str, dict[Any, Row]]:
    """All that the views of figures say, by what each row is about."""
    by = {"summary": (), "response_times": ("metric",), "satisfaction": ("up_to_seconds",), "promises": ("metric",)}
    return {
        view: {
            tuple(row[name] for name in ("period", "cohort", "dimension", "value", *more)): row
            for row in lake.rows(f"SELECT * FROM {view} WHERE dimension IN {DIMENSIONS}")  # noqa: S608
        }
        for view, more in by.items()
    }


@pytest.mark.parametrize("cohort", COHORTS)
@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_each_figure_is_the_reports(
    answers: dict[str, dict[Any, Row]], packs: list[Pack], cohort: Cohort, dimension: str
) -> None:
    bounds = [read_bound("from", one, ZONE) for one in MONTHS]
    compared = 0
    for month, begin, end in zip(MONTHS, bounds, bounds[1:], strict=False):
        by = () if dimension == "all" else (dimension,)
        report = summary(packs, Asked(begin, end, ZONE, by, cohort, AS_OF))
        blocks = {one["group"][dimension]: one for one in report["groups"]} if by else {None: report["total"]}
        told = {
            one: {place[3] for place in rows if place[:3] == (month[:7], cohort, dimension)}
            for one, rows in answers.items()
        }
        assert told["summary"] <= blocks.keys()
        for value, block in blocks.items():
            place = (month[:7], cohort, dimension, value)
            compared += assert_block(answers, place, block)
    assert compared > 150


def assert_block(answers: dict[str, dict[Any, Row]], place: tuple[str, str, str, str | None], block: Any) -> int:
    """That the views say what a block of the report does; returns how many figures that were."""
    expected: dict[Any, Any] = {}
    told: dict[Any, Any] = {}
    tickets, satisfaction = block["tickets"], block["satisfaction"]
    # What events alone know nothing of is told by clocks only.
    if place[2] != "standard":
        expected |= tickets | {name: block[name] for name in ("reopen_rate", "replies_per_ticket", "one_touch_share")}
        expected |= {name: satisfaction[name] for name in ("ratings", "response_rate", "mean", "satisfied_share")}
        names = {"open": "open_tickets", "response_rate": "rating_response_rate", "mean": "rating_mean"}
        row = answers["summary"].get(place, dict.fromkeys([*tickets, "open_tickets", "ratings"], 0))
        told |= {name: row.get(names.get(name, name)) for name in expected}
        for band in satisfaction["by_response_time"]:
            found = answers["satisfaction"].get((*place, band["up_to_seconds"]), {"n": 0})
            expected |= {(band["up_to_seconds"], name): band[name] for name in ("n", "mean", "satisfied_share")}
            told |= {(band["up_to_seconds"], name): found.get(name) for name in ("n", "mean", "satisfied_share")}
        for metric, clocks in block["clocks"].items():
            found = answers["response_times"].get((*place, metric), {"n": 0, "censored": 0})
            expected |= {(metric, name): clocks[name] for name in ("n", "censored", *PERCENTILES)}
            told |= {(metric, name): found.get(name) for name in ("n", "censored", *PERCENTILES)}
    for metric, clocks in block["clocks"].items():
        counts = ("kept", "broken", "overdue", "n", "censored")
        found = answers["promises"].get((*place, metric), dict.fromkeys(counts, 0))
        expected |= {("promise", metric, name): clocks[name] for name in (*counts, "compliance")}
        told |= {("promise", metric, name): found.get(name) for name in (*counts, "compliance")}
        expected |= {("business", metric, name): clocks["business"][name] for name in PERCENTILES}
        told |= {("business", metric, name): found.get(f"business_{name}") for name in PERCENTILES}
    assert told == expected, place
    assert len(satisfaction["by_response_time"]) == 6
    return len(expected)


def test_whether_solving_answers_can_be_set(events: Sequence[AnyEvent], lake: Lake) -> None:
    [view] = [one.read_text(encoding="utf-8") for one in VIEWS if one.stem.endswith("_clocks")]
    lake.asked.execute(view.replace("VIEW clocks", "VIEW clocks_of_words"))
    lake.settle(AS_OF, ZONE, solve_answers=False)
    assert_clocks(lake, "clocks_of_words", {one.key: one for one in evaluate_events(events, UNANSWERED, AS_OF)})
    lake.settle(AS_OF, ZONE)
