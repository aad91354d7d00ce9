"""How tickets stand, as the indexes keep it for those who look at many of them. Instants are in microseconds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .events import AttributeValue, TicketKey
from .instants import sortable
from .judging import Clock, TicketResult
from .timeline import traits_of


@dataclass(frozen=True, slots=True)
class OpenClock:
    """A clock that is not over, as it stood when its ticket was last measured: that is at least at every instant at
    which something of it changes.
    """

    metric: str
    state: str
    started_at: int
    due_at: int | None = None
    breaks_at: int | None = None
    """The first instant at which it is in breach: the next after `due_at`, but later where that is a closing time."""
    at_risk_at: int | None = None
    """When its first alert below the whole target is reached; None where that is not known, or there is none."""
    standard: str | None = None

    def state_at(self, now: int) -> str:
        """Its state at an instant after its ticket was last measured: a promise may have broken since."""
        broken = self.state == "running" and self.breaks_at is not None and self.breaks_at <= now
        return "breached" if broken else self.state

    def at_risk(self, now: int) -> bool:
        """Whether it runs, and people have been warned of it by then or should have been."""
        return self.state_at(now) == "running" and self.at_risk_at is not None and self.at_risk_at <= now


@dataclass(frozen=True, slots=True)
class Standing:
    """An open ticket."""

    key: TicketKey
    attributes: dict[str, AttributeValue]
    clocks: tuple[OpenClock, ...]
    order: str = ""
    """Where it stands among the open ones: see `urgency`."""
    group: str | None = None
    assignee: str | None = None
    faulty: bool = False
    """Whether it was set aside since, so that this is how it stood before."""

    @property
    def traits(self) -> dict[str, AttributeValue]:
        """What conditions of a policy look at."""
        return traits_of(self.key, self.attributes, self.group, self.assignee)


@dataclass(frozen=True, slots=True)
class Answer:
    """A first response that somebody gave: when, and how long the customer had waited, round the clock."""

    key: TicketKey
    attributes: dict[str, AttributeValue]
    at: int
    took: int
    group: str | None = None
    assignee: str | None = None

    @property
    def traits(self) -> dict[str, AttributeValue]:
        """What conditions of a policy look at."""
        return traits_of(self.key, self.attributes, self.group, self.assignee)


def open_clocks(running: Iterable[Clock]) -> tuple[OpenClock, ...]:
    """What to keep of clocks that are not over."""
    return tuple(
        OpenClock(
            clock.metric,
            clock.state,
            clock.started_at,
            clock.due_at,
            clock.breaks_at,
            min((one.at for one in clock.alerts if one.at_percent < 100 and one.at is not None), default=None),
            clock.standard,
        )
        for clock in running
    )


def place(clock: OpenClock) -> tuple[int, int]:
    """Sorts open clocks: those with a due instant by it, so that broken promises come first; then those that stand
    still by age; then those without a promise.
    """
    if clock.due_at is not None:
        return 0, clock.due_at
    return (2 if clock.state == "no_target" else 1), clock.started_at


def urgency(clocks: Iterable[OpenClock]) -> str:
    """Sorts open tickets as the first of their clocks."""
    rank, at = min(place(clock) for clock in clocks)
    return f"{rank}#{sortable(at)}"


def first_answer(result: TicketResult | None) -> tuple[int, int] | None:
    """When a ticket got its first response, and after how long; None unless a reply was given."""
    clock: Clock | None = result.clock("first_response", 1) if result else None
    if clock is None or clock.stopped_by != "reply" or clock.stopped_at is None or clock.duration is None:
        return None
    return clock.stopped_at, clock.duration
