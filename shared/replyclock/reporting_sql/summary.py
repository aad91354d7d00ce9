"""The summary of a span, its groups, and what changed against the span before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from replyclock.domain.instants import format_instant
from replyclock.domain.policy import METRICS
from replyclock.domain.report import Asked
from replyclock.domain.reporting.facts import TIMES
from replyclock.domain.reporting.summary import BANDS, TicketCounts, change

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
    """Reads the facts once into tables of what counts in which span, and counts these."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, asked: Asked) -> None:
        self._connection = connection
        self._asked = asked
        self._by_creation = asked.cohort == "creation"
        self._dimensions = Dimensions(asked.group_by, asked.zone, *self._created_range())
        self._spans = {"begin": asked.begin, "end": asked.end, "before": asked.before.begin}
        self._counts: dict[Key, TicketCounts] = {}
        self._groups: list[Group] = []

    def document(self) -> dict[str, Any]:
        asked = self._asked
        self._read_tickets()
        self._read_clocks()
        self._count_tickets()
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

    def _created_range(self) -> tuple[int, int]:
        """When the tickets were created: needed where local times are asked for."""
        if not set(self._asked.group_by) & set(TIMES):
            return 0, 0
        found = self._connection.execute("SELECT min(created_at), max(created_at) FROM tickets").fetchone()
        return (0, 0) if found is None or found[0] is None else (found[0], found[1])

    def _execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        given = {**self._spans, **self._dimensions.parameters}
        return self._connection.execute(
            statement, {name: value for name, value in given.items() if f"${name}" in statement}
        )

    def _now(self, instant: str) -> str:
        """Whether something counts in the span that is asked about, or in the one before; NULL in neither. By creation,
        everything of a ticket counts in the span in which it was created.
        """
        if self._by_creation:
            return f"CASE WHEN {instant} IS NOT NULL THEN {_now_of('created_at')} END"
        return _now_of(instant)

    def _read_tickets(self) -> None:
        asked = self._asked
        instants = {"before": asked.before.begin, "begin": asked.begin, "end": asked.end}
        backlog = ", ".join(f"{in_backlog(f'${name}', at, asked.at)} AS open_{name}" for name, at in instants.items())
        columns = (
            f"tid, {_now_of('created_at')} AS created, {self._now('resolved_at')} AS resolved, "
            f"{self._now('first_resolved_at')} AS first_resolved, {self._now('rated_at')} AS rated, "
            f"closed_at IS NULL AS remains, replies, reopens, rating, {BAND} AS band, {backlog}"
        )
        # Texts are not copied: what is grouped by becomes the number of its group.
        source = f"SELECT 0 AS g, {columns} FROM tickets"
        self._groups = [()]
        if self._dimensions.count:
            values = self._dimensions.columns("tickets")
            self._execute(
                "CREATE OR REPLACE TEMP TABLE known_groups AS SELECT *, row_number() OVER () - 1 AS g "
                f"FROM (SELECT DISTINCT {values[:-2]} FROM tickets)"
            )
            rows = self._execute("SELECT * FROM known_groups ORDER BY g").fetchall()
            self._groups = [self._dimensions.group(row[: self._dimensions.count]) for row in rows]
            source = (
                f"SELECT g, t.* EXCLUDE ({self._dimensions.listed()[:-2]}) "
                f"FROM (SELECT {values} {columns} FROM tickets) AS t "
                f"JOIN known_groups ON {self._dimensions.joined('t', 'known_groups')}"
            )
        self._execute(f"CREATE OR REPLACE TEMP TABLE counted_tickets AS {source}")

    def _read_clocks(self) -> None:
        """The clocks of which anything counts, with the number of their group and metric."""
        ended, breached = self._now("(started_at + duration)"), _now_of("breached_at")
        if self._by_creation:
            ended = breached = _now_of("created_at")
        chosen = (
            f"SELECT {{}} {METRIC_NUMBER} AS m, {ended} AS ended, {breached} AS breached, clocks.duration, "
            "clocks.business, clocks.observed, clocks.met, clocks.stopped_by IS NOT NULL AS stopped, "
            f"clocks.target IS NOT NULL AS judged, clocks.tid FROM clocks WHERE {_OF_METRICS}"
            + (" AND created_at >= $before AND created_at < $end" if self._by_creation else "")
        )
        if self._dimensions.needs_tickets:
            source = f"({chosen.format('')}) AS c JOIN (SELECT tid, g FROM counted_tickets) USING (tid)"
        elif self._dimensions.count:
            columns = self._dimensions.columns("clocks")
            source = (
                f"({chosen.format(columns)}) AS c JOIN known_groups ON {self._dimensions.joined('c', 'known_groups')}"
            )
        else:
            source = f"({chosen.format('0 AS g, ')}) AS c"
        self._execute(
            "CREATE OR REPLACE TEMP TABLE counted_clocks AS "
            "SELECT g, m, ended, breached, duration, business, observed, met, stopped, judged "
            f"FROM {source} WHERE ended IS NOT NULL OR breached IS NOT NULL"
        )

    def _of(self, g: int, now: bool) -> TicketCounts:
        return self._counts.setdefault((self._groups[g], now), TicketCounts())

    def _count_tickets(self) -> None:
        counted = {
            "created": "created IS now",
            "open": "created IS now AND remains"
            if self._by_creation
            else "CASE WHEN now THEN open_end ELSE open_begin END",
            "backlog_begin": "CASE WHEN now THEN open_begin ELSE open_before END",
            "backlog_end": "CASE WHEN now THEN open_end ELSE open_begin END",
            "resolved": "resolved IS now",
            "one_touch": "resolved IS now AND replies = 1 AND reopens = 0",
            "first_resolved": "first_resolved IS now",
            "reopened": "first_resolved IS now AND reopens > 0",
            "rated": "first_resolved IS now AND rating IS NOT NULL",
        }
        for now in (True, False):
            conditions = [
                condition.replace("IS now", "" if now else "= false").replace(
                    "CASE WHEN now THEN", "CASE WHEN true THEN" if now else "CASE WHEN false THEN"
                )
                for condition in counted.values()
            ]
            resolved = "resolved" if now else "resolved = false"
            rows = self._execute(
                "SELECT g, "
                + ", ".join(f"count(*) FILTER ({condition})" for condition in conditions)
                + f", coalesce(sum(replies) FILTER ({resolved}), 0)::BIGINT"
                + f", coalesce(sum(replies::BIGINT * replies) FILTER ({resolved}), 0)::BIGINT"
                + " FROM counted_tickets GROUP BY g"
            ).fetchall()
            for g, *values in rows:
                counts = self._of(g, now)
                for name, value in zip((*counted, "replies", "squared_replies"), values, strict=True):
                    setattr(counts, name, value)

    def _count_ratings(self) -> None:
        rows = self._execute(
            "SELECT g, rated, band, rating, count(*) FROM counted_tickets WHERE rated IS NOT NULL GROUP BY ALL"
        ).fetchall()
        for g, now, band, rating, count in rows:
            self._of(g, now).ratings[band][rating - 1] += count

    def _count_clocks(self) -> None:
        ended = {
            "n": "observed",
            "censored": "NOT observed" if self._by_creation else "false",
            "met": "met",
            "undecided": "met IS NULL AND judged" if self._by_creation else "false",
        }
        breached = {"broken": "NOT met AND stopped", "overdue": "NOT met AND NOT stopped"}
        for span, conditions in (("ended", ended), ("breached", breached)):
            rows = self._execute(
                f"SELECT g, m, {span}, "
                + ", ".join(f"count(*) FILTER ({condition})" for condition in conditions.values())
                + f" FROM counted_clocks WHERE {span} IS NOT NULL GROUP BY ALL"
            ).fetchall()
            for g, m, now, *values in rows:
                clocks = self._of(g, now).clocks[METRICS[m]]
                for name, value in zip(conditions, values, strict=True):
                    setattr(clocks, name, value)

    @property
    def _timed(self) -> str:
        """The clocks whose durations count."""
        return "ended IS NOT NULL" if self._by_creation else "ended IS NOT NULL AND observed"

    def _ordered(self, slot: str, column: str, where: str, slots: int) -> Ordered:
        (longest,) = self._execute("SELECT coalesce(max(duration), 0) FROM counted_clocks").fetchone() or (0,)
        statement = f"SELECT {slot} AS slot, {column} AS value, observed FROM counted_clocks WHERE {where}"
        return Ordered(self._connection, statement, {}, slots, longest)

    def _time_totals(self, total: TicketCounts, before: TicketCounts) -> None:
        for column, name in _TIMES.items():
            slot = f"m + {len(METRICS)} * ended::INTEGER"
            ordered = self._ordered(slot, column, self._timed, 2 * len(METRICS))
            times = ordered.times(range(2 * len(METRICS)), likely=self._by_creation, with_interval=column == "duration")
            for i, metric in enumerate(METRICS):
                for counts, place in ((total, i + len(METRICS)), (before, i)):
                    if place in times:
                        setattr(counts.clocks[metric], name, times[place])
            ordered.drop()

    def _time_groups(self, groups: Mapping[Group, TicketCounts]) -> None:
        if not groups:
            return
        for column, name in _TIMES.items():
            slot = f"g * {len(METRICS)} + m"
            ordered = self._ordered(slot, column, f"{self._timed} AND ended", len(self._groups) * len(METRICS))
            times = ordered.times(list(ordered.slots), likely=self._by_creation, with_interval=False)
            for place, found in times.items():
                g, i = divmod(place, len(METRICS))
                setattr(groups[self._groups[g]].clocks[METRICS[i]], name, found)
            ordered.drop()


_TIMES = {"duration": "round_the_clock", "business": "business"}


def _now_of(instant: str) -> str:
    """Whether an instant is in the span that is asked about, or in the one before; NULL if it is in neither."""
    return (
        f"CASE WHEN {instant} >= $begin AND {instant} < $end THEN true "
        f"WHEN {instant} >= $before AND {instant} < $begin THEN false END"
    )


def in_backlog(instant: str, value: int, at: int) -> str:
    """Whether a ticket was in the backlog at an instant, after all that happened at it; a later one than the evaluation
    is taken for that.
    """
    if value >= at:
        return f"closed_at IS NULL AND created_at <= {instant}"
    again = f"list_filter(reopened, lambda one: one.since <= {instant} AND {instant} < one.until)"
    return f"((open_since <= {instant} AND {instant} < open_until) OR len({again}) > 0)"
