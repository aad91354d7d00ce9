"""Evaluate each day, week and month: a document for people to read, and in short for those who subscribe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.notices import PERIODS, Period, evaluated_period, evaluation
from replyclock.domain.policy import Policy, PolicyDocument
from replyclock.domain.report import Asked
from replyclock.domain.reporting.facts import TABLES
from replyclock.domain.reporting.manifest import Partition
from replyclock.domain.staffing import Effort
from replyclock.presentation.document import LANGUAGES, render_document
from replyclock.reporting_sql import summary

from .document import evaluate
from .faults import SetAside, faulty_digest
from .ports import Clock, Documents, FactStore, Notices
from .reports import HANDLING, chosen

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AFTER = 15 * 60 * SECOND
"""How long after its end a period is evaluated: by then its days are built."""


@dataclass(frozen=True, slots=True)
class OweEvaluations:
    """Each period is evaluated once for each tenant to whose tickets something happened. Calling it once more writes
    nothing.
    """

    facts: FactStore
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
        asked, partitions = chosen(self.facts.manifest(), asked, asked.before.begin)
        owed = 0
        for tenant in sorted({tenant for one in partitions for tenant in one.tenants}):
            with self.set_aside.isolating(faulty_digest(period, asked.end)):
                owed += self._owe(period, tenant, partitions, asked, policy, document)
        return owed

    def _owe(
        self,
        period: Period,
        tenant: str,
        partitions: Sequence[Partition],
        asked: Asked,
        policy: Policy,
        document: PolicyDocument | None,
    ) -> bool:
        own = [one for one in partitions if tenant in one.tenants]
        # Without the days that cannot be read: they are set aside where they are built.
        with self.facts.open(own, TABLES, tenant, lambda _, __: None) as facts:
            source = facts.execute("SELECT mode(source ORDER BY source) FROM tickets").fetchone()
            if source is None or source[0] is None:
                return False
            kept = self._write(period, tenant, facts, asked, policy, document) if document else {}
            self.notices.owe(evaluation(period, tenant, summary(facts, asked), kept, source[0]))
        return True

    def _write(
        self,
        period: Period,
        tenant: str,
        facts: DuckDBPyConnection,
        asked: Asked,
        policy: Policy,
        document: PolicyDocument,
    ) -> dict[str, str]:
        results = evaluate(facts, replace(asked, cohort="creation"), policy, Effort(HANDLING))
        day = format_instant(asked.begin)[:10]
        return {
            language: self.documents.keep(
                f"evaluations/{tenant}/{period}/{day}.{language}.html",
                render_document(document, results, asked.at, asked.zone, language, "html"),
            )
            for language in LANGUAGES
        }
