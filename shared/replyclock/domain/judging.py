"""From timeline and policy to the result: clocks, their pauses, the standard that governs, met or breached.

Sections 3 and 5 of the contract, as pure functions of (events, policy, instant).
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from .calendars import ALWAYS, Calendar
from .events import RESOLVED, AnyEvent, AttributeValue, Status, TicketKey
from .instants import DAY, LATEST, format_instant, seconds
from .policy import DEFAULT_PAUSES, METRICS, Metric, Policy, PolicyDocument, Promise
from .timeline import Timeline, Turn, read_timeline

HORIZON = 3_653 * DAY
"""How far a due instant is looked for: ten years, and never past the year 9999."""

ClockState = Literal["cancelled", "no_target", "met", "breached", "paused", "running"]
Reason = Literal["created_closed", "agent_initiated", "merged", "deleted"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Alert:
    """When the clock reaches a percentage of its target, and who is to be told. `at` is None where it will not."""

    at_percent: int
    at: int | None
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reminder:
    """Where a broken promise stands that people are to be reminded of. Reminders count open, unpaused time, as targets
    do: nobody is reminded at night of what waits for the morning.
    """

    number: int
    """How many have fallen due; 0 for none yet."""
    at: int | None
    """When the last of them did."""
    next_at: int | None
    """When the next one will; None while the clock stands still."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of a ticket, measured and judged. Instants and durations are in microseconds."""

    metric: Metric
    instance: int
    started_at: int
    stopped_at: int | None
    stopped_by: Literal["reply", "solve"] | None
    duration: int | None
    """Wall-clock time from start to stop."""
    active: int | None
    """That without the pauses."""
    business: int | None
    """The active time inside the calendar."""
    standard: str | None
    policy_version: int | None
    calendar: str | None
    timezone: str | None
    """The calendar's time zone."""
    measured_from: int | None
    """Where `elapsed` begins: the clock's start, or with `from_change` since when the standard applies."""
    target: int | None
    elapsed: int | None
    due_at: int | None
    breaks_at: int | None
    """The first instant at which the clock is, or will be, in breach: after `due_at`, by a night where that is a
    closing time.
    """
    applies_since: int | None
    state: ClockState
    breached_at: int | None
    ever_breached: bool
    reason: Reason | None
    alerts: tuple[Alert, ...]
    reminder: Reminder | None
    """Of a running clock in breach whose standard has `remind_every`."""
    paused_since: int | None = None
    """Since when an unfinished clock is paused, whatever its state; None where it is not."""

    @property
    def is_unfinished(self) -> bool:
        """Whether it has neither stopped nor been cancelled."""
        return self.stopped_at is None and self.state != "cancelled"

    def document(self) -> dict[str, Any]:
        """The clock in the contract's form."""
        return {
            "metric": self.metric,
            "instance": self.instance,
            "started_at": format_instant(self.started_at),
            "stopped_at": _instant(self.stopped_at),
            "stopped_by": self.stopped_by,
            "seconds": _seconds(self.duration),
            "active_seconds": _seconds(self.active),
            "business_seconds": _seconds(self.business),
            "standard": self.standard,
            "policy_version": self.policy_version,
            "calendar": self.calendar,
            "target_seconds": _seconds(self.target),
            "elapsed_seconds": _seconds(self.elapsed),
            "due_at": _instant(self.due_at),
            "applies_since": _instant(self.applies_since),
            "state": self.state,
            "breached_at": _instant(self.breached_at),
            "ever_breached": self.ever_breached,
            "reason": self.reason,
            "alerts": [{"at_percent": alert.at_percent, "at": _instant(alert.at)} for alert in self.alerts],
        }


