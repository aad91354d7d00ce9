"""A tool's own figures beside ours, and why they differ.

A difference is explained by trying: each reason that could be one is a way of reckoning our figure otherwise, and what
comes to the tool's figure is the reason. What nothing explains, or more than one reason would, is said to be unknown.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from .calendars import ALWAYS, Calendar
from .events import RESOLVED, Actor, AnyEvent, MessageAdded, MessageHidden, TicketCreated, TicketKey, read_stored_event
from .explanation import calendar_of
from .instants import MINUTE, SECOND, format_instant, seconds
from .judging import Clock, Span, TicketResult, evaluate_ticket, paused_spans
from .policy import METRICS, Metric, Policy
from .timeline import in_order, requester_of

Measure = Literal[
    "first_response",
    "next_response",
    "first_resolution",
    "full_resolution",
    "requester_wait",
    "agent_work",
    "agent_wait",
    "on_hold",
    "unsolved",
    "first_response_breach",
    "next_response_breach",
    "waiting_since",
    "replies",
    "reopens",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
COUNTS: frozenset[Measure] = frozenset({"replies", "reopens"})
"""Measures that are numbers."""
INSTANTS: frozenset[Measure] = frozenset({"first_response_breach", "next_response_breach", "waiting_since"})
"""Measures that are instants: when a promise was broken, since when somebody waits. All others are durations."""
Reason = Literal["definition", "calendar", "hidden_message", "missing_event", "unknown"]

_WAITS: Mapping[Measure, tuple[str, ...]] = {
    "requester_wait": ("new", "open", "on_hold"),
    "agent_work": ("new", "open"),
    "agent_wait": ("pending",),
    "on_hold": ("on_hold",),
    "unsolved": ("new", "open", "pending", "on_hold"),
}
_CLOCKS: Mapping[Measure, Metric] = {
    "first_response": "first_response",
    "next_response": "next_response",
    "first_response_breach": "first_response",
    "next_response_breach": "next_response",
}
"""The clock that a measure is about; all others are about the whole life of the ticket."""
_FROM_CREATION = ("first_response", "first_resolution", "full_resolution")
_ABOUT_MESSAGES = frozenset({*_CLOCKS, "waiting_since", "replies"})


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure that a tool states of a ticket: microseconds, or a number where the measure is one of COUNTS."""

    ticket: str
    measure: Measure
    value: int | None
    """None where the tool says that there is none yet."""
    precision: int = 0
    """Its unit: a difference up to it may be rounding, whichever way it goes."""
    business: bool = False
    """Whether only the tool's business hours count."""
    instance: int = 1
    """Which of several waits for a `next_response`, where the tool does not say when it began or ended."""
    started_at: int | None = None
    """When the clock started, where the tool says it."""
    stopped_at: int | None = None
    """When the clock stopped, where the tool says it."""
    promised: int | None = None
    """The target that the tool holds the clock to, in microseconds."""
    origin: str = ""
    """Which of the tool's records it is from."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure as the tool states it, ours, and why they differ."""

    key: TicketKey
    stated: Stated
    ours: int | None
    reason: Reason | None = None
    """None where they agree, up to the rounding."""
    because: str = ""
    """The reason in words, the same for all tickets that it holds for."""
    moment: int | None = None
    """Where to look: when the tool's clock stopped, if nothing explains that."""

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
            "origin": self.stated.origin or None,
            "theirs": _shown(self.stated.measure, self.stated.value),
            "ours": _shown(self.stated.measure, self.ours),
            "agrees": self.reason is None,
            "reason": self.reason,
            "because": self.because or None,
            "moment": None if self.moment is None else format_instant(self.moment),
        }


def _shown(measure: Measure, value: int | None) -> object:
    if value is None or measure in COUNTS:
        return value
    return format_instant(value) if measure in INSTANTS else seconds(value)


