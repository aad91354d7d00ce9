"""The figures of all tickets that were created on one day (UTC), packed: what reports read instead of tickets.

A rollup is a pure function of the logs, the policy and an instant: built twice it is the same, and days add up because
each ticket is in one day. What happens to a ticket later has its day built again.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import islice
from typing import Any

from .figures import AgentResponse, ClockFigures, Hold, Phases, TicketFigures
from .instants import DAY

PACKED_TOGETHER = 500
"""Tickets of one pack: some 50 kB, which is far from the 400 kB that an item may hold, whatever their attributes."""
_STANDS_STILL = ("merged", "deleted")


@dataclass(frozen=True, slots=True)
class DayHeader:
    """What is known of a day's rollup without unpacking it."""

    day: int
    """Days since 1970-01-01."""
    at: int
    """The instant at which its tickets were evaluated, in microseconds."""
    tickets: int
    unsettled: bool
    """Whether time alone can change its figures: one of its tickets is open, or one of its clocks runs."""
    last_at: int
    """The last instant at which anything in it happened, in microseconds."""

    def matters(self, begin: int, end: int) -> bool:
        """Whether any of its tickets was there in [begin, end), or had something happen to it in that time."""
        return self.day * DAY < end and (self.unsettled or self.last_at >= begin)


def header(day: int, at: int, tickets: Sequence[TicketFigures]) -> DayHeader:
    """The header of a day whose tickets have these figures at `at`."""
    unsettled = any(
        one.state not in _STANDS_STILL and (one.closed_at is None or not all(clock.observed for clock in one.clocks))
        for one in tickets
    )
    last_at = max((instant for one in tickets for instant in _instants(one)), default=day * DAY)
    return DayHeader(day, at, len(tickets), unsettled, last_at)


def _instants(ticket: TicketFigures) -> Iterator[int]:
    yield ticket.created_at
    for clock in ticket.clocks:
        yield clock.ended_at
    for instant in (ticket.closed_at, ticket.rated_at, *(hold.until for hold in ticket.holds)):
        if instant is not None:
            yield instant
    for response in ticket.responses:
        yield response.at


def pack(tickets: Iterable[TicketFigures]) -> Iterator[bytes]:
    """The figures in packs, in their order."""
    waiting = iter(tickets)
    while some := list(islice(waiting, PACKED_TOGETHER)):
        rows = [_row(one) for one in some]
        yield zlib.compress(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack(packed: bytes) -> Iterator[TicketFigures]:
    """The figures of one pack."""
    for row in json.loads(zlib.decompress(packed)):
        yield _figures(row)


def _row(ticket: TicketFigures) -> tuple[Any, ...]:
    return astuple(ticket)


def _figures(row: list[Any]) -> TicketFigures:
    key, created, state, attributes, assignee, group, clocks, resolved, first, closed, spans, *counts = row
    replies, reopens, rating, rated_at, phases, responses, holds = counts
    return TicketFigures(
        tuple(key),
        created,
        state,
        {name: tuple(value) if isinstance(value, list) else value for name, value in attributes.items()},
        assignee,
        group,
        tuple(ClockFigures(*clock) for clock in clocks),
        resolved,
        first,
        closed,
        tuple((begin, end) for begin, end in spans),
        replies,
        reopens,
        rating,
        rated_at,
        Phases(*phases),
        tuple(AgentResponse(*one) for one in responses),
        tuple(Hold(*one) for one in holds),
    )
