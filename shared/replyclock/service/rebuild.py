"""Rebuild what was made from the log: say first what would change, then measure the tickets anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields

from replyclock.domain.alerts import entries_due, next_due
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import MINUTE
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy

from .ports import Clock, Refreshed, Tickets, TicketState
from .refresh import RefreshTicket, summarize

STILL_LIVE = 2 * MINUTE
"""What could be known no longer ago than this is left to the timers and the sweep: it is not the past yet."""
NEVER_MEASURED, NOT_ON_RECORD = "never measured", "alerts not on record"


@dataclass(frozen=True, slots=True)
class Compared:
    """A ticket beside what is kept of it."""

    key: TicketKey
    differs_in: tuple[str, ...]
    """The fields of its state that are otherwise than the log says, `never measured`, or `alerts not on record`: ones
    of the past, which nobody is told of any more. Empty where all is as it should be.
    """


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Compares, and writes. Tickets without events, or that were dropped, are passed over."""

    tickets: Tickets
    policy: Callable[[], Policy]
    clock: Clock
    refresh: RefreshTicket
    """With `history_before`, so that it alerts nobody of the past, and `touch`, so that figures are built anew."""
    pace: Callable[[], None]
    """Waits before each ticket."""

    def compare(self, keys: Iterable[TicketKey]) -> Iterator[Compared]:
        """Each of the tickets beside its log as of now; writes nothing. Raises StoreUnavailable."""
        for key in keys:
            self.pace()
            found = self._compare(key)
            if found is not None:
                yield found

    def write(self, keys: Iterable[TicketKey]) -> Iterator[Refreshed]:
        """Measures each of the tickets anew, and has the figures of its day built anew. Raises StoreUnavailable, and
        Conflict where somebody kept writing first. Written once more, nothing changes.
        """
        for key in keys:
            self.pace()
            yield self.refresh(key)

    def _compare(self, key: TicketKey) -> Compared | None:
        now, policy = self.clock(), self.policy()
        record = self.tickets.read(key)
        if not record.events:
            return None
        events = [stored.event for stored in record.events]
        result = evaluate_ticket(events, policy, now)
        state = summarize(result, next_due(events, result, policy, now))
        if record.state is None:
            return Compared(key, (NEVER_MEASURED,))
        differs = [
            one.name for one in fields(TicketState) if getattr(state, one.name) != getattr(record.state, one.name)
        ]
        known = {one.entry.sort_key for one in record.ledger}
        if result and any(entry.sort_key not in known for entry in entries_due(result, now)):
            differs.append(NOT_ON_RECORD)
        return Compared(key, tuple(differs))
