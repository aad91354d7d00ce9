"""What the API tells of many tickets: read from the figures of days, never from their logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from replyclock.domain.advice import advice
from replyclock.domain.agents import agents
from replyclock.domain.causes import causes
from replyclock.domain.columns import Pack
from replyclock.domain.distribution import distribution
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import INSTANT_MAX, INSTANT_MIN
from replyclock.domain.instants import DAY, SECOND, format_instant
from replyclock.domain.policy import METRICS, Policy
from replyclock.domain.report import Asked, check_zone, read_bound, summary
from replyclock.domain.staffing import Effort, staffing
from replyclock.domain.sums import Sums
from replyclock.domain.trends import trends
from replyclock.presentation.document import FORMATS, LANGUAGES, Format, render_document

from .document import evaluate
from .faults import COUNTED_MAX
from .parameters import read_number
from .ports import Clock, Days, FaultKind, Faults, Missing
from .report_bounds import bounded, read_dimensions

REPORTS = {
    "summary": ("tickets", "clocks", "about"),
    "trends": ("tickets", "clocks"),
    "distribution": ("tickets", "clocks", "about"),
    "causes": ("tickets", "clocks", "about", "work"),
    "agents": ("tickets", "work"),
    "staffing": ("tickets", "about"),
    "advice": ("tickets", "clocks"),
}
"""Each report with the parts of packs that it reads."""
EVALUATED = ("tickets", "clocks", "about", "work")
"""The same of the document."""
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


@dataclass(frozen=True, slots=True)
class ReadReports:
    """Answers what is asked of many tickets, as known when their days were built."""

    days: Days
    policy: Callable[[], Policy]
    clock: Clock
    faults: Faults

    def __call__(self, report: str, options: Mapping[str, str]) -> dict[str, Any] | None:
        """One of REPORTS; None for any other name. `options` are `from`, `to` (dates or RFC 3339), `zone`, `by`,
        `cohort`, `tenant`, for trends `every`, for trends and distribution `metric`, and for staffing
        `handling_seconds` and `share`; each may be missing.

        Where figures are missing from it, `missing` says of what and why. Raises InvalidInput naming the options that
        are wrong, StoreUnavailable.
        """
        if report not in REPORTS:
            return None
        days: set[int] = set()
        found = self._report(report, options, days.add)
        missing = self._missing(days)
        found = bounded(found)
        return {**found, "missing": missing} if missing else found

    def _missing(self, days: Collection[int]) -> list[dict[str, Any]]:
        """What no report has now: the days of the span whose figures cannot be read, and the tickets that are aside."""
        aside = Counter(thing.kind for _, thing in islice(self.faults.newest(), COUNTED_MAX))
        found: list[dict[str, Any]] = [{"day": day, "reason": "its figures cannot be read now"} for day in _dates(days)]
        tickets = max(aside[FaultKind.FIGURES], aside[FaultKind.TICKET])
        if tickets:
            found.append({"tickets": tickets, "reason": "set aside: their last figures count, if there are any"})
        if parts := aside[FaultKind.REPORT_PARTITION]:
            found.append({"report_partitions": parts, "reason": "set aside: they are as they were built last"})
        return found

    def _report(self, report: str, options: Mapping[str, str], missing: Missing) -> dict[str, Any]:
        asked = self._asked(options, SPAN)
        tenant = options.get("tenant")
        if report == "summary":
            return summary(*read_sums(self.days, asked, REPORTS[report], tenant, missing))
        asked, packs = read_days(self.days, asked, asked.begin, REPORTS[report], tenant, missing)
        match report:
            case "trends":
                return trends(packs, asked, options.get("every") or "day", _metric(options))
            case "distribution":
                return distribution(packs, asked, _metric(options))
            case "causes":
                return causes(packs, asked)
            case "agents":
                return agents(packs, asked)
            case "staffing":
                return staffing(packs, asked, self.policy(), _effort(options))
            case _:
                return advice(packs, asked, self.policy())

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
        asked = self._asked(options, QUARTER)
        effort = _effort(options)
        missing: set[int] = set()
        tenant = options.get("tenant")
        asked, found = read_days(self.days, asked, asked.before.begin, EVALUATED, tenant, missing.add)
        packs = list(found)
        results = evaluate(packs, asked, policy, effort) if packs else None
        return render_document(document, results, now, asked.zone, language, form, _dates(missing)), form

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


def read_days(
    days: Days,
    asked: Asked,
    begin: int,
    parts: Collection[str],
    tenant: str | None = None,
    missing: Missing | None = None,
) -> tuple[Asked, Iterator[Pack]]:
    """The tickets, of all tenants or of one, that were there or to which something happened from `begin` to the end of
    what is asked, and the same question as of when they were built. Of the packs no more than the parts is read. See
    Days.read for `missing`.
    """
    asked, meant = _days(days, asked, begin)
    return asked, (pack for pack in days.read(meant, parts, missing) if tenant in (None, "", pack.tenant))


def read_sums(
    days: Days, asked: Asked, parts: Collection[str], tenant: str | None = None, missing: Missing | None = None
) -> tuple[Iterator[Pack | Sums], Asked]:
    """The same for a comparison with the span before, as sums wherever these tell enough."""
    bounds = (asked.before.begin, asked.begin, asked.end)
    asked, meant = _days(days, asked, asked.before.begin)

    def is_cut(day: int) -> bool:
        return any(day * DAY < bound < (day + 1) * DAY for bound in bounds)

    whole = [day for day in meant if asked.counts_whole and not is_cut(day)]
    cut = sorted({*meant}.difference(whole))
    told: Iterator[Pack | Sums] = chain(days.sums(whole, missing), days.read(cut, parts, missing))
    return (some for some in told if tenant in (None, "", some.tenant)), asked


def _days(days: Days, asked: Asked, begin: int) -> tuple[Asked, Sequence[int]]:
    headers = [one for one in days.headers() if one.matters(begin, asked.end)]
    # What is unsettled is as old as it was built; the rest is what it would be today.
    at = min((one.at for one in headers if one.unsettled), default=asked.at)
    # A span that begins after the last build is empty, and its report says as of when.
    return replace(asked, at=max(at, asked.begin)), sorted({one.place[0] for one in headers})


def _metric(options: Mapping[str, str]) -> str:
    return options.get("metric") or METRICS[0]


def _bound(name: str, options: Mapping[str, str], zone: str) -> int | None:
    text = options.get(name)
    return read_bound(name, text, zone) if text else None


def _dates(days: Collection[int]) -> list[str]:
    return [format_instant(day * DAY)[:10] for day in sorted(days)]


def _effort(options: Mapping[str, str]) -> Effort:
    handling, share = read_number(options, "handling_seconds"), read_number(options, "share")
    duration = HANDLING if handling is None else round(handling * SECOND)
    if not SECOND <= duration <= LONGEST_HANDLING:
        raise InvalidInput([Fault("handling_seconds", f"must be 1 to {LONGEST_HANDLING // SECOND}")])
    return Effort(duration) if share is None else Effort(duration, share=share)
