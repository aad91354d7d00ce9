"""What the API tells of many tickets: read from the figures of days, never from the tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.advice import advice
from replyclock.domain.agents import agents
from replyclock.domain.causes import causes
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import DAY, SECOND
from replyclock.domain.policy import Policy
from replyclock.domain.report import Asked, check_zone, read_bound, summary
from replyclock.domain.staffing import Effort, staffing

from .ports import Clock, Days

REPORTS = ("summary", "causes", "agents", "staffing", "advice")
SPAN = 28 * DAY
"""What a report is about where nobody says: the last four weeks, whole days."""
HANDLING = 600 * SECOND
"""How long a ticket keeps an agent busy where nobody says; the answer shows it."""


@dataclass(frozen=True, slots=True)
class ReadReports:
    """Answers what is asked of many tickets, as known when their days were built."""

    days: Days
    policy: Callable[[], Policy]
    clock: Clock

    def __call__(self, report: str, options: Mapping[str, str]) -> dict[str, Any]:
        """One of REPORTS. `options` are `from`, `to` (dates or RFC 3339), `zone`, `by`, `cohort`, and for staffing
        `handling_seconds` and `share`; each may be missing.

        Raises InvalidInput naming the options that are wrong, StoreUnavailable.
        """
        asked = self._asked(options)
        whole = (asked.before.begin, asked.end) if report == "summary" else (asked.begin, asked.end)
        headers = [one for one in self.days.headers() if one.matters(*whole)]
        # What is unsettled is as old as it was built; the rest is what it would be today.
        asked = _as_of(asked, min((one.at for one in headers if one.unsettled), default=asked.at))
        tickets = self._tickets(one.day for one in headers)
        match report:
            case "causes":
                return causes(tickets, asked)
            case "agents":
                return agents(tickets, asked)
            case "staffing":
                return staffing(tickets, asked, self.policy(), _effort(options))
            case "advice":
                return advice(tickets, asked, self.policy())
            case _:
                return summary(tickets, asked)

    def _asked(self, options: Mapping[str, str]) -> Asked:
        now, zone = self.clock(), options.get("zone") or "UTC"
        check_zone(zone)
        end = _bound("to", options, zone)
        end = now // DAY * DAY + DAY if end is None else end
        begin = _bound("from", options, zone)
        by = tuple(options["by"].split(",")) if options.get("by") else ()
        cohort: Any = options.get("cohort") or "creation"
        return Asked(end - SPAN if begin is None else begin, end, zone, by, cohort, now)

    def _tickets(self, days: Iterable[int]) -> Iterator[TicketFigures]:
        for day in days:
            yield from self.days.read(day)


def _as_of(asked: Asked, at: int) -> Asked:
    # A span that begins after the last build is empty, and its report says as of when.
    return replace(asked, at=max(at, asked.begin))


def _bound(name: str, options: Mapping[str, str], zone: str) -> int | None:
    text = options.get(name)
    if not text:
        return None
    try:
        return read_bound(text, zone)
    except ValueError as wrong:
        raise InvalidInput([Fault(name, str(wrong))]) from None


def _effort(options: Mapping[str, str]) -> Effort:
    handling, share = options.get("handling_seconds"), options.get("share")
    try:
        effort = Effort(round(float(handling) * SECOND) if handling else HANDLING)
        return replace(effort, share=float(share)) if share else effort
    except (ValueError, OverflowError):
        raise InvalidInput([Fault("handling_seconds, share", "must be numbers")]) from None
