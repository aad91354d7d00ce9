"""A tool's own figures beside ours, and why they differ.

A difference is explained by trying: each reason that could be one is a way of reckoning our figure otherwise, and the
first one that comes to the tool's figure is the reason. What nothing explains is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from .events import AnyEvent, MessageAdded, MessageHidden, TicketCreated, TicketKey
from .instants import MINUTE, SECOND, format_instant, seconds
from .judging import TicketResult, evaluate_ticket
from .policy import Policy

Measure = Literal[
    "first_response",
    "next_response",
    "first_resolution",
    "full_resolution",
    "requester_wait",
    "agent_wait",
    "on_hold",
    "waiting_since",
    "replies",
    "reopens",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
COUNTS: frozenset[Measure] = frozenset({"replies", "reopens"})
"""Measures that are numbers; `waiting_since` is an instant, all others are durations."""
Reason = Literal["definition", "calendar", "hidden_message", "missing_event", "unknown"]

_WAITS: dict[Measure, tuple[str, ...]] = {
    "requester_wait": ("new", "open", "on_hold"),
    "agent_wait": ("pending",),
    "on_hold": ("on_hold",),
}
_FROM_CREATION = ("first_response", "first_resolution", "full_resolution")


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure that a tool states of a ticket: microseconds, or a number where the measure is one of COUNTS."""

    ticket: str
    measure: Measure
    value: int | None
    """None where the tool says that there is none yet."""
    precision: int = 0
    """By how much it may be rounded."""
    business: bool = False
    """Whether only the tool's business hours count."""
    instance: int = 1
    """Which of several waits for a `next_response`."""
    stopped_at: int | None = None
    """When the clock stopped, where the tool says it."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure as the tool states it, ours, and why they differ."""

    key: TicketKey
    stated: Stated
    ours: int | None
    reason: Reason | None = None
    """None where they agree, up to the rounding."""
    because: str = ""

    def document(self) -> dict[str, object]:
        """As a JSON object: durations in seconds, instants as texts."""
        tenant, source, ticket = self.key
        return {
            "tenant": tenant,
            "source": source,
            "ticket": ticket,
            "figure": self.stated.measure,
            "instance": self.stated.instance,
            "business_hours": self.stated.business,
            "theirs": _shown(self.stated.measure, self.stated.value),
            "ours": _shown(self.stated.measure, self.ours),
            "agrees": self.reason is None,
            "reason": self.reason,
            "because": self.because or None,
        }


def _shown(measure: Measure, value: int | None) -> object:
    if value is None or measure in COUNTS:
        return value
    return format_instant(value) if measure == "waiting_since" else seconds(value)


def compare_ticket(
    key: TicketKey, events: Sequence[AnyEvent], stated: Iterable[Stated], policy: Policy, at: int
) -> list[Compared]:
    """Each figure that a tool states of the ticket beside ours as of `at`, which is when the tool stated it.

    Times that still run are left out, as tools bring them up to date only now and then.
    """
    figures = sorted(set(stated), key=lambda one: (one.business, MEASURES.index(one.measure), one.instance))
    result = evaluate_ticket(events, policy, at)
    if result is None or result.timeline.created_at is None:
        why = "nothing is known of the ticket" if result is None else "its creation is not known"
        return [Compared(key, one, None, "missing_event", why) for one in figures if one.value is not None]
    ticket = _Ticket(key, events, policy, at, result)
    compared: list[Compared] = []
    for one in figures:
        if ticket.is_comparable(one):
            compared.append(ticket.compare(one, compared))
    return compared


