"""What the API answers about many tickets: read from facts, never from logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from replyclock.domain.errors import Fault, InvalidInput, PartitionBroken
from replyclock.domain.events import INSTANT_MAX, INSTANT_MIN
from replyclock.domain.instants import DAY, SECOND
from replyclock.domain.policy import METRICS, Policy
from replyclock.domain.report import Asked, check_zone, read_bound, shortened
from replyclock.domain.reporting.facts import DIMENSIONS, TABLES
from replyclock.domain.reporting.manifest import Manifest, Partition
from replyclock.domain.staffing import Effort
from replyclock.presentation.document import FORMATS, LANGUAGES, Format, render_document
from replyclock.reporting_sql import advice, agents, causes, distribution, staffing, summary, trends

from .document import evaluate
from .faults import COUNTED_MAX, SetAside, faulty_part
from .parameters import read_number
from .ports import Clock, FactStore, FaultKind, Faults
from .report_bounds import bounded, read_dimensions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REPORTS = {
    "summary": ("tickets", "clocks"),
    "trends": ("tickets", "clocks"),
    "distribution": ("tickets", "clocks"),
    "causes": ("tickets", "clocks"),
    "agents": ("tickets", "work"),
    "staffing": ("tickets",),
    "advice": ("clocks",),
}
"""Each report with the tables that it reads."""
SPAN = 28 * DAY
"""What a report is about where nobody says: the last four weeks, whole days."""
QUARTER = 91 * DAY
"""The same of the document."""
LONGEST_SPAN = 5 * 366 * DAY
"""How long a span may be that the API is asked about: it answers within its time-out."""
LONGEST_HANDLING = 24 * 3600 * SECOND
"""How long a ticket may keep an agent busy: what staffing costs grows with it."""
HANDLING = 600 * SECOND
"""How long a ticket keeps an agent busy where nobody says; the answer shows it."""


@dataclass(slots=True)
class _Missing:
    """What an answer is without."""

    partitions: list[tuple[Partition, PartitionBroken]] = field(default_factory=list)
    months: Sequence[str] = ()

    def add(self, partition: Partition, error: PartitionBroken) -> None:
        """Takes what cannot be read."""
        self.partitions.append((partition, error))

    @property
    def names(self) -> list[str]:
        """The days and months."""
        return sorted([*self.months, *(partition.name for partition, _ in self.partitions)])


@dataclass(frozen=True, slots=True)
class ReadReports:
    """Answers what is asked about many tickets, as known when their facts were built."""

    facts: FactStore
    policy: Callable[[], Policy]
    clock: Clock
    faults: Faults
    set_aside: SetAside | None = None
    """Has facts that cannot be read built anew, and counts them."""

    def __call__(self, report: str, options: Mapping[str, str]) -> dict[str, Any] | None:
        """One of REPORTS; None for any other name. `options` are `from`, `to` (dates or RFC 3339), `zone`, `by`,
        `cohort`, `tenant`, for trends `every`, for trends and distribution `metric`, and for staffing
        `handling_seconds` and `share`; each may be missing.

        Where figures are missing from it, `missing` says which and why. Raises InvalidInput naming the options that are
        wrong, StoreUnavailable.
        """
        if report not in REPORTS:
            return None
        without = _Missing()
        found = self._report(report, options, without)
        missing = self._missing(without)
        found = bounded(found)
        return {**found, "missing": missing} if missing else found

    def _missing(self, without: _Missing) -> list[dict[str, Any]]:
        """What the report has not, and the tickets that are aside."""
        aside = Counter(thing.kind for _, thing in islice(self.faults.newest(), COUNTED_MAX))
        found: list[dict[str, Any]] = [
            {"day" if len(name) > len("2026-10") else "month": name, "reason": "its figures cannot be read now"}
            for name in without.names
        ]
        tickets = max(aside[FaultKind.FIGURES], aside[FaultKind.TICKET])
        if tickets:
            found.append({"tickets": tickets, "reason": "set aside: their last figures count, if there are any"})
        if parts := aside[FaultKind.REPORT_PARTITION]:
            found.append({"report_partitions": parts, "reason": "set aside: they are as they were built last"})
        # After the answer's own: what is aside since this very report is named by its day alone.
        if self.set_aside is not None:
            for partition, error in without.partitions:
                for day in range(partition.first_day, partition.last_day + 1):
                    if day not in partition.without:
                        self.set_aside(faulty_part((day, 0)), error)
        return found

    def _report(self, report: str, options: Mapping[str, str], without: _Missing) -> dict[str, Any]:
        asked = self._asked(options, SPAN)
        begin = asked.before.begin if report == "summary" else asked.begin
        manifest = self.facts.manifest()
        asked, partitions = chosen(manifest, asked, begin)
        tenant = _tenant(options, manifest)
        without.months = manifest.broken_months
        partitions = [one for one in partitions if tenant is None or tenant in one.tenants]
        with self.facts.open(partitions, REPORTS[report], tenant, without.add) as facts:
            if "tickets" in REPORTS[report]:
                check_dimensions(facts, asked.group_by)
            match report:
                case "summary":
                    return summary(facts, asked)
                case "trends":
                    return trends(facts, asked, options.get("every") or "day", _metric(options))
                case "distribution":
                    return distribution(facts, asked, _metric(options))
                case "causes":
                    return causes(facts, asked)
                case "agents":
                    return agents(facts, asked)
                case "staffing":
                    return staffing(facts, asked, self.policy(), _effort(options))
                case _:
                    return advice(facts, asked, self.policy())

    def document(self, options: Mapping[str, str]) -> tuple[str, Format] | None:
        """The service response time document, by the policy in force and the tickets of the last quarter, and its
        format; None where no policy is in force. `options` as above, and `lang` (en or zh) and `format` (html or md).

        Raises InvalidInput, StoreUnavailable.
        """
        faults = [
            Fault(name, f"must be one of {', '.join(known)}")
            for name, known in (("lang", tuple(LANGUAGES)), ("format", FORMATS))
            if options.get(name, known[0]) not in known
        ]
        if faults:
            raise InvalidInput(faults)
        language: Any = options.get("lang", "en")
        form: Any = options.get("format", FORMATS[0])
        policy, now = self.policy(), self.clock()
        document = policy.in_force(now)
        if document is None:
            return None
        effort, manifest = _effort(options), self.facts.manifest()
        asked, partitions = chosen(manifest, self._asked(options, QUARTER), self._asked(options, QUARTER).before.begin)
        tenant, without = _tenant(options, manifest), _Missing(months=manifest.broken_months)
        partitions = [one for one in partitions if tenant is None or tenant in one.tenants]
        results = None
        if partitions:
            with self.facts.open(partitions, TABLES, tenant, without.add) as facts:
                check_dimensions(facts, asked.group_by)
                results = evaluate(facts, asked, policy, effort)
        self._missing(without)
        return render_document(document, results, now, asked.zone, language, form, without.names), form

    def _asked(self, options: Mapping[str, str], span: int) -> Asked:
        now, zone = self.clock(), options.get("zone") or "UTC"
        check_zone(zone)
        end = _bound("to", options, zone)
        end = now // DAY * DAY + DAY if end is None else end
        begin = _bound("from", options, zone)
        by = read_dimensions(options)
        cohort: Any = options.get("cohort") or "creation"
        begin = end - span if begin is None else begin
        if begin < INSTANT_MIN or end > INSTANT_MAX:
            raise InvalidInput([Fault("from, to", "must lie between 1990 and 2200, as events do")])
        if end - begin > LONGEST_SPAN:
            raise InvalidInput(
                [Fault("from, to", "must be at most five years apart: `replyclock report` takes longer spans")]
            )
        return Asked(begin, end, zone, by, cohort, now)


def chosen(manifest: Manifest, asked: Asked, begin: int) -> tuple[Asked, Sequence[Partition]]:
    """The partitions whose tickets were there, or had something happen to them, from `begin` to the end of what is
    asked, and the same question as of when they were built.
    """
    found = [one for one in manifest.partitions if one.matters(begin, asked.end)]
    # What is unsettled is as old as it was built; the rest is what it would be today.
    at = min((one.evaluated_at for one in found if one.unsettled), default=asked.at)
    # A span that begins after the last build is empty, and its report says as of when.
    return replace(asked, at=max(at, asked.begin)), found


def check_dimensions(facts: DuckDBPyConnection, names: Sequence[str]) -> None:
    """Raises InvalidInput, naming `by`, where a name is neither a dimension nor an attribute of any of the tickets."""
    for name in [name for name in names if name not in DIMENSIONS]:
        found = facts.execute(
            "SELECT count(*) FILTER (list_contains(map_keys(attributes), $name)), count(*) FROM tickets", {"name": name}
        ).fetchone()
        if found is not None and found[1] and not found[0]:
            known = ", ".join(DIMENSIONS)
            problem = f"no ticket has an attribute {shortened(name)}: it is one of {known}, or another attribute"
            raise InvalidInput([Fault("by", problem)])


def _tenant(options: Mapping[str, str], manifest: Manifest) -> str | None:
    """The tenant that is asked about; None for all."""
    tenant = options.get("tenant") or None
    if tenant is not None and manifest.partitions and tenant not in manifest.tenants:
        raise InvalidInput([Fault("tenant", f"there is no ticket of a tenant {shortened(tenant)}")])
    return tenant


def _metric(options: Mapping[str, str]) -> str:
    return options.get("metric") or METRICS[0]


def _bound(name: str, options: Mapping[str, str], zone: str) -> int | None:
    text = options.get(name)
    return read_bound(name, text, zone) if text else None


def _effort(options: Mapping[str, str]) -> Effort:
    handling, share = read_number(options, "handling_seconds"), read_number(options, "share")
    duration = HANDLING if handling is None else round(handling * SECOND)
    if not SECOND <= duration <= LONGEST_HANDLING:
        raise InvalidInput([Fault("handling_seconds", f"must be 1 to {LONGEST_HANDLING // SECOND}")])
    return Effort(duration) if share is None else Effort(duration, share=share)
