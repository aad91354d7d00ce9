"""Build the figures of the days on which something happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, day_of
from replyclock.domain.policy import Policy
from replyclock.domain.rollup import header

from .ports import NOTED_ANEW, Clock, Days, Tickets

UNSETTLED = 20 * 3600 * SECOND
"""A day with open tickets is built once in this time, though nothing happens to them: time alone breaks promises."""
SETTLED = 3 * NOTED_ANEW
"""A note that is younger than this stays: somebody may rely on it, whose event is not in what is being read now."""


@dataclass(frozen=True, slots=True)
class CompileDays:
    """Builds what was touched or is unsettled, from the logs. Built once more, a day is the same."""

    days: Days
    tickets: Tickets
    policy: Callable[[], Policy]
    clock: Clock

    def __call__(self, until: int) -> int:
        """Stops beginning with days at `until`; what is left is built the next time. Returns how many were built.

        Raises StoreUnavailable.
        """
        now = self.clock()
        touched = self.days.touched()
        waiting = {one.day for one in self.days.headers() if one.unsettled and one.at <= now - UNSETTLED}
        built = 0
        # What something happened to, the newest first, is what people look at.
        for day in sorted({*touched, *waiting}, key=lambda day: (day not in touched, -day)):
            if self.clock() >= until:
                break
            self._build(day, now)
            if day in touched and touched[day] <= now - SETTLED:
                self.days.clear(day, touched[day])
            built += 1
        return built

    def _build(self, day: int, at: int) -> None:
        policy = self.policy()
        found = [figures for key in sorted(self.days.tickets(day)) if (figures := self._figures(key, policy, at))]
        # By a late event a ticket may turn out to be older than the index knew a moment ago.
        tickets = [one for one in found if day_of(one.created_at) == day]
        self.days.write(header(day, at, tickets), tickets)

    def _figures(self, key: TicketKey, policy: Policy, at: int) -> TicketFigures | None:
        return ticket_figures((stored.event for stored in self.tickets.read(key).events), policy, at)