@dataclass(frozen=True)
class TicketResult:
    """A ticket at an instant: what section 6 of the contract shows."""

    timeline: Timeline
    clocks: tuple[Clock, ...]

    @property
    def key(self) -> TicketKey:
        """Which ticket it is."""
        return self.timeline.key

    @property
    def state(self) -> str:
        """The status, or `merged`, `deleted`, `awaiting_creation`."""
        if self.timeline.created_at is None:
            return "awaiting_creation"
        return self.timeline.end or self.timeline.status

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The attributes by then."""
        return self.timeline.attributes

    def clock(self, metric: str, instance: int) -> Clock | None:
        """The clock of that metric and instance, if the ticket has it."""
        return self._by_name.get((metric, instance))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, int], Clock]:
        return {(clock.metric, clock.instance): clock for clock in self.clocks}

    @property
    def unfinished(self) -> tuple[Clock, ...]:
        """The clocks that are not over, paused ones included."""
        return tuple(clock for clock in self.clocks if clock.is_unfinished)

    @property
    def is_open(self) -> bool:
        """Whether anything is still to be done: a clock is not over. Of a resolved ticket whose clocks are all paused,
        unless one is in breach, nothing is: a customer's thanks does not bring it back.
        """
        waiting = self.unfinished
        if self.timeline.status not in RESOLVED:
            return bool(waiting)
        return any(clock.paused_since is None or clock.state == "breached" for clock in waiting)

    def document(self) -> dict[str, Any]:
        """The result in the contract's form."""
        tenant, source, ticket = self.key
        timeline, known = self.timeline, self.timeline.created_at is not None
        spent = _time_in_status(timeline) if known else {}
        return {
            "tenant": tenant,
            "source": source,
            "ticket": ticket,
            "state": self.state,
            "created_at": _instant(timeline.created_at),
            "handling_started_at": _instant(timeline.handling_started_at if known else None),
            "first_resolved_at": _instant(timeline.first_resolved_at if known else None),
            "resolved_at": _instant(timeline.resolved_at if known else None),
            "attributes": {
                name: list(value) if isinstance(value, tuple) else value for name, value in self.attributes.items()
            },
            "assignee": timeline.assignee,
            "group": timeline.group,
            "rating": timeline.rating,
            "counts": timeline.counts._asdict(),
            "time_in_status": {status: seconds(time) for status, time in spent.items()},
            "waits": {
                "requester_wait": seconds(sum(spent.get(status, 0) for status in ("new", "open", "on_hold"))),
                "agent_work": seconds(sum(spent.get(status, 0) for status in ("new", "open"))),
                "agent_wait": seconds(spent.get("pending", 0)),
                "on_hold": seconds(spent.get("on_hold", 0)),
            },
            "total_by_formula_seconds": _seconds(self._total_by_formula()),
            "clocks": [clock.document() for clock in self.clocks],
        }

    def _total_by_formula(self) -> int | None:
        first, resolution = self.clock("first_response", 1), self.clock("resolution", 1)
        if first is None or resolution is None or first.duration is None or resolution.duration is None:
            return None
        return first.duration + resolution.duration


def evaluate_ticket(events: Iterable[AnyEvent], policy: Policy, at: int) -> TicketResult | None:
    """The ticket that all the events are of, as it stood at `at` under the policy; None with no event by then.

    A pure function of the set of events: neither their order nor repetition matters.
    """
    timeline = read_timeline(events, at)
    if timeline is None:
        return None
    if timeline.created_at is None:
        return TicketResult(timeline, ())
    chosen = _Standards(timeline, policy)
    clocks = [_judge(run, chosen) for run in _runs(timeline, timeline.created_at, policy)]
    return TicketResult(
        timeline, tuple(sorted(clocks, key=lambda clock: (METRICS.index(clock.metric), clock.instance)))
    )


# Measuring: which clocks there are, and from when to when they run.


@dataclass(frozen=True, slots=True)
class _Run:
    """A clock before it is judged: `stopped_by` says why it stopped, `reason` why it was cancelled."""

    metric: Metric
    instance: int
    start: int
    end: int
    """The clock's stop, its cancelling, or the instant of the evaluation: the contract's T."""
    stopped_by: Literal["reply", "solve"] | None = None
    reason: Reason | None = None


def _runs(timeline: Timeline, created: int, policy: Policy) -> Iterable[_Run]:
    if timeline.born_resolved:
        yield _Run("first_response", 1, created, created, reason="created_closed")
    else:
        yield from _response_runs(timeline, policy, created)
    for metric, start in (("resolution", timeline.handling_started_at), ("total_response", created)):
        if start is not None:
            yield _resolution_run(timeline, metric, start)  # type: ignore[arg-type]


def _resolution_run(timeline: Timeline, metric: Metric, start: int) -> _Run:
    if timeline.born_resolved:
        return _Run(metric, 1, start, start, reason="created_closed")
    if timeline.resolved_at is not None:
        # Handling that starts on a resolved ticket finds the clock stopped: 0 s, until a reopening.
        return _Run(metric, 1, start, max(start, timeline.resolved_at), stopped_by="solve")
    return _Run(metric, 1, start, timeline.until, reason=timeline.end)