def compare_ticket(
    key: TicketKey,
    events: Sequence[AnyEvent],
    stated: Iterable[Stated],
    policy: Policy,
    at: int,
    calendar: Calendar | None = None,
) -> list[Compared]:
    """Each figure that a tool states of the ticket beside ours as of `at`, which is when the tool stated it.

    Times that still run are left out, as tools bring them up to date only now and then, and so is what ended after
    `at`. Business hours are those of `calendar`; without one, of the standard that governs the figure's clock, else of
    the first of the ticket's clocks that one governs, else all hours, as of a clock without a standard.
    """
    figures = sorted(set(stated), key=lambda one: (one.business, _about(one)))
    result = evaluate_ticket(events, policy, at)
    if result is None or result.timeline.created_at is None:
        if result is None and events:
            return []  # all of it is later
        why = "nothing is known of the ticket" if result is None else "the creation of the ticket is not known"
        told = [one for one in figures if one.value is not None] or figures[:1]
        return [Compared(key, one, None, "missing_event", why) for one in told]
    ticket = _Ticket(key, events, policy, at, result, result.timeline.created_at, calendar)
    compared: list[Compared] = []
    around_the_clock: dict[object, Compared] = {}
    left_out: set[object] = set()
    for one in figures:  # those in business hours last, as they follow the same round the clock
        if _about(one) in left_out or not ticket.is_comparable(one):
            left_out.add(_about(one))
        else:
            compared.append(ticket.compare(one, around_the_clock.get(_about(one)) if one.business else None))
            if not one.business:
                around_the_clock[_about(one)] = compared[-1]
    return compared


class _Way(NamedTuple):
    """Another way of reckoning one of our figures, and what it comes to."""

    reason: Reason
    because: str
    value: int | None
    deviations: int = 1
    """From how many definitions of ours it departs."""


class _Told(NamedTuple):
    """The ticket as it would be if some of its events meant something else."""

    reason: Reason
    because: str
    result: TicketResult
    of_messages: bool
    """Whether only who wrote what is told otherwise."""


