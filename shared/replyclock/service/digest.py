"""Owe the digests that the policy's `monitoring` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replyclock.domain.notices import class_name, digests
from replyclock.domain.policy import Policy

from .ports import Clock, Notices, Standings


@dataclass(frozen=True, slots=True)
class OweDigests:
    """Each class of tickets has its digest once in its time, for those tenants that have something to tell.

    Times are counted from 1970-01-01T00:00:00Z: an hourly digest falls due on the hour, a daily one at midnight UTC.
    Calling it once more writes nothing.
    """

    standings: Standings
    notices: Notices
    policy: Callable[[], Policy]
    clock: Clock

    def __call__(self) -> int:
        """Returns how many digests are owed since. Raises StoreUnavailable; the next call finds what is left."""
        now = self.clock()
        document = self.policy().in_force(now)
        owed = 0
        for monitoring in document.monitoring if document else ():
            at = now // monitoring.every * monitoring.every
            name = class_name(monitoring.when, monitoring.every)
            if self.notices.digested(name, at):
                continue
            standing, answers = self.standings.standing(), self.standings.answers(at - monitoring.every, at)
            for digest in digests(monitoring, at, now, standing, answers):
                self.notices.owe(digest)
                owed += 1
            # Last of all: after a crash before it the digests are made again, and those that are owed stay as they are.
            self.notices.mark_digested(name, at)
        return owed