def _response_runs(timeline: Timeline, policy: Policy, created: int) -> Iterable[_Run]:
    """The first response, then an instance of the next response for each wait of a customer."""
    metric: Metric = "first_response"
    waiting_since: int | None = created
    instance = 1
    if timeline.agent_initiated:
        yield _Run(metric, 1, created, created, reason="agent_initiated")
        metric, waiting_since = "next_response", None
    last_reply = {turn.at: i for i, turn in enumerate(timeline.turns) if turn.what == "reply"}
    for i, turn in enumerate(timeline.turns):
        if turn.what == "customer_message" and waiting_since is None:
            waiting_since = turn.at
        if waiting_since is None:
            continue
        stopped_by = _answered_by(turn, i, last_reply.get(turn.at), policy, waiting_since)
        if stopped_by:
            yield _Run(metric, instance, waiting_since, turn.at, stopped_by)
            instance = instance + 1 if metric == "next_response" else 1
            metric, waiting_since = "next_response", None
    if waiting_since is not None:
        yield _Run(metric, instance, waiting_since, timeline.until, reason=timeline.end)


def _answered_by(
    turn: Turn, place: int, reply: int | None, policy: Policy, start: int
) -> Literal["reply", "solve"] | None:
    """How a turn answers a wait that began at `start`; None where it does not.

    `place` is the turn's, and `reply` that of the last reply of its instant, among all turns of the ticket.
    """
    if turn.what == "reply":
        return "reply"
    if turn.what != "resolved":
        return None
    # A reply and a resolution at the same instant count as the reply, in whichever order they come: what the customer
    # writes between the two is answered by it.
    if reply is not None:
        return "reply" if reply < place else None
    document = _document_at(policy, start, turn.at)
    return "solve" if document is None or document.solve_answers else None


def _document_at(policy: Policy, start: int, at: int) -> PolicyDocument | None:
    """The clock's document at an instant: the one in force, or where that one pins, the one at the clock's start."""
    document = policy.in_force(at)
    return policy.in_force(start) if document and document.when_policy_changes == "pin" else document


# Judging: what was promised, and whether it was kept.


class _Reign(NamedTuple):
    """A span of a clock's life under one promise (None: under none)."""

    begin: int
    promise: Promise | None
    since: int
    """Since when, within the clock's life, name, target and calendar have been the same."""


@dataclass(frozen=True, slots=True)
class _Standards:
    """Which standards the clocks of one ticket fall under. What was found once is kept: on a ticket that changes back
    and forth it is asked for the same thing many times.
    """

    timeline: Timeline
    policy: Policy
    _found: dict[tuple[object, ...], list[Promise]] = field(default_factory=dict)

    def matching(self, document: PolicyDocument, metric: Metric, at: int) -> list[Promise]:
        """What the document promises for such a clock by the traits at an instant."""
        traits = self.timeline.traits_at(at)
        key = (id(document), metric, *(traits.get(name) for name in document.conditions))
        if key not in self._found:
            self._found[key] = document.promises(metric, traits)
        return self._found[key]