class _Ticket:
    def __init__(
        self,
        key: TicketKey,
        events: Sequence[AnyEvent],
        policy: Policy,
        at: int,
        result: TicketResult,
        created_at: int,
        calendar: Calendar | None,
    ) -> None:
        self._key, self._policy, self._at = key, policy, at
        self._events = [event for event in events if event.occurred_at <= at]
        self._result, self._created_at, self._named = result, created_at, calendar
        self._otherwise: list[_Told] | None = None

    def is_comparable(self, stated: Stated) -> bool:
        timeline = self._result.timeline
        if stated.measure in _WAITS and timeline.status not in RESOLVED and timeline.end is None:
            return False
        moment = self._moment(stated)
        return moment is None or moment - stated.precision < self._at

    def compare(self, stated: Stated, around_the_clock: Compared | None) -> Compared:
        """`around_the_clock` is the same figure with all hours, where the tool states it besides one in its hours."""
        calendar = self._calendar(stated)
        ours = _figure(self._result, stated, calendar)
        tried = self._as_added_up(stated)
        if _agree(ours, tried):
            return Compared(self._key, stated, ours)
        reason, because = self._why(tried, calendar, around_the_clock)
        moment = self._moment(stated) if reason in ("missing_event", "unknown") else None
        if reason == "missing_event" and moment is not None:
            self._suppose(stated, moment)
        return Compared(self._key, stated, ours, reason, because, moment)

    def _as_added_up(self, stated: Stated) -> Stated:
        """The time in a status grows each time that the ticket leaves it, and each time may be rounded."""
        if stated.measure not in _WAITS:
            return stated
        times = len(_in_statuses(self._result, _WAITS[stated.measure]))
        return replace(stated, precision=stated.precision * max(1, times))

    def _suppose(self, stated: Stated, moment: int) -> None:
        """Other figures of the ticket may lack the same event: try it with what this one says that there was."""
        fact = {"id": f"missing at {moment}", "ticket": self._key[2], "occurred_at": format_instant(moment)}
        kind: dict[str, object] = {"type": "status.changed", "status": "solved"}
        if stated.measure in _CLOCKS:
            message = {"id": str(fact["id"]), "visibility": "public"}
            kind = {"type": "message.added", "message": message, "actor": {"kind": "agent"}}
        tenant, source, _ = self._key
        told = [*self._events, read_stored_event({"tenant": tenant, "source": source, **fact, **kind})]
        result = evaluate_ticket(told, self._policy, self._at)
        if result is not None:
            figure = stated.measure.replace("_", " ")
            because = f"what ended the {figure} there is not known here"
            self._told().append(_Told("missing_event", because, result, of_messages=stated.measure in _CLOCKS))

    def _why(self, stated: Stated, calendar: Calendar, around_the_clock: Compared | None) -> tuple[Reason, str]:
        only_hours = around_the_clock is not None and around_the_clock.reason is None
        if not only_hours:
            ways = [*self._ways(self._result, stated, calendar), *self._retold(stated, calendar)]
            if (found := _agreed(ways, stated)) is not None:
                return found
        hours = self._hours(calendar)
        if around_the_clock is not None and around_the_clock.reason is not None:
            reason, because = around_the_clock.reason, around_the_clock.because
            return reason, because if reason in ("missing_event", "unknown") else f"{because}; and {hours}"
        if stated.business:
            for other in self._calendars():
                if _agree(_figure(self._result, stated, other), stated):
                    return "calendar", f"{hours}; there it counts {_in(other)}"
        if only_hours:
            return "calendar", f"{hours}; round the clock both agree"
        if (found := _agreed(self._both(stated, calendar), stated)) is not None:
            return found
        return self._unexplained(stated)

    def _calendar(self, stated: Stated) -> Calendar:
        if not stated.business:
            return ALWAYS
        if self._named is not None:
            return self._named
        first = _CLOCKS.get(stated.measure, "total_response")
        clocks = sorted(self._result.clocks, key=lambda one: (one.metric != first, METRICS.index(one.metric)))
        governed = next((one for one in clocks if one.standard is not None), None)
        return ALWAYS if governed is None else calendar_of(governed, self._policy)

    def _calendars(self) -> Iterable[Calendar]:
        """Those of the policy in force, round the clock first."""
        document = self._policy.in_force(self._at)
        return [ALWAYS] if document is None else document.known_calendars.values()

    def _hours(self, calendar: Calendar) -> str:
        if self._named is None and all(one.standard is None for one in self._result.clocks):
            return "no standard gives the ticket a calendar here (--calendar names one)"
        return f"here it counts {_in(calendar)}"

    # Ways of reckoning: from the ticket as it is, as it would be if events meant something else, and both at once.

    def _ways(self, result: TicketResult, stated: Stated, calendar: Calendar) -> Iterator[_Way]:
        for because, spans in _other_spans(result, self._created_at, stated, self._policy):
            yield _Way("definition", because, None if spans is None else _open_time(spans, calendar))
        for because, value in _other_values(result, stated):
            yield _Way("definition", because, value)
        yield from self._promised_otherwise(result, stated)

    def _retold(self, stated: Stated, calendar: Calendar) -> Iterator[_Way]:
        for told in self._tellings(stated):
            yield _Way(told.reason, told.because, _figure(told.result, stated, calendar))

    def _both(self, stated: Stated, calendar: Calendar) -> Iterator[_Way]:
        """Two reasons at once. Not of numbers: too many pairs come to a small one by chance."""
        if stated.measure in COUNTS or stated.value is None:
            return
        for told in self._tellings(stated):
            for way in self._ways(told.result, stated, calendar):
                yield _Way(told.reason, f"{told.because}; and {way.because}", way.value)

    def _tellings(self, stated: Stated) -> list[_Told]:
        about_messages = stated.measure in _ABOUT_MESSAGES
        return [one for one in self._told() if about_messages or not one.of_messages]

    def _told(self) -> list[_Told]:
        if self._otherwise is None:
            self._otherwise = list(self._tell())
        return self._otherwise

    def _tell(self) -> Iterator[_Told]:
        requester = requester_of(in_order(self._events))
        for reason, because, retell in _RETELLINGS:
            events = [again for event in self._events if (again := retell(event, requester)) is not None]
            if events != self._events:
                result = evaluate_ticket(events, self._policy, self._at)
                if result is not None:
                    yield _Told(reason, because, result, of_messages=retell is not _not_ended)

    def _promised_otherwise(self, result: TicketResult, stated: Stated) -> Iterator[_Way]:
        """When the tool's own target would have been broken, in each calendar that could be its."""
        if stated.promised is None or stated.measure not in _CLOCKS:
            return
        clock = _clock(result, stated)
        if clock is None:
            return
        ends = [(result.timeline.until if clock.stopped_at is None else clock.stopped_at, "")]
        if clock.stopped_by == "solve":
            replies = (one.at for one in result.timeline.turns if one.what == "reply" and one.at >= clock.started_at)
            ends.append((next(replies, result.timeline.until), "there being solved does not answer"))
        for calendar, (end, answered) in itertools.product(self._calendars(), ends):
            words = [answered] if answered else []
            if stated.promised != clock.target:
                here = "nothing" if clock.target is None else _target(clock.target)
                words.append(f"there {_target(stated.promised)} is promised, here {here}")
            elif calendar.name != clock.calendar:
                words.append(f"the promise counts {_in(calendar)} there, {_in(calendar_of(clock, self._policy))} here")
            late = calendar.open_time(clock.started_at, end) > stated.promised
            broken = calendar.reach(clock.started_at, stated.promised, end) if late else None
            if words:
                same = stated.promised == clock.target and not answered
                yield _Way("calendar" if same else "definition", "; and ".join(words), broken, len(words))

    def _moment(self, stated: Stated) -> int | None:
        """When the tool's clock stopped, where that is known."""
        if stated.measure in INSTANTS or stated.stopped_at is not None:
            return stated.value if stated.measure in INSTANTS else stated.stopped_at
        if stated.value is None or stated.business or stated.measure not in _FROM_CREATION:
            return None
        return self._created_at + stated.value

    def _unexplained(self, stated: Stated) -> tuple[Reason, str]:
        """Whether anything is known of the moment at which the tool's clock stopped."""
        moment = None if stated.measure in INSTANTS else self._moment(stated)
        if moment is not None:
            near = max(stated.precision, SECOND)
            if all(abs(event.occurred_at - moment) > near for event in self._events):
                return "missing_event", "nothing is known of what ended it there"
        return "unknown", "nothing that was tried comes to this"


