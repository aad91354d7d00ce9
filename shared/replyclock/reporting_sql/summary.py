"""The summary of a span, its groups, and what changed against the span before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from replyclock.domain.instants import format_instant
from replyclock.domain.policy import METRICS
from replyclock.domain.report import Asked
from replyclock.domain.reporting.summary import BANDS, ClockCounts, TicketCounts, change

from .dimensions import Dimensions, Group, order_of
from .ordered import Ordered

Key = tuple[Group, bool]
"""A group, and whether it is of the span asked about and not of the one before."""

METRIC_NUMBER = "CASE metric " + " ".join(f"WHEN '{name}' THEN {i}" for i, name in enumerate(METRICS)) + " END"
_OF_METRICS = "metric IN (" + ", ".join(f"'{name}'" for name in METRICS) + ")"
BAND = (
    "CASE WHEN answered_after IS NULL THEN "
    f"{len(BANDS) + 1} "
    + " ".join(f"WHEN answered_after <= {edge} THEN {i}" for i, edge in enumerate(BANDS))
    + f" ELSE {len(BANDS)} END"
)
"""In which band of first response time a ticket is."""


def summary(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    """What the tickets come to, as a JSON object: durations in seconds, instants as RFC 3339, shares from 0 to 1.

    The tables must have all tickets that there are, as known at `asked.at`: which of them count depends on the cohort,
    and older ones are in the backlog and in the span before. Percentiles are by nearest rank, intervals are 95% CI.
    `change` compares with the span before, each figure with a verdict: `better`, `worse`, `no difference shown`; `too
    few` where there are fewer than `report.FEWEST` values on either side, `too early` while time alone would still
    change it. Its medians are by Kaplan and Meier where the cohort is by creation, plain ones where it is by event.
    """
    return _Summary(connection, asked).document()


class _Summary:
    def __init__(self, connection: duckdb.DuckDBPyConnection, asked: Asked) -> None:
        self._connection = connection
        self._asked = asked
        self._by_creation = asked.cohort == "creation"
        earliest, latest, longest = connection.execute(
            "SELECT (SELECT min(created_at) FROM tickets), (SELECT max(created_at) FROM tickets), "
            "(SELECT max(duration) FROM clocks)"
        ).fetchone() or (None, None, None)
        self._longest = longest or 0
        self._dimensions = Dimensions(asked.group_by, asked.zone, earliest or 0, latest or 0)
        self._counts: dict[Key, TicketCounts] = {}
        self._spans = {
            "begin": asked.begin, "end": asked.end, "before": asked.before.begin,
        }  # fmt: skip
        # A row for each of the two spans, so that one pass counts both.
        self._of_spans = "(VALUES (true, $begin, $end), (false, $before, $begin)) AS span(now, since, until)"

    def document(self) -> dict[str, Any]:
        asked = self._asked
        self._count_tickets()
        self._count_backlog()
        self._count_ratings()
        self._count_clocks()
        total, before = TicketCounts(), TicketCounts()
        for (_, now), counts in self._counts.items():
            (total if now else before).add(counts)
        self._time_totals(total, before)
        groups = {group: counts for (group, now), counts in self._counts.items() if now} if asked.group_by else {}
        self._time_groups(groups)
        nothing = TicketCounts()
        filled = sorted(
            ((group, counts) for group, counts in groups.items() if counts != nothing),
            key=lambda one: (-one[1].created, order_of(one[0])),
        )
        return {
            "from": format_instant(asked.begin),
            "to": format_instant(asked.end),
            "at": format_instant(asked.at),
            "timezone": asked.zone,
            "cohort": asked.cohort,
            "group_by": list(asked.group_by),
            "total": total.document(asked.cohort),
            "groups": [
                {"group": dict(zip(asked.group_by, group, strict=True)), **counts.document(asked.cohort)}
                for group, counts in filled
            ],
            "before": before.document(asked.cohort),
            "change": change(total, before, asked),
        }

    def _rows(self, statement: str, more: Mapping[str, Any] | None = None) -> list[tuple[Key, Sequence[Any]]]:
        """The rows of a statement whose first columns are the dimensions, then `now`."""
        given = {**self._spans, **self._dimensions.parameters, **(more or {})}
        bound = {name: value for name, value in given.items() if f"${name}" in statement}
        count = self._dimensions.count
        return [
            ((self._dimensions.group(row[:count]), row[count]), row[count + 1 :])
            for row in self._connection.execute(statement, bound).fetchall()
        ]

    def _of(self, key: Key) -> TicketCounts:
        return self._counts.setdefault(key, TicketCounts())

    def _within(self, instant: str) -> str:
        """Whether an instant counts. By creation, everything of a ticket does that was created in the span."""
        return f"{instant} IS NOT NULL" if self._by_creation else f"({instant} >= since AND {instant} < until)"

    @property
    def _created(self) -> str:
        """The tickets, or clocks, that count at all."""
        return "created_at >= since AND created_at < until" if self._by_creation else "true"

    def _count_tickets(self) -> None:
        resolved, first = self._within("resolved_at"), self._within("first_resolved_at")
        counted = {
            "created": "created_at >= since AND created_at < until",
            "open": "closed_at IS NULL" if self._by_creation else "false",
            "resolved": resolved,
            "one_touch": f"{resolved} AND replies = 1 AND reopens = 0",
            "first_resolved": first,
            "reopened": f"{first} AND reopens > 0",
            "rated": f"{first} AND rating IS NOT NULL",
        }
        statement = (
            f"SELECT {self._dimensions.columns('tickets')} now, "
            + ", ".join(f"count(*) FILTER ({condition})" for condition in counted.values())
            + f", coalesce(sum(replies) FILTER ({resolved}), 0)::BIGINT"
            + f", coalesce(sum(replies::BIGINT * replies) FILTER ({resolved}), 0)::BIGINT"
            + f" FROM tickets, {self._of_spans} WHERE {self._created} GROUP BY ALL"
        )
        for key, values in self._rows(statement):
            counts = self._of(key)
            for name, value in zip((*counted, "replies", "squared_replies"), values, strict=True):
                setattr(counts, name, getattr(counts, name) + value)

    def _count_backlog(self) -> None:
        asked = self._asked
        instants = {"before": asked.before.begin, "begin": asked.begin, "end": asked.end}
        statement = (
            f"SELECT {self._dimensions.columns('tickets')} true AS now, "
            + ", ".join(f"count(*) FILTER ({in_backlog(f'${name}', at, asked.at)})" for name, at in instants.items())
            + " FROM tickets GROUP BY ALL"
        )
        for (group, _), (before, begin, end) in self._rows(statement):
            for now, first, last in ((True, begin, end), (False, before, begin)):
                counts = self._of((group, now))
                counts.backlog_begin += first
                counts.backlog_end += last
                if not self._by_creation:
                    counts.open += last

    def _count_ratings(self) -> None:
        statement = (
            f"SELECT {self._dimensions.columns('tickets')} now, {BAND} AS band, rating, count(*) "
            f"FROM tickets, {self._of_spans} WHERE {self._created} AND {self._within('rated_at')} GROUP BY ALL"
        )
        for key, (band, rating, count) in self._rows(statement):
            self._of(key).ratings[band][rating - 1] += count

    @property
    def _clocks(self) -> str:
        """Clocks with their dimensions as d0, d1 …"""
        columns = "created_at, metric, started_at, duration, business, stopped_by, observed, target, met, breached_at"
        if not self._dimensions.needs_tickets:
            return f"(SELECT {self._dimensions.columns('clocks')} {columns} FROM clocks)"
        named = ", ".join(f"clocks.{name}" for name in columns.split(", "))
        return f"(SELECT {self._dimensions.columns('tickets')} {named} FROM clocks JOIN tickets USING (tid))"

    def _count_clocks(self) -> None:
        ended = "true" if self._by_creation else "started_at + duration >= since AND started_at + duration < until"
        breached = "true" if self._by_creation else "breached_at >= since AND breached_at < until"
        conditions = {
            "n": f"{ended} AND observed",
            "censored": "NOT observed" if self._by_creation else "false",
            "met": f"{ended} AND met",
            "broken": f"{breached} AND NOT met AND stopped_by IS NOT NULL",
            "overdue": f"{breached} AND NOT met AND stopped_by IS NULL",
            "undecided": "met IS NULL AND target IS NOT NULL" if self._by_creation else "false",
        }
        statement = (
            f"SELECT {self._dimensions.listed()} now, metric, "
            + ", ".join(f"count(*) FILTER ({condition})" for condition in conditions.values())
            + f" FROM {self._clocks}, {self._of_spans} WHERE {self._created} AND {_OF_METRICS} GROUP BY ALL"
        )
        for key, (metric, *values) in self._rows(statement):
            self._of(key).clocks[metric].add(ClockCounts(*values))

    @property
    def _timed(self) -> str:
        """The clocks whose durations count."""
        return self._created if self._by_creation else "observed AND " + self._within("(started_at + duration)")

    def _time_totals(self, total: TicketCounts, before: TicketCounts) -> None:
        for column, name in (("duration", "round_the_clock"), ("business", "business")):
            ordered = Ordered(
                self._connection,
                f"SELECT {METRIC_NUMBER} + {len(METRICS)} * now::INTEGER AS slot, {column} AS value, observed "
                f"FROM clocks, {self._of_spans} WHERE {self._timed} AND {_OF_METRICS}",
                self._spans,
                2 * len(METRICS),
                self._longest,
            )
            times = ordered.times(range(2 * len(METRICS)), likely=self._by_creation, with_interval=column == "duration")
            for i, metric in enumerate(METRICS):
                for counts, slot in ((total, i + len(METRICS)), (before, i)):
                    if slot in times:
                        setattr(counts.clocks[metric], name, times[slot])
            ordered.drop()

    def _time_groups(self, groups: Mapping[Group, TicketCounts]) -> None:
        if not groups:
            return
        self._connection.execute(
            f"CREATE OR REPLACE TEMP TABLE known_groups AS SELECT *, row_number() OVER () - 1 AS g FROM "
            f"(SELECT DISTINCT {self._dimensions.columns('tickets')[:-2]} FROM tickets)",
            self._dimensions.parameters,
        )
        known = self._connection.execute("SELECT * FROM known_groups ORDER BY g").fetchall()
        names = [self._dimensions.group(row[:-1]) for row in known]
        bound = {**self._dimensions.parameters, "begin": self._asked.begin, "end": self._asked.end}
        for column, name in (("duration", "round_the_clock"), ("business", "business")):
            ordered = Ordered(
                self._connection,
                f"SELECT g * {len(METRICS)} + {METRIC_NUMBER} AS slot, {column} AS value, observed "
                f"FROM {self._clocks} AS c JOIN known_groups ON {self._dimensions.joined('c', 'known_groups')}, "
                f"(VALUES ($begin, $end)) AS span(since, until) WHERE {self._timed} AND {_OF_METRICS}",
                bound,
                len(names) * len(METRICS),
                self._longest,
            )
            times = ordered.times(list(ordered.slots), likely=self._by_creation, with_interval=False)
            for slot, found in times.items():
                g, i = divmod(slot, len(METRICS))
                setattr(groups[names[g]].clocks[METRICS[i]], name, found)
            ordered.drop()


def in_backlog(instant: str, value: int, at: int) -> str:
    """Whether a ticket was in the backlog at an instant, after all that happened at it; a later one than the evaluation
    is taken for that.
    """
    if value >= at:
        return f"closed_at IS NULL AND created_at <= {instant}"
    again = f"list_filter(reopened, lambda one: one.since <= {instant} AND {instant} < one.until)"
    return f"((open_since <= {instant} AND {instant} < open_until) OR len({again}) > 0)"