def _judge(run: _Run, standards: _Standards) -> Clock:
    timeline, policy = standards.timeline, standards.policy
    pauses = _pauses(run, timeline, policy)
    life = _Life(pauses)
    reigns = _reigns(run, standards)
    ever_breached = any(
        life.elapsed(_origin(promise, since, run), until, promise.calendar) > promise.target
        for (_, promise, since), until in zip(reigns, [*(later.begin for later in reigns[1:]), run.end], strict=True)
        if promise
    )
    reign = reigns[-1]
    promise = reign.promise if run.reason is None else None
    calendar = promise.calendar if promise else ALWAYS
    stopped = run.stopped_by is not None
    active = life.elapsed(run.start, run.end, ALWAYS)
    business = active if calendar is ALWAYS else life.elapsed(run.start, run.end, calendar)
    still = run.stopped_by is None and run.reason is None and _standing_still(run, timeline, policy)
    measured = {
        "metric": run.metric,
        "instance": run.instance,
        "started_at": run.start,
        "stopped_at": run.end if stopped else None,
        "stopped_by": run.stopped_by,
        "duration": run.end - run.start if stopped else None,
        "active": active if stopped else None,
        "business": business if stopped else None,
        "ever_breached": ever_breached,
        "reason": run.reason,
        "paused_since": _paused_since(run, pauses) if still else None,
    }
    if promise is None:
        return Clock(
            **measured,  # type: ignore[arg-type]
            standard=None,
            policy_version=None,
            calendar=None,
            timezone=None,
            measured_from=run.start if run.reason is None else None,
            target=None,
            elapsed=active if run.reason is None else None,
            due_at=None,
            breaks_at=None,
            applies_since=None,
            state="no_target" if run.reason is None else "cancelled",
            breached_at=None,
            alerts=(),
            reminder=None,
        )
    origin = _origin(promise, reign.since, run)
    elapsed = business if origin == run.start else life.elapsed(origin, run.end, calendar)
    due = life.reach(origin, promise.target, calendar)
    breached = elapsed > promise.target
    state: ClockState = "breached" if breached else "met" if stopped else "paused" if still else "running"
    return Clock(
        **measured,  # type: ignore[arg-type]
        standard=promise.standard.name,
        policy_version=promise.document.version,
        calendar=calendar.name,
        timezone=calendar.timezone,
        measured_from=origin,
        target=promise.target,
        elapsed=elapsed,
        due_at=None if state == "paused" else due,
        breaks_at=None if state in ("paused", "met") else _breaks_at(origin, promise, reign, life),
        applies_since=reign.since,
        state=state,
        breached_at=max(due, reign.since) if breached and due is not None else None,
        alerts=tuple(
            Alert(
                rule.at,
                _alert_at(origin, promise, rule.at, elapsed, life, projected=not (stopped or still)),
                rule.notify,
            )
            for rule in promise.standard.alerts
        ),
        reminder=_reminder(origin, promise, elapsed, life, still=still) if breached and not stopped else None,
    )


def _reminder(origin: int, promise: Promise, elapsed: int, life: _Life, *, still: bool) -> Reminder | None:
    every = promise.standard.remind_every
    if every is None:
        return None
    number = (elapsed - promise.target) // every

    def reached(count: int) -> int | None:
        return life.reach(origin, promise.target + count * every, promise.calendar)

    return Reminder(number, reached(number) if number else None, None if still else reached(number + 1))


def _breaks_at(origin: int, promise: Promise, reign: _Reign, life: _Life) -> int | None:
    at = life.reach(origin, promise.target + 1, promise.calendar)
    return None if at is None else max(at, reign.since)


def _alert_at(origin: int, promise: Promise, percent: int, elapsed: int, life: _Life, *, projected: bool) -> int | None:
    amount = promise.target * percent // 100
    if elapsed < amount and not projected:
        return None
    return life.reach(origin, amount, promise.calendar)


def _origin(promise: Promise, since: int, run: _Run) -> int:
    """Where measuring starts: with `from_change` since the standard applies, else at the clock's start."""
    return since if promise.document.when_attributes_change == "from_change" else run.start


def _reigns(run: _Run, standards: _Standards) -> list[_Reign]:
    """The promises that governed the clock, one after the other, from its start to its end."""
    changes = {*standards.timeline.trait_changes(run.start, run.end), *standards.policy.changes(run.start, run.end)}
    dues: dict[tuple[int, str], int | None] = {}
    reigns: list[_Reign] = []
    for begin in (run.start, *sorted(changes)):
        promise = _governing(run, standards, begin, dues)
        since = begin
        if reigns:
            before = reigns[-1].promise
            if promise is before or (promise and before and promise.same_as(before)):
                since = reigns[-1].since
        reigns.append(_Reign(begin, promise, since))
    return reigns


def _governing(run: _Run, standards: _Standards, at: int, dues: dict[tuple[int, str], int | None]) -> Promise | None:
    """The promise that governs the clock at an instant. `dues` keeps when each of them would be due, unpaused."""
    document = _document_at(standards.policy, run.start, at)
    if document is None:
        return None
    told_at = run.start if document.when_attributes_change == "pin" else at
    promises = standards.matching(document, run.metric, told_at)
    if document.select == "first" or len(promises) < 2:
        return promises[0] if promises else None

    def due(promise: Promise) -> tuple[bool, int]:
        key = document.version, promise.standard.name
        if key not in dues:
            dues[key] = promise.calendar.reach(run.start, promise.target, _horizon(run.start))
        at = dues[key]
        return at is None, at or 0

    return min(promises, key=due)


