"""Trends and distributions of the sample quarter, each figure against pandas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.instants import DAY, SECOND, format_instant, parse_instant
from replyclock.domain.report import Asked
from replyclock.reporting_sql.distribution import EDGES
from tests.evaluation.on_tickets import distribution, summary, trends
from tests.evaluation.quarter import BEGIN, END, ZONE, quarter_figures

WHOLE = Asked(BEGIN, END, ZONE, (), "creation", END)


def frame(metric: str) -> pd.DataFrame:
    """A row a ticket, with its last clock of the metric; times as pandas has them."""
    rows = []
    for one in quarter_figures(1):
        clock = next((clock for clock in one.clocks if clock.metric == metric), None)
        first = next((clock for clock in one.clocks if clock.metric == "first_response"), None)
        seen = clock is not None and (clock.stopped_by == "reply" or (clock.observed and metric != "first_response"))
        rows.append(
            {
                "local": pd.Timestamp(one.created_at, unit="us", tz="UTC").tz_convert(ZONE),
                "resolved": one.resolved_at is not None,
                "first_resolved": one.first_resolved_at is not None,
                "spans": one.open_spans,
                "closed": one.closed_at is not None,
                "rating": one.rating,
                "has": clock is not None,
                "seen": seen,
                "duration": clock.duration if clock else None,
                "business": clock.business if clock else None,
                "target": clock.target if clock else None,
                "met": clock.met if clock else None,
                "stopped": clock.observed if clock else None,
                "standard": first.standard if first else None,
                "channel": one.attributes["channel"],
            }
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("every", "metric", "freq"),
    [("day", "first_response", "D"), ("week", "resolution", "W-MON"), ("month", "total_response", "MS")],
)
def test_each_point_is_what_pandas_finds(every: str, metric: str, freq: str) -> None:
    tickets = frame(metric)
    found = trends(quarter_figures(1), WHOLE, every, metric)
    first = pd.Timestamp(BEGIN, unit="us", tz="UTC").tz_convert(ZONE)
    last = pd.Timestamp(END, unit="us", tz="UTC").tz_convert(ZONE)
    inner = [one for one in pd.date_range(first, last, freq=freq) if first < one < last]
    cuts = [first, *inner, last]
    # The clocks go back on 25 October: the day, and the week it ends, have an hour more.
    assert len(found["points"]) == len(cuts) - 1 == {"day": 92, "week": 14, "month": 3}[every]
    for point, begin, end in zip(found["points"], cuts[:-1], cuts[1:], strict=True):
        assert (point["from"], point["to"]) == tuple(
            one.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ") for one in (begin, end)
        )
        mine = tickets[(tickets.local >= begin) & (tickets.local < end)]
        instant = end.value // 1000
        open_then = (
            (~tickets.closed).sum()
            if instant >= END
            else tickets.spans.map(lambda spans, at=instant: any(b <= at < e for b, e in spans)).sum()
        )
        counts = (len(mine), mine.resolved.sum(), mine.first_resolved.sum(), open_then, mine.seen.sum())
        assert tuple(point[name] for name in ("created", "resolved", "first_resolved", "backlog_end", "n")) == counts
        seen, judged = mine[mine.seen], mine[mine.met.notna()]
        for name, share in (("median_seconds", 0.5), ("percentile_90_seconds", 0.9), ("percentile_95_seconds", 0.95)):
            for told, column in ((point, "duration"), (point["business"], "business")):
                expected = nearest(seen[column], share)
                assert told[name] == expected
        assert point["censored"] == (mine.has & ~mine.seen).sum()
        assert point["kept"] == (judged.met == True).sum()  # noqa: E712 (of pandas)
        assert point["broken"] + point["overdue"] == (judged.met == False).sum()  # noqa: E712
        assert point["compliance"] == (pytest.approx((judged.met == True).mean()) if len(judged) else None)  # noqa: E712
        rated = mine[mine.rating.notna()]
        assert point["ratings"] == len(rated)
        assert point["satisfied_share"] == (pytest.approx((rated.rating >= 4).mean()) if len(rated) else None)


def nearest(values: Any, share: float) -> float | None:
    """By nearest rank, in seconds."""
    ordered = values.sort_values().to_list()
    return ordered[-(-len(ordered) * round(share * 100) // 100) - 1] / SECOND if ordered else None


def test_a_point_is_the_summary_of_its_day() -> None:
    day = replace(WHOLE, begin=BEGIN + 10 * DAY, end=BEGIN + 11 * DAY)
    (point,), total = trends(quarter_figures(1), day)["points"], summary(quarter_figures(1), day)["total"]
    clocks = total["clocks"]["first_response"]
    assert {name: point[name] for name in clocks.keys() & point.keys() if name != "business"} == {
        name: clocks[name] for name in clocks.keys() & point.keys() if name != "business"
    }
    assert point["compliance_interval"] == clocks["compliance_interval"]
    assert point["backlog_end"] == total["tickets"]["backlog_end"] > 0


def test_days_without_tickets_are_points_and_what_is_later_has_none() -> None:
    some = [one for one in quarter_figures(1) if one.created_at < BEGIN + DAY]
    found = trends(some, replace(WHOLE, at=BEGIN + 3 * DAY))["points"]
    assert [one["created"] > 0 for one in found] == [True, False, False]
    nothing = found[1]
    assert (nothing["n"], nothing["median_seconds"], nothing["compliance"], nothing["satisfied_share"]) == (
        0,
        *[None] * 3,
    )
    # A span that begins within a day has the rest of it, and a day that is skipped at midnight begins later.
    part = trends([], replace(WHOLE, begin=BEGIN + DAY // 2))["points"]
    assert [one["from"] for one in part[:2]] == [format_instant(BEGIN + DAY // 2), format_instant(BEGIN + DAY)]
    begin, end = parse_instant("2018-11-03T03:00:00Z"), parse_instant("2018-11-06T02:00:00Z")
    skipped = trends([], Asked(begin, end, "America/Sao_Paulo", (), "creation", end))["points"]
    assert [one["from"][8:13] for one in skipped] == ["03T03", "04T03", "05T02"]


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in ({"every": "year"}, {"metric": "patience"}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            trends([], WHOLE, **wrong)
    with pytest.raises(InvalidInput, match="metric"):
        distribution([], WHOLE, "patience")
    with pytest.raises(InvalidInput, match="more than"):
        trends([], replace(WHOLE, begin=BEGIN - 3000 * DAY))


@pytest.mark.parametrize(("metric", "by"), [("first_response", ()), ("resolution", ("channel",))])
def test_distributions_are_the_histograms_of_pandas(metric: str, by: tuple[str, ...]) -> None:
    begin, end = BEGIN + 20 * DAY, BEGIN + 60 * DAY
    tickets = frame(metric)
    moments = tickets.local.dt.tz_convert("UTC")
    tickets = tickets[
        (moments >= pd.Timestamp(begin, unit="us", tz="UTC")) & (moments < pd.Timestamp(end, unit="us", tz="UTC"))
    ]
    found = distribution(quarter_figures(1), replace(WHOLE, begin=begin, end=end, group_by=by), metric)
    name = by[0] if by else "standard"
    assert found["edges_seconds"] == [edge / SECOND for edge in EDGES]
    assert {one["group"][name] for one in found["groups"]} == set(tickets[tickets.has][name])
    bins = [*(edge / SECOND for edge in EDGES), float("inf")]
    for group in found["groups"]:
        mine = tickets[tickets.has & (tickets[name] == group["group"][name])]
        seen = mine[mine.seen]
        for key, column in (("counts", "duration"), ("business_counts", "business")):
            cut = pd.cut(seen[column] / SECOND, bins, include_lowest=True).value_counts(sort=False)
            assert group[key] == cut.to_list()
        assert (group["n"], group["censored"]) == (len(seen), len(mine) - len(seen))
        assert group["median_seconds"] == nearest(seen.duration, 0.5)
        promised = mine[mine.target.notna()]
        assert group["targets"] == [
            {
                "target_seconds": target / SECOND,
                "kept": int((of.met == True).sum()),  # noqa: E712
                "broken": int(((of.met == False) & (of.stopped == True)).sum()),  # noqa: E712
                "overdue": int(((of.met == False) & (of.stopped == False)).sum()),  # noqa: E712
            }
            for target, of in promised.groupby("target")
        ]
    assert sum(one["n"] for one in found["groups"]) > 1000


def test_no_time_at_all_is_in_the_first_bin_and_an_edge_belongs_to_the_bin_below() -> None:
    some = quarter_figures(1)[0]
    told = []
    for number, duration in enumerate((0, SECOND, SECOND + 1, 30 * DAY, 30 * DAY + 1)):
        clock = replace(some.clocks[0], duration=duration, business=0, ended_at=some.clocks[0].started_at + duration)
        told.append(replace(some, key=(*some.key[:2], f"n{number}"), clocks=(clock,)))
    (group,) = distribution(told, WHOLE)["groups"]
    assert (group["counts"][:2], group["counts"][-2:], sum(group["counts"])) == ([2, 1], [1, 1], 5)
    assert group["business_counts"][0] == 5
