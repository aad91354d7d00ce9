"""The errors that the domain knows. Adapters translate what AWS says into these, by error code."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

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


class TicketFaulty(ReplyclockError):
    """The ticket cannot be evaluated: `reason` says where that failed (see place_of), `last_known` how it stood last,
    where that is known.
    """

    def __init__(self, reason: str, last_known: Mapping[str, object] | None) -> None:
        self.reason, self.last_known = reason, last_known
        super().__init__(f"the ticket cannot be evaluated: {reason}")


class StoreUnavailable(ReplyclockError):
    """The store did not take or give what was asked, after the retries of the client. Trying later may work."""


class BeingBuilt(StoreUnavailable):
    """Figures of days do not agree with one another: they are being built, or were left half built."""


class LeftHalfBuilt(ReplyclockError):
    """The same, where nobody builds them."""


class PartitionBroken(ReplyclockError):
    """Stored facts cannot be used: an object is missing or not what was written. `partition` is a date or a month."""

    def __init__(self, partition: str, problem: str) -> None:
        self.partition = partition
        super().__init__(f"the facts of {partition}: {problem}")


class RefusedByStore(StoreUnavailable):
    """What was handed over will never be taken, however often it is tried: it is too large, or not well formed."""


class PartlyPublished(StoreUnavailable):
    """Some forms of a message were taken, and others were not. `forms` are those that were: they need not be sent
    again.
    """

    def __init__(self, forms: Collection[str], reason: str) -> None:
        self.forms = frozenset(forms)
        super().__init__(reason)


class CallFailed(ReplyclockError):
    """A call of an AWS service that an operator's command made did not give what was asked; the message says which and
    why. `permission` is what the caller would have to be allowed, where that is why.
    """

    def __init__(self, reason: str, permission: str | None = None) -> None:
        self.permission = permission
        super().__init__(reason)


class NotThere(CallFailed):
    """There is no such thing."""


class PolicyUnreadable(ReplyclockError):
    """The version of the policy that is asked about was published, and cannot be read any more."""

    def __init__(self, version: int) -> None:
        self.version = version
        super().__init__(f"version {version} of the policy cannot be read: publish the next one")


class ToolFailed(ReplyclockError):
    """A ticketing tool's API did not give an answer that can be used. The message says why, without what it said."""


class OutOfTime(ReplyclockError):
    """The time that there was is over. Going on later gives the rest."""


def is_transient(error: BaseException) -> bool:
    """Whether trying the same again later may work; everything else is a fault of the thing that was worked on."""
    return isinstance(error, Conflict | StoreUnavailable) and not isinstance(error, RefusedByStore)


def place_of(error: BaseException) -> str:
    """What kind of error it is and where it was raised, such as `OverflowError at calendars.py:88 in day`.

    The innermost place in this package, the innermost of all where there is none. Never the error's own text: that may
    hold what a customer wrote.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "replyclock" in PurePath(frame.filename).parts]
    if not frames:
        return type(error).__name__
    frame = (own or frames)[-1]
    return f"{type(error).__name__} at {PurePath(frame.filename).name}:{frame.lineno} in {frame.name}"
