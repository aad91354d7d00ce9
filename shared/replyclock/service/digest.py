"""Owe the digests that the policy's `monitoring` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replyclock.domain.errors import PolicyUnreadable
from replyclock.domain.notices import class_name, digests
from replyclock.domain.policy import Monitoring, Policy

from .faults import SetAside, faulty_digest
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
    set_aside: SetAside

    def __call__(self) -> int:
        """Returns how many digests are owed since. A class whose digests cannot be made is set aside for its time.

        Raises StoreUnavailable; the next call finds what is left.
        """
        now = self.clock()
        document = self.policy().in_force(now)
        try:
            classes = document.monitoring if document else ()
        except PolicyUnreadable:
            return 0  # what it asked for cannot be known
        owed = 0
        for monitoring in classes:
            at = now // monitoring.every * monitoring.every
            name = class_name(monitoring.when, monitoring.every)
            if self.notices.digested(name, at):
                continue
            with self.set_aside.isolating(faulty_digest(name, at)):
                owed += self._owe(monitoring, at, now)
            # Last of all: after a crash before it the digests are made again, and those that are owed stay as they are.
            self.notices.mark_digested(name, at)
        return owed

    def _owe(self, monitoring: Monitoring, at: int, now: int) -> int:
        owed = 0
        standing, answers = self.standings.standing(), self.standings.answers(at - monitoring.every, at)
        for digest in digests(monitoring, at, now, standing, answers):
            self.notices.owe(digest)
            owed += 1
        return owed
