"""How the times of one clock are spread: how many of each length, by group, and how many each target held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from replyclock.domain.instants import DAY, MINUTE, SECOND, format_instant, seconds
from replyclock.domain.policy import METRICS
from replyclock.domain.report import Asked
from replyclock.domain.reporting.summary import in_seconds

from .dimensions import Dimensions, Group
from .trends import check_metric

_HOUR = 60 * MINUTE
EDGES = (
    0,
    *(n * SECOND for n in (1, 2, 5, 10, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 4, 8, 12)),
    *(n * DAY for n in (1, 2, 3, 5, 7, 14, 30)),
)
"""Between which lengths times are counted together: usual targets, and about twice as much each time."""
BY = ("standard",)
"""The dimension of the groups where none is asked for."""


def _bin(column: str) -> str:
    """From 0: of as many bins as there are edges, the first ends with the second one, and the last has no end."""
    return (
        "CASE "
        + " ".join(f"WHEN {column} <= {edge} THEN {i}" for i, edge in enumerate(EDGES[1:]))
        + (f" ELSE {len(EDGES) - 1} END")
    )


@dataclass(slots=True)
class _Group:
    n: int = 0
    censored: int = 0
    median: int | None = None
    counts: list[int] = field(default_factory=lambda: [0] * len(EDGES))
    business_counts: list[int] = field(default_factory=lambda: [0] * len(EDGES))
    targets: list[dict[str, Any]] = field(default_factory=list)


def distribution(connection: duckdb.DuckDBPyConnection, asked: Asked, metric: str = METRICS[0]) -> dict[str, Any]:
    """The times of one clock of the tickets created in the span, by the first dimension of `asked.group_by` (without
    one: by the standard of the first response), as a JSON object.

    `counts` are of the times whose end was seen, round the clock, and `business_counts` of their open hours without
    pauses, which is what counts against a target: each has a number for every bin from an edge up to and with the next
    one, and a last one for what is longer than all edges. A time of 0 s is in the first bin. `targets` are those that
    the clocks had. `censored` are known to take longer than was seen. The largest group comes first.
    Raises InvalidInput, naming `metric`.
    """
    check_metric(metric)
    names = asked.group_by[:1] or BY
    dimensions = Dimensions(names, asked.zone, asked.begin, asked.end)
    groups: dict[Group, _Group] = {}
    given = {**dimensions.parameters, "begin": asked.begin, "end": asked.end, "metric": metric}
    source = "clocks JOIN tickets USING (tid)" if dimensions.needs_tickets else "clocks"
    table = "tickets" if dimensions.needs_tickets else "clocks"
    chosen = (
        f"(SELECT {dimensions.columns(table)} clocks.duration, clocks.business, clocks.observed, clocks.target, "
        f"clocks.met, clocks.stopped_by FROM {source} WHERE clocks.created_at >= $begin "
        "AND clocks.created_at < $end AND clocks.metric = $metric)"
    )

    def rows(columns: str, rest: str = "") -> list[tuple[_Group, Sequence[Any]]]:
        found = connection.execute(f"SELECT d0, {columns} FROM {chosen} {rest} GROUP BY ALL", given).fetchall()
        return [(groups.setdefault(dimensions.group(row[:1]), _Group()), row[1:]) for row in found]

    counted = (
        "count(*) FILTER (observed), count(*) FILTER (NOT observed), quantile_disc(duration, 0.5) FILTER (observed)"
    )
    for group, values in rows(counted):
        group.n, group.censored, group.median = values
    for column, name in (("duration", "counts"), ("business", "business_counts")):
        for group, (place, count) in rows(f"{_bin(column)} AS bin, count(*)", "WHERE observed"):
            getattr(group, name)[place] = count
    for group, (target, *counts) in rows(
        "target, count(*) FILTER (met), count(*) FILTER (NOT met AND stopped_by IS NOT NULL), "
        "count(*) FILTER (NOT met AND stopped_by IS NULL)",
        "WHERE target IS NOT NULL",
    ):
        told = dict(zip(("kept", "broken", "overdue"), counts, strict=True))
        group.targets.append({"target_seconds": seconds(target), **told})
    ordered = sorted(groups.items(), key=lambda one: (-one[1].n - one[1].censored, one[0][0] is None, one[0][0] or ""))
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "metric": metric,
        "edges_seconds": [seconds(edge) for edge in EDGES],
        "groups": [{"group": dict(zip(names, name, strict=True)), **_document(group)} for name, group in ordered],
    }


def _document(group: _Group) -> dict[str, Any]:
    return {
        "n": group.n,
        "censored": group.censored,
        "counts": group.counts,
        "business_counts": group.business_counts,
        "targets": sorted(group.targets, key=lambda one: float(one["target_seconds"])),
        "median_seconds": in_seconds(group.median),
    }
