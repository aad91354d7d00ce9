"""What is known of the figures that are kept of the tickets of a day: when to build them again, and who needs them.

The tickets that were created on a day (UTC) are divided by the index shard of each, for ever; a part of a day is what
is built, kept and read. It is a pure function of the logs, the policy and an instant: built twice it is the same, and
parts add up because each ticket is in one. What happens to a ticket later has its part built again, and only the logs
of the tickets of which that can change something are read for it: those that something happened to, and the unsettled
ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .figures import TicketFigures
from .instants import DAY

DayPart = tuple[int, int]
"""A day, counted from 1970-01-01, and a shard of its tickets."""
_STANDS_STILL = ("merged", "deleted")


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a part of a day without unpacking it."""

    place: DayPart
    at: int
    """The instant at which its tickets were evaluated, in microseconds; of some it may have been later."""
    tickets: int
    unsettled: bool
    """Whether time alone can change its figures: one of its tickets is open, or one of its clocks runs."""
    last_at: int
    """The last instant at which anything in it happened, in microseconds."""

    def matters(self, begin: int, end: int) -> bool:
        """Whether any of its tickets was there in [begin, end), or had something happen to it in that time."""
        return self.place[0] * DAY < end and (self.unsettled or self.last_at >= begin)


def header(place: DayPart, at: int, tickets: Sequence[TicketFigures]) -> Header:
    """The header of a part whose tickets have these figures at `at`."""
    last_at = max((instant for one in tickets for instant in _instants(one)), default=place[0] * DAY)
    return Header(place, at, len(tickets), any(map(is_unsettled, tickets)), last_at)


def is_unsettled(ticket: TicketFigures) -> bool:
    """Whether time alone can change its figures."""
    if ticket.state in _STANDS_STILL:
        return False
    closed_at = ticket.closed_at
    # A clock that is paused since the ticket was resolved, or since it started after that, stays as it is.
    return closed_at is None or any(
        not clock.observed and clock.ended_at != max(clock.started_at, closed_at) for clock in ticket.clocks
    )


def _instants(ticket: TicketFigures) -> Iterator[int]:
    yield ticket.created_at
    for clock in ticket.clocks:
        yield clock.ended_at
    for instant in (ticket.closed_at, ticket.rated_at, *(hold.until for hold in ticket.holds)):
        if instant is not None:
            yield instant
    for response in ticket.responses:
        yield response.at
