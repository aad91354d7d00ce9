"""Agents, fairly: how long customers waited for an agent who had their ticket, and what each agent held.

A queue's delay is nobody's: what a ticket lay unassigned, or with somebody else, counts for no agent. Who works on the
harder tickets takes longer, so agents come in the order of their names and not of their figures.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from .columns import Pack, Tickets
from .encoding import NEVER
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
    waits: array[int] = field(default_factory=lambda: array("q"))
    tickets: int = 0
    held: int = 0
    resolved: int = 0
    reopened: int = 0


def agents(packs: Iterable[Pack], asked: Asked) -> dict[str, Any]:
    """What each agent answered, held and resolved in the span, as a JSON object; whenever the tickets were created.

    A response counts when it was given. `held_seconds` adds up the tickets that an agent had at once. `reopen_rate` is
    the share of the resolutions in the span that were undone by the evaluation. `unassigned_seconds` is how long
    tickets of the backlog were nobody's.
    """
    found: dict[str, _Agent] = {}
    backlog = 0
    for pack in packs:
        tickets = pack.tickets()
        work = pack.work(tickets.created_at)
        for _, name, since, until in work.responses:
            if asked.covers(until):
                found.setdefault(name, _Agent()).waits.append(until - since)
        resolutions = _resolutions(tickets, asked)
        held: dict[tuple[int, str], int] = {}
        for row, name, since, until in work.holds:
            if time := _within(since, until, asked):
                held[row, name] = held.get((row, name), 0) + time
            for undone in resolutions.get((row, until), ()):
                agent = found.setdefault(name, _Agent())
                agent.resolved += 1
                agent.reopened += undone
        for (_, name), time in held.items():
            agent = found.setdefault(name, _Agent())
            agent.held += time
            agent.tickets += 1
        backlog += sum(map(partial(_within, asked=asked), tickets.span_begins, tickets.span_ends))
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


def _resolutions(tickets: Tickets, asked: Asked) -> dict[tuple[int, int], list[bool]]:
    """By ticket and instant each resolution in the span: whether the ticket was reopened after it."""
    found: dict[tuple[int, int], list[bool]] = {}
    rows = tickets.span_rows
    for place, (row, at) in enumerate(zip(rows, tickets.span_ends, strict=True)):
        undone = place + 1 < len(rows) and rows[place + 1] == row
        if asked.covers(at) and (undone or tickets.resolved_at[row] != NEVER):
            found.setdefault((row, at), []).append(undone)
    return found


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
