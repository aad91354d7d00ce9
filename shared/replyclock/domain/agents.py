"""Agents, fairly: how long customers waited for an agent who had their ticket, and what each agent held.

A queue's delay is nobody's: what a ticket lay unassigned, or with somebody else, counts for no agent. Who works on the
harder tickets takes longer, so agents come in the order of their names and not of their figures.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .figures import TicketFigures
from .instants import format_instant, seconds
from .report import FEWEST, Asked
from .statistics import median_interval, percentile, share_interval

ASSUMPTIONS = (
    "since_assignment_or_oldest_unanswered_message",
    "answers_by_who_holds_the_ticket",
    "round_the_clock",
    "reopening_counts_for_who_held_it_when_resolved",
    "work_differs_between_agents",
)
"""What the figures rest on, as keys that documents word."""


@dataclass(slots=True)
class _Agent:
    waits: list[int] = field(default_factory=list)
    tickets: int = 0
    held: int = 0
    resolved: int = 0
    reopened: int = 0


def agents(tickets: Iterable[TicketFigures], asked: Asked) -> dict[str, Any]:
    """What each agent answered, held and resolved in the span, as a JSON object; whenever the tickets were created.

    A response counts when it was given. `held_seconds` adds up the tickets that an agent had at once. `reopen_rate` is
    the share of the resolutions in the span that were undone by the evaluation. `unassigned_seconds` is how long
    tickets of the backlog were nobody's.
    """
    found: dict[str, _Agent] = {}
    backlog = 0
    for ticket in tickets:
        for response in ticket.responses:
            if asked.covers(response.at):
                found.setdefault(response.agent, _Agent()).waits.append(response.at - response.since)
        held: dict[str, int] = {}
        for hold in ticket.holds:
            held[hold.agent] = held.get(hold.agent, 0) + _within(hold.since, hold.until, asked)
        for name, time in held.items():
            if time:
                agent = found.setdefault(name, _Agent())
                agent.held += time
                agent.tickets += 1
        for name, undone in _resolutions(ticket, asked):
            agent = found.setdefault(name, _Agent())
            agent.resolved += 1
            agent.reopened += undone
        backlog += sum(_within(since, until, asked) for since, until in ticket.open_spans)
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


def _within(since: int, until: int, asked: Asked) -> int:
    """How much of a time lies in the span."""
    return max(0, min(until, asked.end) - max(since, asked.begin))


def _resolutions(ticket: TicketFigures, asked: Asked) -> Iterator[tuple[str, bool]]:
    """Who had the ticket each time it was resolved in the span, and whether it was reopened after that."""
    spans = ticket.open_spans
    ends = [(before[1], True) for before, _ in itertools.pairwise(spans)]
    if spans and ticket.resolved_at is not None:
        ends.append((spans[-1][1], False))
    for at, undone in ends:
        if asked.covers(at):
            yield from ((hold.agent, undone) for hold in ticket.holds if hold.until == at)


def _document(agent: _Agent) -> dict[str, Any]:
    waits = sorted(agent.waits)
    median, slow = percentile(waits, 50), percentile(waits, 90)
    interval, rate = median_interval(waits), share_interval(agent.reopened, agent.resolved)
    return {
        "responses": {
            "n": len(waits),
            "median_seconds": None if median is None else seconds(median),
            "median_interval_seconds": [seconds(int(end)) for end in interval] if interval else None,
            "percentile_90_seconds": None if slow is None else seconds(slow),
        },
        "tickets": agent.tickets,
        "held_seconds": seconds(agent.held),
        "resolved": agent.resolved,
        "reopened": agent.reopened,
        "reopen_rate": agent.reopened / agent.resolved if agent.resolved else None,
        "reopen_interval": list(rate) if rate else None,
        "too_few": len(waits) < FEWEST,
    }
