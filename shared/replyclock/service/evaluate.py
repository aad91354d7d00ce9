"""Evaluate each day, week and month: a document for people to read, and in short for those who subscribe."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from replyclock.domain.columns import Pack
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.notices import PERIODS, Period, evaluated_period, evaluation
from replyclock.domain.policy import Policy, PolicyDocument
from replyclock.domain.report import Asked, summary
from replyclock.domain.staffing import Effort
from replyclock.presentation.document import LANGUAGES, render_document

from .document import evaluate
from .ports import Clock, Days, Documents, Notices
from .reports import EVALUATED, HANDLING, read_days

AFTER = 15 * 60 * SECOND
"""How long after its end a period is evaluated: by then its days are built."""


@dataclass(frozen=True, slots=True)
class OweEvaluations:
    """Each period is evaluated once for each tenant to whose tickets something happened. Calling it once more writes
    nothing.
    """

    days: Days
    notices: Notices
    documents: Documents
    policy: Callable[[], Policy]
    clock: Clock

    def __call__(self, known_until: int) -> int:
        """Returns how many evaluations are owed since. A period whose events are not all in the figures, which know
        everything that was noted until then, has to wait. Raises StoreUnavailable; the next call finds what is left.
        """
        now, owed = self.clock(), 0
        for period in PERIODS:
            begin, end = evaluated_period(period, now)
            if min(now, known_until) < end + AFTER or self.notices.digested(period, end):
                continue
            owed += self._evaluate(period, Asked(begin, end, "UTC", (), "event", now))
            self.notices.mark_digested(period, end)
        return owed

    def _evaluate(self, period: Period, asked: Asked) -> int:
        policy = self.policy()
        document = policy.in_force(asked.end - 1)
        asked, found = read_days(self.days, asked, asked.before.begin, EVALUATED)
        tenants: dict[str, list[Pack]] = {}
        for pack in found:
            tenants.setdefault(pack.tenant, []).append(pack)
        for tenant, own in sorted(tenants.items()):
            kept = self._write(period, tenant, own, asked, policy, document) if document else {}
            sources = Counter(source for pack in own for source in pack.tickets().sources)
            (source, _), *_ = sources.most_common(1)
            self.notices.owe(evaluation(period, tenant, summary(own, asked), kept, source))
        return len(tenants)

    def _write(
        self,
        period: Period,
        tenant: str,
        packs: Sequence[Pack],
        asked: Asked,
        policy: Policy,
        document: PolicyDocument,
    ) -> dict[str, str]:
        results = evaluate(packs, replace(asked, cohort="creation"), policy, Effort(HANDLING))
        day = format_instant(asked.begin)[:10]
        return {
            language: self.documents.keep(
                f"evaluations/{tenant}/{period}/{day}.{language}.html",
                render_document(document, results, asked.at, asked.zone, language, "html"),
            )
            for language in LANGUAGES
        }
