"""Which promises would have been kept: for each standard and clock, beside what is promised today."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .columns import Kind, Pack
from .instants import format_instant, seconds
from .policy import METRICS, Policy
from .report import FEWEST, Asked
from .statistics import Survival, share_interval

PERCENTS = (90, 95, 99)
"""How many in a hundred clocks a promise is to hold for."""
ASSUMPTIONS = (
    "business_time_from_the_start",
    "running_clocks_last_longer_than_seen",
    "cancelled_clocks_would_have_gone_on",
    "resolving_answers_where_the_policy_says_so",
    "people_work_as_they_did",
)
"""What the figures rest on, as keys that documents word."""


@dataclass(slots=True)
class _Promised:
    ended: array[int] = field(default_factory=lambda: array("q"))
    """The business time of each clock whose end was seen."""
    running: array[int] = field(default_factory=lambda: array("q"))
    """The same of the others, as far as it was seen."""
    kept: int = 0
    broken: int = 0
    overdue: int = 0
    undecided: int = 0
    targets: set[int] = field(default_factory=set)

    def add(self, kind: Kind, times: Sequence[int]) -> None:
        """Counts clocks of a kind."""
        (self.ended if kind.stopped_by else self.running).extend(times)
        if kind.target is not None:
            self.targets.add(kind.target)
        if kind.met is None:
            self.undecided += len(times)
        elif kind.met:
            self.kept += len(times)
        elif kind.stopped_by:
            self.broken += len(times)
        else:
            self.overdue += len(times)


def advice(packs: Iterable[Pack], asked: Asked, policy: Policy) -> dict[str, Any]:
    """For each standard and clock the promise that would have been kept 90, 95 and 99 % of the time, as a JSON object.

    Of the clocks that started in the span, by the standard that governs each: the time in its calendar by which so many
    had stopped (Kaplan and Meier: a running clock is known to take longer), null where too many still run; its interval
    has no upper end where that is beyond what was seen. `target_seconds` is today's promise, by the document in force
    at the evaluation, null where that one has none. `compliance` is by the promises that the clocks had, `judged_by`.
    """
    document = policy.in_force(asked.at)
    today: dict[tuple[str, str], tuple[str, int]] = {
        (standard.name, metric): (calendar.name, standard.targets[metric].on(calendar))
        for standard in (document.standards if document else ())
        for metric in METRICS
        if document and metric in standard.targets
        for calendar in (document.known_calendars[standard.calendar],)
    }
    found: dict[tuple[str, str], _Promised] = {name: _Promised() for name in today}
    for pack in packs:
        for metric, clocks in pack.clocks(pack.tickets().created_at).items():
            times: dict[int, list[int]] = {}
            for start, time, code in zip(clocks.started_at, clocks.business, clocks.codes, strict=True):
                if asked.begin <= start < asked.end:
                    times.setdefault(code, []).append(time)
            for code in sorted(times):
                kind = clocks.kinds[code]
                if kind.standard is not None:
                    found.setdefault((kind.standard, metric), _Promised()).add(kind, times[code])
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "cohort": "start",
        "fewest": FEWEST,
        "assumptions": list(ASSUMPTIONS),
        "policy_version": document.version if document else None,
        "standards": [
            {
                "standard": standard,
                "metric": metric,
                "calendar": today[standard, metric][0] if (standard, metric) in today else None,
                "target_seconds": seconds(today[standard, metric][1]) if (standard, metric) in today else None,
                **_document(found[standard, metric]),
            }
            for standard, metric in [*today, *sorted(found.keys() - today)]
        ],
    }


def _document(promised: _Promised) -> dict[str, Any]:
    judged = promised.kept + promised.broken + promised.overdue
    interval = share_interval(promised.kept, judged)
    n, censored = len(promised.ended), len(promised.running)
    survival = Survival(sorted(promised.ended), sorted(promised.running))
    return {
        "n": n,
        "censored": censored,
        "too_few": n + censored < FEWEST,
        "kept": promised.kept,
        "broken": promised.broken,
        "overdue": promised.overdue,
        "undecided": promised.undecided,
        "compliance": promised.kept / judged if judged else None,
        "compliance_interval": list(interval) if interval else None,
        "judged_by": [seconds(target) for target in sorted(promised.targets)],
        "would_be_kept": [_kept_by(survival, percent) for percent in PERCENTS],
    }


def _kept_by(survival: Survival, percent: int) -> dict[str, Any]:
    promise, interval = survival.quantile(percent / 100), survival.interval(percent / 100)
    return {
        "percent": percent,
        "seconds": None if promise is None else seconds(promise),
        "interval_seconds": [None if end is None else seconds(end) for end in interval] if interval else None,
    }