class _Ticket:
    def __init__(
        self, key: TicketKey, events: Sequence[AnyEvent], policy: Policy, at: int, result: TicketResult
    ) -> None:
        self._key, self._events, self._policy, self._at = key, events, policy, at
        self._result = result

    def is_comparable(self, stated: Stated) -> bool:
        if stated.measure in _WAITS:
            return self._result.timeline.resolved_at is not None and not stated.business
        if stated.measure in ("first_resolution", "full_resolution"):
            return not stated.business
        return True

    def compare(self, stated: Stated, before: Sequence[Compared]) -> Compared:
        ours = _ours(self._result, stated)
        if _agree(ours, stated):
            return Compared(self._key, stated, ours)
        reason, because = next(self._reasons(stated, ours, before))
        return Compared(self._key, stated, ours, reason, because)

    def _reasons(self, stated: Stated, ours: int | None, before: Sequence[Compared]) -> Iterator[tuple[Reason, str]]:
        if stated.business:
            same = (one for one in before if one.stated.measure == stated.measure and not one.stated.business)
            around_the_clock = next(same, None)
            if around_the_clock is not None and around_the_clock.reason is not None:
                yield around_the_clock.reason, around_the_clock.because
            if around_the_clock is not None:
                yield "calendar", f"round the clock both agree: {self._calendar(stated)}"
        for reason, because, value in self._otherwise(stated):
            if _agree(value, stated):
                yield reason, because
        if stated.business and ours is not None and stated.value is not None:
            yield "calendar", self._calendar(stated)
        yield from self._missing(stated)
        yield "unknown", "no other way of reckoning comes to this"

    def _calendar(self, stated: Stated) -> str:
        clock = self._result.clock("first_response" if stated.measure == "first_response" else "next_response", 1)
        calendar = clock.calendar if clock and clock.calendar else "always"
        return f"its business hours are not those of our calendar {calendar}"

    def _otherwise(self, stated: Stated) -> Iterator[tuple[Reason, str, int | None]]:
        """Other ways of reckoning our figure: the reason, in words, and what it comes to."""
        told = self._events
        heard = [event for event in told if not isinstance(event, MessageHidden)]
        if len(heard) < len(told):
            yield "hidden_message", "a message was hidden or made internal later", self._reckoned(heard, stated)
        timeline = self._result.timeline
        created_at = timeline.created_at or 0
        replied_at = next((turn.at for turn in timeline.turns if turn.what == "reply"), None)
        resolved_at = timeline.first_resolved_at
        first_response = stated.measure == "first_response"
        if first_response and not stated.business:
            since = None if replied_at is None else replied_at - created_at
            yield "definition", "there only a reply answers, and being solved does not", since
            ends = [one for one in (replied_at, resolved_at) if one is not None]
            yield "definition", "there being solved answers, too", min(ends) - created_at if ends else None
        if first_response and timeline.agent_initiated:
            yield "definition", "an agent opened the ticket: nobody waited for a first response", 0
            following = next((one for one in self._result.clocks if one.metric == "next_response"), None)
            asked = None if following is None else following.business if stated.business else following.duration
            yield "definition", "there it counts from what the customer wrote after an agent had opened it", asked
        if stated.measure == "replies":
            opened = self._result.timeline.counts.replies - int(timeline.agent_initiated)
            yield "definition", "there the text with which an agent opens a ticket is no reply", opened
        bots = self._reckoned([_by_agent(event) for event in told], stated)
        yield "definition", "there what a program writes counts as a reply", bots
        notes = self._reckoned([_shown_to_all(event) for event in told], stated)
        yield "definition", "there internal notes count as replies", notes
        if stated.measure == "full_resolution":
            total, handling = (self._result.clock(name, 1) for name in ("total_response", "resolution"))
            active = total.active if total else None
            yield "definition", "there the time waiting for the customer or others does not count", active
            yield "definition", "there it counts from when handling began", handling.duration if handling else None
            yield "definition", "there it counts until it was closed", self._until_closed()

    def _until_closed(self) -> int | None:
        closed = [at for at, status in self._result.timeline.statuses if status == "closed"]
        created_at = self._result.timeline.created_at
        return None if not closed or created_at is None else closed[-1] - created_at

    def _reckoned(self, events: Sequence[AnyEvent], stated: Stated) -> int | None:
        result = evaluate_ticket(events, self._policy, self._at)
        return None if result is None else _ours(result, stated)

    def _missing(self, stated: Stated) -> Iterator[tuple[Reason, str]]:
        """What the tool's figure ends with, where nothing of that moment is known, or somebody else did it."""
        moment = stated.stopped_at
        created_at = self._result.timeline.created_at
        if moment is None and stated.value is not None and stated.measure in _FROM_CREATION and not stated.business:
            moment = None if created_at is None else created_at + stated.value
        if moment is None:
            return
        near = [one for one in self._events if abs(one.occurred_at - moment) <= max(stated.precision, SECOND)]
        if not near:
            yield "missing_event", f"nothing is known of what happened at {format_instant(moment)}"
        others = sorted({one.actor.kind for one in near if isinstance(one, MessageAdded) and one.actor.kind != "agent"})
        if others and stated.measure in ("first_response", "next_response"):
            yield "definition", f"who wrote at {format_instant(moment)} is held to be {others[0]} here"


def _agree(ours: int | None, stated: Stated) -> bool:
    if ours is None or stated.value is None:
        return ours is stated.value
    return abs(ours - stated.value) <= stated.precision


def _ours(result: TicketResult, stated: Stated) -> int | None:
    timeline = result.timeline
    created_at = timeline.created_at or 0
    match stated.measure:
        case "first_response" | "next_response" as metric:
            clock = result.clock(metric, stated.instance)
            return None if clock is None else clock.business if stated.business else clock.duration
        case "first_resolution":
            return None if timeline.first_resolved_at is None else timeline.first_resolved_at - created_at
        case "full_resolution":
            return None if timeline.resolved_at is None else timeline.resolved_at - created_at
        case "waiting_since":
            waits = (clock for clock in result.clocks if clock.metric in ("first_response", "next_response"))
            return next((one.started_at for one in waits if one.stopped_at is None and one.state != "cancelled"), None)
        case "replies":
            return timeline.counts.replies
        case "reopens":
            return timeline.counts.reopens
        case _:
            statuses = _WAITS[stated.measure]
            return sum(end - begin for begin, end, status in timeline.status_spans() if status in statuses)


def _by_agent(event: AnyEvent) -> AnyEvent:
    """What a program wrote, as if an agent had."""
    if isinstance(event, MessageAdded | TicketCreated) and event.actor.kind == "bot":
        return event.model_copy(update={"actor": event.actor.model_copy(update={"kind": "agent"})})
    return event


def _shown_to_all(event: AnyEvent) -> AnyEvent:
    """An internal message, as if the customer had been meant to read it."""
    if isinstance(event, MessageAdded) and event.message.visibility == "internal":
        return event.model_copy(update={"message": event.message.model_copy(update={"visibility": "public"})})
    return event


ROUNDED_TO_MINUTES = MINUTE
"""The precision of figures in whole minutes, whichever way they are rounded."""
