"""Sum up a storm: the alerts of a standard that came too thick to be told one by one."""

from __future__ import annotations

from dataclasses import dataclass

from replyclock.domain.instants import SECOND
from replyclock.domain.notices import summarize
from replyclock.domain.storms import Storm

from .ports import Clock, Storms

GATHERED = 5 * SECOND
"""How long after its minute a storm is summed up, and after that what came too late for it."""
RETRIED = 60 * SECOND
"""After this long a summing up that was broken off is taken up again."""


@dataclass(frozen=True, slots=True)
class SumUpStorm:
    """Owes the summary of a storm, of those alerts that are not in an earlier one."""

    storms: Storms
    clock: Clock

    def __call__(self, storm: Storm) -> None:
        """Raises Conflict while another attempt is at it, StoreUnavailable: try again."""
        now = self.clock()
        found = self.storms.members(storm, retry_at=now + RETRIED)
        if found is None:
            return
        part, members = found
        self.storms.settle(storm, part, summarize(storm, part, members) if members else None, again_at=now + GATHERED)
