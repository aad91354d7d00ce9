"""How tickets stand, as the indexes keep it for those who look at many of them. Instants are in microseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .events import AttributeValue, TicketKey
from .judging import Clock, TicketResult


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A clock that is not over, as it stood when its ticket was last measured: that is at least at every instant at
    which something of it changes.
    """

    metric: str
    state: str
    started_at: int
    due_at: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An open ticket."""

    key: TicketKey
    attributes: dict[str, AttributeValue]
    clocks: tuple[OpenClock, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A first response that somebody gave: when, and how long the customer had waited, round the clock."""

    key: TicketKey
    attributes: dict[str, AttributeValue]
    at: int
    took: int


def open_clocks(running: Iterable[Clock]) -> tuple[OpenClock, ...]:
    """What to keep of clocks that are not over."""
    return tuple(OpenClock(clock.metric, clock.state, clock.started_at, clock.due_at) for clock in running)


def first_answer(result: TicketResult | None) -> tuple[int, int] | None:
    """When a ticket got its first response, and after how long; None unless a reply was given."""
    clock: Clock | None = result.clock("first_response", 1) if result else None
    if clock is None or clock.stopped_by != "reply" or clock.stopped_at is None or clock.duration is None:
        return None
    return clock.stopped_at, clock.duration