def _about(stated: Stated) -> tuple[int, int, int, str]:
    """What a figure is of, whichever hours count."""
    return MEASURES.index(stated.measure), stated.instance, stated.started_at or 0, stated.origin


def _agreed(ways: Iterable[_Way], stated: Stated) -> tuple[Reason, str] | None:
    """The reason that comes to the tool's figure, the simplest that does. Unknown where different ones do, or several
    to the same number, which is small as a rule and soon met by chance.
    """
    agreeing = [way for way in ways if _agree(way.value, stated)]
    if not agreeing:
        return None
    simplest = min(way.deviations for way in agreeing)
    found = dict.fromkeys((way.reason, way.because) for way in agreeing if way.deviations == simplest)
    words = "; or ".join(because for _, because in found)
    if len({reason for reason, _ in found}) > 1 or (stated.measure in COUNTS and len(found) > 1):
        return "unknown", f"more than one way comes to this: {words}"
    return next(iter(found))[0], words


def _agree(ours: int | None, stated: Stated) -> bool:
    theirs = stated.value
    if stated.measure in _WAITS:
        ours, theirs = ours or 0, theirs or 0  # a status that never was: some say none, some say 0
    if ours is None or theirs is None:
        return ours is theirs
    # A whole unit, too: the instants that a tool shows are cut to seconds, those that it reckons with need not be.
    return abs(ours - theirs) <= stated.precision


def _clock(result: TicketResult, stated: Stated) -> Clock | None:
    """The clock that a figure is about. Of several waits the one with the same start or end, where the tool says so:
    tools number them otherwise than we do.
    """
    metric = _CLOCKS[stated.measure]
    clocks = [one for one in result.clocks if one.metric == metric]
    if metric == "first_response" or (stated.started_at is None and stated.stopped_at is None):
        return next((one for one in clocks if metric == "first_response" or one.instance == stated.instance), None)
    for mine, theirs in (("started_at", stated.started_at), ("stopped_at", stated.stopped_at)):
        for one in clocks:
            at: int | None = getattr(one, mine)
            if at is not None and theirs is not None and abs(at - theirs) <= SECOND:
                return one
    return None


def _figure(result: TicketResult, stated: Stated, calendar: Calendar) -> int | None:
    """Ours, by our definition."""
    match stated.measure:
        case "replies":
            return result.timeline.counts.replies
        case "reopens":
            return result.timeline.counts.reopens
        case "waiting_since":
            waits = (one for one in result.clocks if one.metric in ("first_response", "next_response"))
            return next((one.started_at for one in waits if one.stopped_at is None and one.state != "cancelled"), None)
        case "first_response_breach" | "next_response_breach":
            clock = _clock(result, stated)
            return None if clock is None else clock.breached_at
        case _:
            spans = _spans(result, stated)
            return None if spans is None else _open_time(spans, calendar)


