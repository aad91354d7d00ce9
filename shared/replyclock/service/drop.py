"""Drop the logs of tickets that ended long ago. Reports still have their figures, which are kept by the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from replyclock.domain.columns import PARTS
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY
from replyclock.domain.policy import Policy
from replyclock.domain.rollup import is_unsettled

from .ports import Archive, Clock, Days, TicketRecord, Tickets

Fate = Literal["dropped", "dropped before", "too new", "not over", "an alert is owed", "figures are not built"]


@dataclass(frozen=True, slots=True)
class DropTickets:
    """Removes events, state and alerts of tickets; a mark that stays keeps them from coming back half known.

    It goes by the figures of days, so that what reports do not have yet is never dropped, and nothing is scanned.
    """

    archive: Archive
    tickets: Tickets
    days: Days
    policy: Callable[[], Policy]
    clock: Clock
    pace: Callable[[], None]
    """Waits before each ticket."""

    def __call__(
        self, before: int, tenant: str | None = None, *, dry_run: bool = False
    ) -> tuple[Mapping[Fate, int], int]:
        """Drops the tickets created before an instant to which nothing has happened since, and whose figures time alone
        cannot change and are those of their log. Returns how many tickets met which fate, and how many events went, or
        would.

        Raises StoreUnavailable; called again it goes on.
        """
        fates: Counter[Fate] = Counter()
        events = 0
        policy = self.policy()
        for day in sorted({header.place[0] for header in self.days.headers()}):
            if day * DAY >= before:
                break
            for pack in self.days.read(day, PARTS):
                if tenant not in (None, pack.tenant):
                    continue
                for kept in pack.figures():
                    self.pace()
                    record = self.tickets.read(kept.key)
                    fate = self._fate(record, kept, before, policy)
                    fates[fate] += 1
                    if fate == "dropped":
                        events += len(record.events) if dry_run else self.archive.drop(kept.key, self.clock())
        return fates, events

    def _fate(self, record: TicketRecord, kept: TicketFigures, before: int, policy: Policy) -> Fate:
        if not record.events:
            return "dropped before"
        if max(max(one.event.occurred_at, one.received_at) for one in record.events) >= before:
            return "too new"
        figures = ticket_figures((stored.event for stored in record.events), policy, self.clock())
        if figures is not None and is_unsettled(figures):
            return "not over"
        if any(one.status in ("pending", "claimed") for one in record.ledger):
            return "an alert is owed"
        return "dropped" if figures == kept else "figures are not built"
