"""Agents, fairly: how long customers waited for an agent who had their ticket, and what each agent held.

A queue's delay is nobody's: what a ticket lay unassigned, or with another agent, counts for no agent. Who works on the
harder tickets takes longer, so agents come in the order of their names and not of their figures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from replyclock.domain.instants import format_instant, seconds
from replyclock.domain.report import FEWEST, Asked
from replyclock.domain.reporting.summary import Times, in_seconds
from replyclock.domain.statistics import share_interval

from .ordered import Ordered

ASSUMPTIONS = (
    "since_assignment_or_oldest_unanswered_message",
    "answers_by_who_holds_the_ticket",
    "round_the_clock",
    "reopening_counts_for_who_held_it_when_resolved",
    "work_differs_between_agents",
)
"""What the figures rest on, as keys that documents word."""

_WITHIN = "greatest(0, least(until, $end) - greatest(since, $begin))"
"""How much of a time lies in the span."""
_SPANS = """
SELECT tid, open_since AS since, open_until AS until, len(reopened) > 0 AS undone, resolved_at FROM tickets
WHERE open_since IS NOT NULL
UNION ALL
SELECT tid, reopened[i].since, reopened[i].until, i < len(reopened), resolved_at
FROM (SELECT tid, reopened, resolved_at, unnest(range(1, len(reopened) + 1)) AS i FROM tickets WHERE len(reopened) > 0)
"""
"""The times in the backlog, each with whether the ticket was reopened after it."""


@dataclass(slots=True)
class _Agent:
    waits: Times
    tickets: int = 0
    held: int = 0
    resolved: int = 0
    reopened: int = 0


def agents(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    """What each agent answered, held and resolved in the span, as a JSON object; whenever the tickets were created.

    A response counts when it was given. `held_seconds` adds up the tickets that an agent had at once. `reopen_rate` is
    the share of the resolutions in the span that were undone by the evaluation. `unassigned_seconds` is how long
    tickets of the backlog were nobody's.
    """
    span = {"begin": asked.begin, "end": asked.end}
    found = {name: _Agent(times) for name, times in _waits(connection, asked).items()}

    def of(name: str) -> _Agent:
        return found.setdefault(name, _Agent(Times()))

    for name, tickets, held in connection.execute(
        f"SELECT agent, count(DISTINCT tid) FILTER ({_WITHIN} > 0), sum({_WITHIN})::BIGINT FROM work "
        f"WHERE kind = 'hold' GROUP BY agent HAVING sum({_WITHIN}) > 0",
        span,
    ).fetchall():
        agent = of(name)
        agent.tickets, agent.held = tickets, held
    for name, resolved, reopened in connection.execute(
        f"WITH spans AS ({_SPANS}) SELECT agent, count(*), count(*) FILTER (undone) FROM work JOIN spans "
        "ON work.tid = spans.tid AND work.until = spans.until WHERE kind = 'hold' AND spans.until >= $begin "
        "AND spans.until < $end AND (undone OR resolved_at IS NOT NULL) GROUP BY agent",
        span,
    ).fetchall():
        agent = of(name)
        agent.resolved, agent.reopened = resolved, reopened
    (backlog,) = connection.execute(
        f"WITH spans AS ({_SPANS}) SELECT coalesce(sum({_WITHIN}), 0)::BIGINT FROM spans", span
    ).fetchone() or (0,)
    owned = sum(agent.held for agent in found.values())
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "cohort": "event",
        "fewest": FEWEST,
        "assumptions": list(ASSUMPTIONS),
        "backlog_seconds": seconds(backlog),
        "unassigned_seconds": seconds(backlog - owned),
        "unassigned_share": (backlog - owned) / backlog if backlog else None,
        "agents": [{"agent": name, **_document(found[name])} for name in sorted(found)],
    }


def _waits(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Times]:
    """How long customers waited for each agent who answered in the span."""
    span = {"begin": asked.begin, "end": asked.end}
    chosen = "FROM work WHERE kind = 'response' AND until >= $begin AND until < $end"
    names = connection.execute(
        f"SELECT agent, row_number() OVER (ORDER BY agent) - 1 AS slot, max(until - since) {chosen} GROUP BY agent",
        span,
    ).fetchall()
    connection.execute("CREATE OR REPLACE TEMP TABLE known_agents (agent VARCHAR, slot INTEGER)")
    appender = connection.appender("known_agents")
    for name, slot, _ in names:
        appender.append_row(name, slot)
    appender.flush()
    ordered = Ordered(
        connection,
        "SELECT slot, until - since AS value, true AS observed FROM work JOIN known_agents USING (agent) "
        "WHERE kind = 'response' AND until >= $begin AND until < $end",
        span,
        len(names),
        max((longest for _, _, longest in names), default=0),
    )
    times = ordered.times(range(len(names)), likely=False, with_interval=False)
    ordered.drop()
    return {name: times[slot] for name, slot, _ in names}


def _document(agent: _Agent) -> dict[str, Any]:
    waits, rate = agent.waits, share_interval(agent.reopened, agent.resolved)
    ends = waits.median_interval
    return {
        "responses": {
            "n": waits.n,
            "median_seconds": in_seconds(waits.median),
            "median_interval_seconds": [seconds(int(end)) for end in ends] if ends else None,
            "percentile_90_seconds": in_seconds(waits.percentile_90),
        },
        "tickets": agent.tickets,
        "held_seconds": seconds(agent.held),
        "resolved": agent.resolved,
        "reopened": agent.reopened,
        "reopen_rate": agent.reopened / agent.resolved if agent.resolved else None,
        "reopen_interval": list(rate) if rate else None,
        "too_few": waits.n < FEWEST,
    }
