"""How figures go over time: a point for each day, week or month of a time zone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import format_instant
from replyclock.domain.policy import METRICS
from replyclock.domain.report import Asked
from replyclock.domain.reporting.periods import EVERY, starts
from replyclock.domain.reporting.summary import RATINGS, ClockCounts, in_seconds, satisfied, share
from replyclock.domain.statistics import share_interval

from .summary import in_backlog


def check_metric(metric: str) -> None:
    """Raises InvalidInput, naming `metric`, where there is no such clock."""
    if metric not in METRICS:
        raise InvalidInput([Fault("metric", f"must be one of {', '.join(METRICS)}")])


def trends(
    connection: duckdb.DuckDBPyConnection, asked: Asked, every: str = "day", metric: str = METRICS[0]
) -> dict[str, Any]:
    """The figures of each local day, week (from Monday on) or month of the span, as a JSON object.

    Each point has the part of its day, week or month that is in the span, and is of the tickets created in it, with all
    that is known of them: its figures are those that `summary` gives of that part, of one clock. A day without tickets
    has noughts, and null where there is nothing to say. What begins no sooner than the evaluation has no point.
    Raises InvalidInput, naming `every` or `metric`.
    """
    check_metric(metric)
    if every not in EVERY:
        raise InvalidInput([Fault("every", f"must be one of {', '.join(EVERY)}")])
    asked = replace(asked, cohort="creation", group_by=())
    all_starts = list(starts(asked, every))
    begins = [begin for begin in all_starts if begin < asked.at] or all_starts[:1]
    ends = [*all_starts[1:], asked.end][: len(begins)]
    connection.execute("CREATE OR REPLACE TEMP TABLE points (place INTEGER, since BIGINT, until BIGINT)")
    appender = connection.appender("points")
    for place, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        appender.append_row(place, begin, end)
    appender.flush()
    bound: dict[str, Any] = {"begin": begins[0], "end": ends[-1]}
    # The points touch: an instant is in the last that begins at or before it.
    of_points = "ASOF JOIN points ON created_at >= points.since WHERE created_at >= $begin AND created_at < $end"
    tickets = {
        row[0]: row[1:]
        for row in connection.execute(
            "SELECT place, count(*), count(resolved_at), count(first_resolved_at) "
            f"FROM tickets {of_points} GROUP BY place",
            bound,
        ).fetchall()
    }
    none = [0] * len(RATINGS)
    given: dict[int, list[int]] = {}
    for point, rating, how_often in connection.execute(
        f"SELECT place, rating, count(*) FROM tickets {of_points} AND rated_at IS NOT NULL GROUP BY ALL", bound
    ).fetchall():
        given.setdefault(point, [0] * len(RATINGS))[rating - 1] += how_often
    clocks = {
        row[0]: row[1:]
        for row in connection.execute(
            "SELECT place, count(*) FILTER (observed), count(*) FILTER (NOT observed), count(*) FILTER (met), "
            "count(*) FILTER (NOT met AND stopped_by IS NOT NULL), count(*) FILTER (NOT met AND stopped_by IS NULL), "
            "quantile_disc(duration, [0.5, 0.9, 0.95]) FILTER (observed), "
            "quantile_disc(business, [0.5, 0.9, 0.95]) FILTER (observed) "
            f"FROM clocks {of_points} AND metric = $metric GROUP BY place",
            {**bound, "metric": metric},
        ).fetchall()
    }
    backlog = _backlog(connection, ends, asked.at)
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "every": every,
        "metric": metric,
        "cohort": asked.cohort,
        "points": [
            {
                "from": format_instant(begin),
                "to": format_instant(end),
                **dict(zip(("created", "resolved", "first_resolved"), tickets.get(i, (0, 0, 0)), strict=True)),
                "backlog_end": backlog[i],
                **_clock_figures(*clocks.get(i, (0, 0, 0, 0, 0, None, None))),
                "satisfied_share": share(satisfied(given.get(i, none)), sum(given.get(i, none))),
                "ratings": sum(given.get(i, none)),
            }
            for i, (begin, end) in enumerate(zip(begins, ends, strict=True))
        ],
    }


def _clock_figures(
    n: int, censored: int, met: int, broken: int, overdue: int, times: list[int] | None, business: list[int] | None
) -> dict[str, Any]:
    counts = ClockCounts(n, censored, met, broken, overdue)
    interval = share_interval(met, counts.judged)
    return {
        "n": n,
        **_percentiles(times),
        "business": _percentiles(business),
        "censored": censored,
        "kept": met,
        "broken": broken,
        "overdue": overdue,
        "compliance": share(met, counts.judged),
        "compliance_interval": list(interval) if interval else None,
    }


def _percentiles(found: list[int] | None) -> dict[str, Any]:
    names = ("median_seconds", "percentile_90_seconds", "percentile_95_seconds")
    return {name: in_seconds(value) for name, value in zip(names, found or (None, None, None), strict=True)}


def _backlog(connection: duckdb.DuckDBPyConnection, ends: list[int], at: int) -> list[int]:
    """How many tickets were in the backlog at the end of each point, after all that happened at it."""
    connection.execute("CREATE OR REPLACE TEMP TABLE ends (until BIGINT)")
    appender = connection.appender("ends")
    for end in ends:
        appender.append_row(end)
    appender.flush()
    spans = (
        "SELECT open_since AS since, open_until AS until FROM tickets WHERE open_since IS NOT NULL UNION ALL "
        "SELECT one.since, one.until FROM (SELECT unnest(reopened) AS one FROM tickets WHERE len(reopened) > 0)"
    )
    # What begins or ends between two ends of points counts from the later one on.
    changes = connection.execute(
        f"WITH spans AS ({spans}), changes AS (SELECT since AS instant, 1 AS change FROM spans UNION ALL "
        "SELECT until, -1 FROM spans) SELECT ends.until, sum(change)::BIGINT FROM changes ASOF JOIN ends "
        "ON changes.instant <= ends.until GROUP BY ends.until"
    ).fetchall()
    by_end, found, open_then = dict(changes), [], 0
    for end in ends:
        open_then += by_end.get(end, 0)
        found.append(open_then)
    if ends[-1] >= at:
        # What lasts at the evaluation ends there in the figures.
        (last,) = connection.execute(
            f"SELECT count(*) FROM tickets WHERE {in_backlog('$end', ends[-1], at)}", {"end": ends[-1]}
        ).fetchone() or (0,)
        found[-1] = last
    return found
