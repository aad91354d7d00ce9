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
from .faults import SetAside, faulty_digest
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
    set_aside: SetAside

    def __call__(self, known_until: int) -> int:
        """Returns how many evaluations are owed since. A period whose events are not all in the figures, which know
        everything that was noted until then, has to wait. Where the evaluation of a tenant cannot be made, its period
        is set aside, and the others have theirs. Raises StoreUnavailable; the next call finds what is left.
        """
        now, owed = self.clock(), 0
        for period in PERIODS:
            begin, end = evaluated_period(period, now)
            if min(now, known_until) < end + AFTER or self.notices.digested(period, end):
                continue
            with self.set_aside.isolating(faulty_digest(period, end)):
                owed += self._evaluate(period, Asked(begin, end, "UTC", (), "event", now))
            self.notices.mark_digested(period, end)
        return owed

    def _evaluate(self, period: Period, asked: Asked) -> int:
        policy = self.policy()
        document = policy.in_force(asked.end - 1)
        # Without the days that cannot be read: their parts are set aside where they are built.
        asked, found = read_days(self.days, asked, asked.before.begin, EVALUATED, missing=lambda _: None)
        tenants: dict[str, list[Pack]] = {}
        for pack in found:
            tenants.setdefault(pack.tenant, []).append(pack)
        owed = 0
        for tenant, own in sorted(tenants.items()):
            with self.set_aside.isolating(faulty_digest(period, asked.end)):
                self._owe(period, tenant, own, asked, policy, document)
                owed += 1
        return owed

    def _owe(
        self,
        period: Period,
        tenant: str,
        own: Sequence[Pack],
        asked: Asked,
        policy: Policy,
        document: PolicyDocument | None,
    ) -> None:
        kept = self._write(period, tenant, own, asked, policy, document) if document else {}
        sources = Counter(source for pack in own for source in pack.tickets().sources)
        (source, _), *_ = sources.most_common(1)
        self.notices.owe(evaluation(period, tenant, summary(own, asked), kept, source))

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
