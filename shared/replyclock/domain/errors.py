"""The errors that the domain knows. Adapters translate what AWS says into these, by error code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_FAULTS = 20
"""How many faults of one input are named; the rest is left to the next attempt."""


class ReplyclockError(Exception):
    """The root of every error that replyclock raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input, and where.

    `field` is a dotted path such as `standards[0].targets.first_response`; `file` and `line` (from 1) say where it
    stands, when that can be told.
    """

    field: str
    problem: str
    line: int | None = None
    file: str | None = None

    def __str__(self) -> str:
        place = f"{self.file or 'line'}:{self.line}: " if self.line else ""
        return place + (f"{self.field}: {self.problem}" if self.field else self.problem)


class InvalidInput(ReplyclockError):
    """An event, a policy or an option that cannot be accepted. `faults` names every place, at most `MOST_FAULTS`."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        super().__init__("; ".join(str(fault) for fault in self.faults))


class Unauthenticated(ReplyclockError):
    """A webhook whose sender could not be verified. The message is for the operator's log, never for the caller."""


class UnknownConnection(ReplyclockError):
    """No connection of that name is configured."""


class Conflict(ReplyclockError):
    """Somebody else wrote first. Read again and decide anew."""


class TicketDropped(ReplyclockError):
    """The log of the ticket was dropped at that instant, in microseconds; reports still have its figures."""

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__("the log of the ticket was dropped")


class StoreUnavailable(ReplyclockError):
    """The store did not take or give what was asked, after the retries of the client. Trying later may work."""


class RefusedByStore(StoreUnavailable):
    """The store does not take this item, however often it is tried."""


class ToolFailed(ReplyclockError):
    """A ticketing tool's API did not give an answer that can be used. The message says why, without what it said."""


class OutOfTime(ReplyclockError):
    """The time that there was is over. Going on later gives the rest."""
