"""Which promises would have been kept: for each standard and clock, beside what is promised today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .figures import ClockFigures, TicketFigures
from .instants import format_instant, seconds
from .policy import METRICS, Policy
from .report import FEWEST, Asked
from .statistics import share_interval, survival_interval, survival_quantile

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
    times: list[tuple[int, bool]] = field(default_factory=list)
    """The business time of each clock, and whether its end was seen."""
    kept: int = 0
    broken: int = 0
    overdue: int = 0
    undecided: int = 0
    targets: set[int] = field(default_factory=set)

    def add(self, clock: ClockFigures) -> None:
        self.times.append((clock.business, clock.observed))
        if clock.target is not None:
            self.targets.add(clock.target)
        if clock.met is None:
            self.undecided += 1
        elif clock.met:
            self.kept += 1
        else:
            self.broken += clock.observed
            self.overdue += not clock.observed


def advice(tickets: Iterable[TicketFigures], asked: Asked, policy: Policy) -> dict[str, Any]:
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
    for ticket in tickets:
        for clock in ticket.clocks:
            if clock.standard is not None and asked.covers(clock.started_at):
                found.setdefault((clock.standard, clock.metric), _Promised()).add(clock)
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
            for standard, metric in found
        ],
    }


def _document(promised: _Promised) -> dict[str, Any]:
    judged = promised.kept + promised.broken + promised.overdue
    interval = share_interval(promised.kept, judged)
    ended = sum(ended for _, ended in promised.times)
    return {
        "n": ended,
        "censored": len(promised.times) - ended,
        "too_few": len(promised.times) < FEWEST,
        "kept": promised.kept,
        "broken": promised.broken,
        "overdue": promised.overdue,
        "undecided": promised.undecided,
        "compliance": promised.kept / judged if judged else None,
        "compliance_interval": list(interval) if interval else None,
        "judged_by": [seconds(target) for target in sorted(promised.targets)],
        "would_be_kept": [_kept_by(promised.times, percent) for percent in PERCENTS],
    }


def _kept_by(times: Sequence[tuple[int, bool]], percent: int) -> dict[str, Any]:
    promise, interval = survival_quantile(times, percent / 100), survival_interval(times, percent / 100)
    return {
        "percent": percent,
        "seconds": None if promise is None else seconds(promise),
        "interval_seconds": [None if end is None else seconds(end) for end in interval] if interval else None,
    }
