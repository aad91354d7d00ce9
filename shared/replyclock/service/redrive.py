"""Take up again what was set aside because of a fault, once the fault is mended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from replyclock.domain.errors import Fault, InvalidInput, is_transient, place_of
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import ticket_figures
from replyclock.domain.instants import day_of, parse_instant
from replyclock.domain.policy import Policy
from replyclock.domain.storms import Storm

from .ports import Clock, Days, FaultKind, FaultRecord, Faults, Faulty, Tickets

FIRST = (FaultKind.POLICY_VERSION, FaultKind.TICKET, FaultKind.FIGURES, FaultKind.STORM)
"""What is taken up before the others, which follow from it: an alert can be published when its ticket can be read."""


class Outcome(StrEnum):
    """What became of a thing."""

    WORKS = "works again"
    QUEUED = "will be tried within minutes"
    """It is done by a function, which sets it aside again where that fails."""
    FAILED = "failed again"
    GONE = "is no longer aside"


@dataclass(frozen=True, slots=True)
class Redriven:
    """A thing that was taken up, and why it failed again, if it did."""

    thing: Faulty
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Redrive:
    """Takes up what is aside, one thing at a time. Called again it goes on with what is left."""

    faults: Faults
    tickets: Tickets
    days: Days
    refresh: Callable[[TicketKey], object]
    """Measures a ticket as its events would, and ends its fault."""
    sum_up: Callable[[Storm], None]
    policy: Callable[[], Policy]
    unreadable_versions: Callable[[], Iterable[FaultRecord]]
    clock: Clock
    pace: Callable[[], None]
    """Waits before each thing."""

    def aside(self, kind: FaultKind | None, name: str | None) -> list[Faulty]:
        """What there is of a kind, or of all, in the order in which it is taken up; with a name, that alone.

        Raises InvalidInput where nothing of that name is aside, StoreUnavailable.
        """
        versions = [record.thing for record in self.unreadable_versions()]
        found = [*versions, *(thing for _, thing in self.faults.newest())]
        chosen = [one for one in found if kind in (None, one.kind) and name in (None, str(one))]
        if name is not None and not chosen:
            raise InvalidInput([Fault(name, "is not aside; GET /faults shows what is")])
        return sorted(chosen, key=lambda one: FIRST.index(one.kind) if one.kind in FIRST else len(FIRST))

    def __call__(self, things: Iterable[Faulty]) -> Iterator[Redriven]:
        """What became of each. Raises StoreUnavailable."""
        for thing in things:
            self.pace()
            yield self._one(thing)

    def _one(self, thing: Faulty) -> Redriven:
        if thing.kind is FaultKind.POLICY_VERSION:
            # Read anew already, and still unreadable.
            reason = next((one.reason for one in self.unreadable_versions() if one.thing == thing), None)
            return Redriven(thing, Outcome.FAILED if reason else Outcome.WORKS, reason)
        record = self.faults.get(thing)
        if record is None:
            return Redriven(thing, Outcome.GONE)
        try:
            outcome = self._take_up(thing)
        except Exception as error:
            if is_transient(error):
                raise
            self.faults.set_aside(thing, place_of(error), self.clock())
            return Redriven(thing, Outcome.FAILED, place_of(error))
        # What failed again meanwhile, where a function did it, is not ended by this.
        self.faults.clear(record)
        return Redriven(thing, outcome)

    def _take_up(self, thing: Faulty) -> Outcome:
        match thing:
            case Faulty(FaultKind.TICKET, (tenant, source, ticket)):
                self.refresh((tenant, source, ticket))
                return Outcome.WORKS
            case Faulty(FaultKind.FIGURES, (tenant, source, ticket)):
                self._figures((tenant, source, ticket))
                return Outcome.WORKS
            case Faulty(FaultKind.STORM, (tenant, minute, standard)):
                self.sum_up(Storm(tenant, standard, parse_instant(minute)))
                return Outcome.WORKS
            case Faulty(FaultKind.ALERT | FaultKind.NOTICE | FaultKind.DIGEST):
                self.faults.requeue(thing)
        # Parts of days and connections come by themselves, as soon as they are no longer aside.
        return Outcome.QUEUED

    def _figures(self, key: TicketKey) -> None:
        now = self.clock()
        record = self.tickets.read(key)
        found = ticket_figures((stored.event for stored in record.events), self.policy(), now)
        if found is not None:
            self.days.touch(key, day_of(found.created_at), now)
