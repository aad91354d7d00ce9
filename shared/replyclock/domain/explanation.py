"""Why a clock shows what it shows: which parts of its life counted, and which did not, with the reason of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .calendars import ALWAYS, Calendar
from .events import AttributeValue
from .instants import format_instant, seconds
from .judging import Clock, TicketResult, paused_spans
from .policy import Policy, PolicyDocument, Promise


@dataclass(frozen=True, slots=True)
class Interval:
    """A part of a clock's life, [begin, end) in microseconds.

    `reason` is `counted`, or why it did not count: `status: pending`, `outside_hours`, `holiday: its name`, `break`,
    or `before_standard` where a standard counts only since it applies.
    """

    begin: int
    end: int
    reason: str

    def document(self) -> dict[str, Any]:
        """The interval as a JSON object."""
        return {
            "from": format_instant(self.begin),
            "to": format_instant(self.end),
            "seconds": seconds(self.end - self.begin),
            "counts": self.reason == "counted",
            "reason": self.reason,
        }


def explain(clock: Clock, result: TicketResult, policy: Policy) -> tuple[Interval, ...]:
    """The life of a clock of the result, whole and in order; what counted adds up to its `elapsed`.

    The policy must be the one that the result was judged by. A cancelled clock has nothing to explain.
    """
    if clock.measured_from is None:
        return ()
    end = clock_end(clock, result)
    calendar = calendar_of(clock, policy)
    parts = []
    if clock.started_at < clock.measured_from:
        parts.append(Interval(clock.started_at, clock.measured_from, "before_standard"))
    at = clock.measured_from
    for begin, stop, status in paused_spans(clock.metric, clock.started_at, end, result.timeline, policy):
        if stop > clock.measured_from:
            paused_at = max(begin, clock.measured_from)
            parts += [*_active(at, paused_at, calendar), Interval(paused_at, stop, f"status: {status}")]
            at = stop
    return (*parts, *_active(at, end, calendar))


def explained(result: TicketResult, policy: Policy) -> dict[str, Any]:
    """The result in the contract's form, each clock with its `explanation`: what the API and the command give."""
    document = result.document()
    for clock, clock_document in zip(result.clocks, document["clocks"], strict=True):
        clock_document["explanation"] = [interval.document() for interval in explain(clock, result, policy)]
    return document


def clock_end(clock: Clock, result: TicketResult) -> int:
    """Where the clock's life ends, in microseconds: its stop, its cancelling, or the instant of the evaluation."""
    return clock.stopped_at if clock.stopped_at is not None else result.timeline.until


@dataclass(frozen=True, slots=True)
class Account:
    """An explanation in short: how much of a clock's life counted, and how much did not, by its reasons."""

    counted: int
    left_out: tuple[tuple[str, int], ...]
    """Reasons and durations in microseconds, the longest first."""


def account(clock: Clock, result: TicketResult, policy: Policy) -> Account:
    """The account of a clock of the result. The policy must be the one that the result was judged by."""
    totals: dict[str, int] = {}
    for interval in explain(clock, result, policy):
        totals[interval.reason] = totals.get(interval.reason, 0) + interval.end - interval.begin
    counted = totals.pop("counted", 0)
    return Account(counted, tuple(sorted(totals.items(), key=lambda one: (-one[1], one[0]))))


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a clock is judged by the standard that governs it, or by none."""

    document: PolicyDocument | None
    """The version of the policy; None where none was in force."""
    traits: Mapping[str, AttributeValue]
    """What conditions looked at (see `traits_of`): as it was at the clock's end, or with `pin` at its start."""
    governing: Promise | None
    others: tuple[Promise, ...]
    """What else matched and had a target for the clock, in the order of the document."""


def grounds(clock: Clock, result: TicketResult, policy: Policy) -> Grounds:
    """Why that standard governs a clock of the result. The policy must be the one that the result was judged by."""
    end = clock_end(clock, result)
    document = policy.in_force(end)
    if document is not None and document.when_policy_changes == "pin":
        document = policy.in_force(clock.started_at)
    pinned = document is not None and document.when_attributes_change == "pin"
    traits = result.timeline.traits_at(clock.started_at if pinned else end)
    promises = document.promises(clock.metric, traits) if document else []
    governing = next((promise for promise in promises if promise.standard.name == clock.standard), None)
    return Grounds(document, traits, governing, tuple(one for one in promises if one is not governing))


def calendar_of(clock: Clock, policy: Policy) -> Calendar:
    """The calendar of the standard that governs a clock, round the clock without one. The policy must be the one that
    the clock was judged by.
    """
    if clock.calendar is None:
        return ALWAYS
    document = next(document for document in policy.documents if document.version == clock.policy_version)
    return document.known_calendars[clock.calendar]


def _active(begin: int, end: int, calendar: Calendar) -> list[Interval]:
    counted = [Interval(left, right, "counted") for left, right in calendar.open_intervals(begin, end)]
    closed = [Interval(left, right, reason) for left, right, reason in calendar.closures(begin, end)]
    return sorted((*counted, *closed), key=lambda interval: interval.begin)