def _open_time(spans: Iterable[Span], calendar: Calendar) -> int:
    return sum(calendar.open_time(begin, end) for begin, end in spans)


def _spans(result: TicketResult, stated: Stated) -> Sequence[Span] | None:
    """What a duration of ours counts; None while it has no end."""
    timeline = result.timeline
    match stated.measure:
        case "first_response" | "next_response":
            clock = _clock(result, stated)
            return None if clock is None else _until(clock.started_at, clock.stopped_at)
        case "first_resolution":
            return _until(timeline.created_at, timeline.first_resolved_at)
        case "full_resolution":
            return _until(timeline.created_at, timeline.resolved_at)
        case _:
            return _in_statuses(result, _WAITS[stated.measure])


def _until(begin: int | None, end: int | None) -> Sequence[Span] | None:
    return None if begin is None or end is None else [(begin, end)]


def _in_statuses(result: TicketResult, statuses: Iterable[str], until: int | None = None) -> Sequence[Span]:
    """The time in any of the statuses, up to an instant."""
    spans = result.timeline.status_spans()
    ends = result.timeline.until if until is None else until
    return [(begin, min(end, ends)) for begin, end, status in spans if status in statuses and begin < ends]


def _other_spans(
    result: TicketResult, created_at: int, stated: Stated, policy: Policy
) -> Iterator[tuple[str, Sequence[Span] | None]]:
    """Other definitions of a duration: in words, and what would count. None where it would have no end."""
    timeline = result.timeline
    ours = None if stated.measure in COUNTS | INSTANTS else _spans(result, stated)
    if ours and stated.started_at is not None and stated.measure not in _WAITS:
        yield "there it counts from another moment on", [(stated.started_at, ours[-1][1])]
    if stated.measure in ("first_response", "next_response"):
        clock = _clock(result, stated)
        begin = created_at if clock is None else clock.started_at
        replied_at = next((one.at for one in timeline.turns if one.what == "reply" and one.at >= begin), None)
        resolved_at = next((one.at for one in timeline.turns if one.what == "resolved" and one.at >= begin), None)
        if timeline.agent_initiated and stated.measure == "first_response":
            yield "an agent opened the ticket; there it counts until an agent writes again", _until(begin, replied_at)
            yield "an agent opened the ticket; there that is no wait and counts as none", []
            asked = next((one for one in result.clocks if one.metric == "next_response"), None)
            if asked is not None and asked.stopped_at is not None:
                because = "an agent opened the ticket; there it counts from what the customer wrote then"
                yield because, [(asked.started_at, asked.stopped_at)]
        elif clock is not None:
            yield "there only a reply answers, and being solved does not", _until(begin, replied_at)
            answered = min((at for at in (replied_at, resolved_at) if at is not None), default=None)
            yield "there being solved answers, too", _until(begin, answered)
    if stated.measure in ("first_resolution", "full_resolution"):
        yield from _other_resolutions(result, created_at, stated, policy)
    if stated.measure in _WAITS:
        statuses = _WAITS[stated.measure]
        if timeline.first_resolved_at is not None:
            because = "there it counts until the ticket was solved for the first time"
            yield because, _in_statuses(result, statuses, timeline.first_resolved_at)
        if "on_hold" in statuses and len(statuses) > 1:
            kept = [one for one in statuses if one != "on_hold"]
            yield "there the time on hold does not count", _in_statuses(result, kept)