# Time: pauses, what has elapsed, and when an amount is reached.


def _paused_in(metric: Metric, status: Status, document: PolicyDocument | None) -> bool:
    if status in RESOLVED and metric in ("resolution", "total_response"):
        return True
    return status in (document.pauses(metric) if document else DEFAULT_PAUSES[metric])


def paused_spans(
    metric: Metric, start: int, end: int, timeline: Timeline, policy: Policy
) -> Iterable[tuple[int, int, Status]]:
    """(begin, end, status) of each part of [start, end) in which such a clock is paused, ascending."""
    for left, right in itertools.pairwise((start, *policy.changes(start, end), end)):
        document = _document_at(policy, start, left)
        for begin, stop, status in timeline.status_spans_within(left, right):
            if _paused_in(metric, status, document):
                yield begin, stop, status


def _pauses(run: _Run, timeline: Timeline, policy: Policy) -> list[Span]:
    """The spans of the clock's life in which it was paused, ascending, joined."""
    spans: list[Span] = []
    for begin, end, _ in paused_spans(run.metric, run.start, run.end, timeline, policy):
        if spans and spans[-1][1] == begin:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((begin, end))
    return spans


def _standing_still(run: _Run, timeline: Timeline, policy: Policy) -> bool:
    """Whether the clock is paused at its end, after all that happened then."""
    return _paused_in(run.metric, timeline.status, _document_at(policy, run.start, run.end))


def _paused_since(run: _Run, pauses: Sequence[Span]) -> int:
    """Since when a clock that is paused at its end is."""
    return pauses[-1][0] if pauses and pauses[-1][1] == run.end else run.end


def _horizon(origin: int) -> int:
    return min(origin + HORIZON, LATEST)


class _Life:
    """A clock's life: how much of it was open in a calendar and not paused, and when an amount of that was reached.

    Paused time is summed up once for each calendar, so that a question costs no more on a ticket that was paused ten
    thousand times.
    """

    def __init__(self, pauses: Sequence[Span]) -> None:
        self._pauses = pauses
        self._paused: dict[int, list[int]] = {}

    def elapsed(self, begin: int, end: int, calendar: Calendar) -> int:
        """The time in [begin, end) that is open in the calendar and not paused."""
        if not self._pauses:  # most clocks are never paused
            return calendar.open_time(begin, end)
        return calendar.open_time(begin, end) - (self._paused_by(end, calendar) - self._paused_by(begin, calendar))

    def reach(self, origin: int, amount: int, calendar: Calendar) -> int | None:
        """The first instant at which `amount` has elapsed since `origin`; past the end the clock runs on unpaused.

        None within ten years of the origin.
        """
        limit = _horizon(origin)
        if not self._pauses:
            return calendar.reach(origin, amount, limit)
        # The amount is reached before the first pause by whose begin it has elapsed, or else after the last pause.
        first = bisect_left(self._pauses, (origin,))
        later = range(first, len(self._pauses))
        i = first + bisect_left(later, amount, key=lambda i: self.elapsed(origin, self._pauses[i][0], calendar))
        since = max(origin, self._pauses[i - 1][1]) if i else origin
        return calendar.reach(since, amount - self.elapsed(origin, since, calendar), limit)

    def _paused_by(self, at: int, calendar: Calendar) -> int:
        """The open time that lies in pauses before an instant."""
        sums = self._paused.get(id(calendar))
        if sums is None:
            times = (calendar.open_time(begin, end) for begin, end in self._pauses)
            sums = self._paused[id(calendar)] = [0, *itertools.accumulate(times)]
        i = bisect_right(self._pauses, (at,)) - 1
        if i < 0:
            return 0
        begin, end = self._pauses[i]
        return sums[i] + calendar.open_time(begin, min(at, end))


def _time_in_status(timeline: Timeline) -> dict[Status, int]:
    spent: dict[Status, int] = {}
    for begin, end, status in timeline.status_spans():
        if status not in RESOLVED:
            spent[status] = spent.get(status, 0) + end - begin
    return spent


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


def _seconds(duration: int | None) -> int | float | None:
    return None if duration is None else seconds(duration)
