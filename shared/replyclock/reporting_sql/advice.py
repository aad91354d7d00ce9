"""Which targets would have been met: for each standard and clock, beside what is promised today."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from replyclock.domain.instants import format_instant, seconds
from replyclock.domain.policy import METRICS, Policy
from replyclock.domain.report import FEWEST, Asked
from replyclock.domain.statistics import Survival, share_interval

from .ordered import Ordered
from .summary import METRIC_NUMBER

PERCENTS = (90, 95, 99)
"""How many in a hundred clocks a target is to hold for."""
ASSUMPTIONS = (
    "business_time_from_the_start",
    "running_clocks_last_longer_than_seen",
    "cancelled_clocks_would_have_gone_on",
    "resolving_answers_where_the_policy_says_so",
    "people_work_as_they_did",
)
"""What the figures rest on, as keys that documents word."""


@dataclass(slots=True)
class _Judged:
    met: int = 0
    broken: int = 0
    overdue: int = 0
    undecided: int = 0
    targets: list[int] = field(default_factory=list)
    n: int = 0
    censored: int = 0
    survival: Survival = field(default_factory=lambda: Survival(()))


def advice(connection: duckdb.DuckDBPyConnection, asked: Asked, policy: Policy) -> dict[str, Any]:
    """For each standard and clock the target that would have been met 90, 95 and 99% of the time, as a JSON object.

    Of the clocks that started in the span, by the standard that governs each: the time in its calendar by which so many
    had stopped (Kaplan and Meier: a running clock is known to take longer), null where too many still run; its interval
    has no upper end where that is beyond what was seen. `target_seconds` is today's, by the document in force at the
    evaluation, null where that one has none. `compliance` is by the targets that the clocks had, `judged_by`.
    """
    document = policy.in_force(asked.at)
    today: dict[tuple[str, str], tuple[str, int]] = {
        (standard.name, metric): (calendar.name, standard.targets[metric].on(calendar))
        for standard in (document.standards if document else ())
        for metric in METRICS
        if document and metric in standard.targets
        for calendar in (document.known_calendars[standard.calendar],)
    }
    found = {name: _Judged() for name in today} | _read(connection, asked)
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "cohort": "start",
        "fewest": FEWEST,
        "assumptions": list(ASSUMPTIONS),
        "policy_version": document.version if document else None,
        "standards": [
            {
                "standard": standard,
                "metric": metric,
                "calendar": today[standard, metric][0] if (standard, metric) in today else None,
                "target_seconds": seconds(today[standard, metric][1]) if (standard, metric) in today else None,
                **_document(found[standard, metric]),
            }
            for standard, metric in [*today, *sorted(found.keys() - today)]
        ],
    }


def _read(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[tuple[str, str], _Judged]:
    span = {"begin": asked.begin, "end": asked.end}
    chosen = (
        f"SELECT *, {METRIC_NUMBER} AS metric_number FROM clocks WHERE started_at >= $begin AND started_at < $end "
        "AND own_standard IS NOT NULL AND metric_number IS NOT NULL"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE standards AS "
        "SELECT own_standard, row_number() OVER (ORDER BY own_standard) - 1 AS s "
        f"FROM (SELECT DISTINCT own_standard FROM ({chosen}))",
        span,
    )
    rows = connection.execute(
        "SELECT own_standard, metric, any_value(s), any_value(metric_number), count(*) FILTER (met), "
        "count(*) FILTER (NOT met AND stopped_by IS NOT NULL), count(*) FILTER (NOT met AND stopped_by IS NULL), "
        "count(*) FILTER (met IS NULL), list_sort(list(DISTINCT target) FILTER (target IS NOT NULL)), max(business) "
        f"FROM ({chosen}) JOIN standards USING (own_standard) GROUP BY own_standard, metric",
        span,
    ).fetchall()
    ordered = Ordered(
        connection,
        f"SELECT s * {len(METRICS)} + metric_number AS slot, business AS value, stopped_by IS NOT NULL AS observed "
        f"FROM ({chosen}) JOIN standards USING (own_standard)",
        span,
        (1 + max((row[2] for row in rows), default=0)) * len(METRICS),
        max((row[-1] for row in rows), default=0),
    )
    found = {}
    for standard, metric, s, number, met, broken, overdue, undecided, targets, _ in rows:
        slot = ordered.slots[s * len(METRICS) + number]
        found[standard, metric] = _Judged(
            met, broken, overdue, undecided, targets or [], len(slot), len(slot.passed), slot.survival
        )
    return found


def _document(judged: _Judged) -> dict[str, Any]:
    decided = judged.met + judged.broken + judged.overdue
    interval = share_interval(judged.met, decided)
    return {
        "n": judged.n,
        "censored": judged.censored,
        "too_few": judged.n + judged.censored < FEWEST,
        "kept": judged.met,
        "broken": judged.broken,
        "overdue": judged.overdue,
        "undecided": judged.undecided,
        "compliance": judged.met / decided if decided else None,
        "compliance_interval": list(interval) if interval else None,
        "judged_by": [seconds(target) for target in judged.targets],
        "would_be_kept": [_kept_by(judged.survival, percent) for percent in PERCENTS],
    }


def _kept_by(survival: Survival, percent: int) -> dict[str, Any]:
    target, interval = survival.quantile(percent / 100), survival.interval(percent / 100)
    return {
        "percent": percent,
        "seconds": None if target is None else seconds(target),
        "interval_seconds": [None if end is None else seconds(end) for end in interval] if interval else None,
    }