def _other_resolutions(
    result: TicketResult, created_at: int, stated: Stated, policy: Policy
) -> Iterator[tuple[str, Sequence[Span]]]:
    timeline = result.timeline
    first = stated.measure == "first_resolution"
    end = timeline.first_resolved_at if first else timeline.resolved_at
    if timeline.born_resolved:
        yield "the ticket was created solved; there that is its resolution", []
    if timeline.end == "merged":
        yield "the ticket was merged; there that is its resolution", [(created_at, timeline.until)]
    if timeline.handling_started_at is not None and end is not None:
        yield "there it counts from when handling began", [(min(timeline.handling_started_at, end), end)]
    if end is not None:
        paused = [(begin, stop) for begin, stop, _ in paused_spans("total_response", created_at, end, timeline, policy)]
        because = "there the time waiting for the customer or others does not count"
        yield because, list(_between(created_at, end, paused))
    if first:
        return
    if timeline.first_resolved_at is not None:
        yield "there only the first resolution counts", [(created_at, timeline.first_resolved_at)]
    if end is not None:
        because = "there the time that the ticket was solved before it was opened again does not count"
        yield because, _in_statuses(result, _WAITS["unsolved"])
    resolved = [turn.at for turn in timeline.turns if turn.what == "resolved"]
    if resolved and end is None:
        yield "the ticket was opened again; there its last resolution stays", [(created_at, resolved[-1])]
    closed = [at for at, status in timeline.statuses if status == "closed"]
    if closed:
        yield "there it counts until the ticket was closed", [(created_at, closed[-1])]


def _between(begin: int, end: int, left_out: Iterable[Span]) -> Iterator[Span]:
    for stop, resume in left_out:
        if begin < stop:
            yield begin, stop
        begin = resume
    if begin < end:
        yield begin, end


def _other_values(result: TicketResult, stated: Stated) -> Iterator[tuple[str, int | None]]:
    """Other definitions of numbers and of since when somebody waits."""
    timeline = result.timeline
    if stated.measure == "replies" and timeline.agent_initiated:
        yield "there the text with which an agent opens a ticket is no reply", timeline.counts.replies - 1
    if stated.measure == "waiting_since":
        unanswered = [] if timeline.agent_initiated or timeline.created_at is None else [timeline.created_at]
        for turn in timeline.turns:
            unanswered = [*unanswered, turn.at] if turn.what == "customer_message" else unanswered
            unanswered = [] if turn.what == "reply" else unanswered
        if unanswered:
            yield "there being solved does not answer", unanswered[0]
            yield "there it is the latest message of the customer, here the oldest without an answer", unanswered[-1]


# What events would mean elsewhere.


def _not_hidden(event: AnyEvent, _: str | None) -> AnyEvent | None:
    return None if isinstance(event, MessageHidden) else event


def _not_ended(event: AnyEvent, _: str | None) -> AnyEvent | None:
    return None if event.type in ("ticket.merged", "ticket.deleted") else event


def _programs(event: AnyEvent, _: str | None) -> AnyEvent | None:
    if isinstance(event, MessageAdded | TicketCreated) and event.actor.kind == "bot":
        return event.model_copy(update={"actor": Actor(kind="agent", id=event.actor.id)})
    return event


def _strangers(event: AnyEvent, _: str | None) -> AnyEvent | None:
    if isinstance(event, MessageAdded) and event.actor.kind in ("system", "third_party", "unknown"):
        return event.model_copy(update={"actor": Actor(kind="agent")})
    return event


def _requesting_agents(event: AnyEvent, requester: str | None) -> AnyEvent | None:
    if isinstance(event, MessageAdded) and event.actor.kind == "agent" and requester and event.actor.id == requester:
        return event.model_copy(update={"actor": Actor(kind="agent")})
    return event


def _notes(event: AnyEvent, _: str | None) -> AnyEvent | None:
    if isinstance(event, MessageAdded) and event.message.visibility == "internal":
        return event.model_copy(update={"message": event.message.model_copy(update={"visibility": "public"})})
    return event


_RETELLINGS: tuple[tuple[Reason, str, Callable[[AnyEvent, str | None], AnyEvent | None]], ...] = (
    ("hidden_message", "a message was hidden or made internal later", _not_hidden),
    ("definition", "there what a program writes counts as a reply", _programs),
    ("definition", "there what others write than agents and customers counts as a reply", _strangers),
    ("definition", "there an agent who is the requester can reply", _requesting_agents),
    ("definition", "there internal notes count as replies", _notes),
    ("definition", "there a ticket that was merged or deleted counts on", _not_ended),
)


def _in(calendar: Calendar) -> str:
    return "round the clock" if calendar is ALWAYS else f"in the hours of {calendar.name}"


def _target(target: int) -> str:
    minutes, rest = divmod(target, MINUTE)
    return f"{seconds(target)}s" if rest else f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"
