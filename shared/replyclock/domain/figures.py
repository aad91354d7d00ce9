"""What one ticket gives to the evaluation: its clocks, where its time went, who answered, and who held it.

A pure function of the ticket's events, the policy and an instant, as all else; reports add it up over many tickets.
Instants and durations are in microseconds; durations are round the clock where nothing else is said.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

from .events import (
    RESOLVED,
    AnyEvent,
    AssignmentChanged,
    AttributeValue,
    MessageAdded,
    RatingGiven,
    StatusChanged,
    TicketCreated,
    TicketKey,
)
from .history import Happening, read_history
from .judging import Clock, TicketResult, evaluate_ticket
from .policy import Policy


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """A clock that was not cancelled from the start."""

    metric: str
    started_at: int
    ended_at: int
    """When it stopped; of one that did not, up to when it was seen to run: the evaluation, a merger or a deletion, or
    on a resolved ticket, where it is paused for good unless the ticket is reopened, the beginning of that pause.
    """
    stopped_by: str | None
    """reply or solve; None while it runs, and where it was cancelled."""
    duration: int
    """From its start to `ended_at`, round the clock: what the contract calls its `seconds`."""
    business: int
    """The part of it that is open in its calendar and not paused."""
    standard: str | None
    target: int | None
    met: bool | None
    """Whether the promise was kept; None without one, while it is not yet broken, and where the clock was cancelled."""
    breached_at: int | None = None
    """When it broke; None where it did not, or not under the promise that `met` is about."""

    @property
    def observed(self) -> bool:
        """Whether its end was seen; otherwise all that is known is that it took longer."""
        return self.stopped_by is not None


@dataclass(frozen=True, slots=True)
class Phases:
    """Where a ticket's time went until it was resolved, or until now: each moment is in one of these."""

    before_assignment: int = 0
    """Nobody had it yet."""
    before_first_reply: int = 0
    """Somebody had it, and had not answered yet."""
    on_us: int = 0
    """Answered, and again with us."""
    on_customer: int = 0
    """Pending."""
    on_third_parties: int = 0
    """On hold."""

    def items(self) -> Iterator[tuple[str, int]]:
        """The phases by name."""
        for name in PHASES:
            yield name, getattr(self, name)


PHASES = ("before_assignment", "before_first_reply", "on_us", "on_customer", "on_third_parties")


@dataclass(frozen=True, slots=True)
class AgentResponse:
    """A reply to a customer who waited, by the agent who had the ticket: how long it was on this agent.

    It counts from the later of the assignment and the oldest unanswered message: what a ticket lay in a queue, or
    with somebody else, is not this agent's delay.
    """

    agent: str
    since: int
    at: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A time for which an agent had an unresolved ticket; `until` is the evaluation's instant where it still lasts."""

    agent: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """What one ticket gives to the evaluation."""

    key: TicketKey
    created_at: int
    state: str
    attributes: Mapping[str, AttributeValue]
    assignee: str | None
    group: str | None
    clocks: tuple[ClockFigures, ...]
    resolved_at: int | None
    first_resolved_at: int | None
    closed_at: int | None
    """When it left the backlog: resolved, merged or deleted; None while it is in it."""
    open_spans: tuple[tuple[int, int], ...]
    """When it was in the backlog: from its creation until it was resolved, and from each reopening on."""
    replies: int
    reopens: int
    rating: int | None
    rated_at: int | None
    phases: Phases
    responses: tuple[AgentResponse, ...]
    holds: tuple[Hold, ...]

    def first(self, metric: str) -> ClockFigures | None:
        """The first clock of a metric."""
        return next((clock for clock in self.clocks if clock.metric == metric), None)


def is_unsettled(ticket: TicketFigures) -> bool:
    """Whether time alone can change its figures."""
    if ticket.state in _STANDS_STILL:
        return False
    closed_at = ticket.closed_at
    # A clock that is paused since the ticket was resolved, or since it started after that, stays as it is.
    return closed_at is None or any(
        not clock.observed and clock.ended_at != max(clock.started_at, closed_at) for clock in ticket.clocks
    )


_STANDS_STILL = ("merged", "deleted")


def ticket_figures(events: Iterable[AnyEvent], policy: Policy, at: int) -> TicketFigures | None:
    """The figures of the ticket that all the events are of, at `at`; None where it was not created by then."""
    told = tuple(events)
    result = evaluate_ticket(told, policy, at)
    if result is None or result.timeline.created_at is None:
        return None
    timeline, created = result.timeline, result.timeline.created_at
    happenings = read_history(told, timeline, at)
    spans = tuple(_open_spans(result))
    owners = tuple(_owners(happenings, created, timeline.until))
    rated = [one for one in happenings if isinstance(one.event, RatingGiven)]
    return TicketFigures(
        result.key,
        created,
        result.state,
        result.attributes,
        timeline.assignee,
        timeline.group,
        tuple(_clock_figures(clock, result) for clock in result.clocks if clock.reason not in _NEVER_RAN),
        timeline.resolved_at,
        timeline.first_resolved_at,
        None if timeline.end is None and result.state not in RESOLVED else spans[-1][1] if spans else created,
        spans,
        timeline.counts.replies,
        timeline.counts.reopens,
        timeline.rating,
        rated[-1].at if rated else None,
        _phases(result, happenings, owners),
        tuple(_responses(happenings, owners, created)),
        tuple(_holds(owners, spans)),
    )


_NEVER_RAN = ("created_closed", "agent_initiated")


def _clock_figures(clock: Clock, result: TicketResult) -> ClockFigures:
    ended_at = result.timeline.until if clock.stopped_at is None else clock.stopped_at
    if clock.paused_since is not None and result.timeline.status in RESOLVED:
        ended_at = clock.paused_since
    if clock.duration is not None and clock.business is not None:
        duration, business = clock.duration, clock.business
    else:
        duration, business = ended_at - clock.started_at, clock.elapsed or 0
    met: bool | None = None
    if clock.state in ("met", "breached"):
        met = clock.state == "met"
    return ClockFigures(
        clock.metric,
        clock.started_at,
        ended_at,
        clock.stopped_by,
        duration,
        business,
        clock.standard,
        clock.target,
        met,
        clock.breached_at,
    )


def _open_spans(result: TicketResult) -> Iterator[tuple[int, int]]:
    begin: int | None = None
    for since, _, status in result.timeline.status_spans():
        if status not in RESOLVED:
            begin = since if begin is None else begin
        elif begin is not None:
            yield begin, since
            begin = None
    if begin is not None:
        yield begin, result.timeline.until


def _owners(happenings: Iterable[Happening], created: int, until: int) -> Iterator[tuple[int, int, str | None]]:
    """(begin, end, assignee) from creation to the end, touching."""
    owner: str | None = None
    since = created
    for one in happenings:
        match one.event:
            case TicketCreated(assignee=assignee):
                owner = assignee
            case AssignmentChanged(assignee=assignee) as event if "assignee" in event.model_fields_set:
                if assignee != owner:
                    yield since, one.at, owner
                    since, owner = one.at, assignee
    yield since, until, owner


def _holds(owners: Iterable[tuple[int, int, str | None]], spans: Iterable[tuple[int, int]]) -> Iterator[Hold]:
    open_spans, first = tuple(spans), 0
    for begin, end, agent in owners:
        # Both ascend, so that what ended before this owner is not looked at again for later ones.
        while first < len(open_spans) and open_spans[first][1] <= begin:
            first += 1
        for i in range(first, len(open_spans)):
            since, until = open_spans[i]
            if since >= end:
                break
            if agent is not None and max(begin, since) < min(end, until):
                yield Hold(agent, max(begin, since), min(end, until))


def _responses(
    happenings: Iterable[Happening], owners: Iterable[tuple[int, int, str | None]], created: int
) -> Iterator[AgentResponse]:
    owned = tuple(owners)
    waiting: int | None = created
    for one in happenings:
        if one.role == "customer":
            waiting = one.at if waiting is None else waiting
        elif one.role == "reply":
            agent = one.event.actor.id
            since = _owned_since(owned, agent, one.at)
            if waiting is not None and agent is not None and since is not None and isinstance(one.event, MessageAdded):
                yield AgentResponse(agent, max(waiting, since), one.at)
            waiting = None
        elif isinstance(one.event, StatusChanged) and one.event.status in RESOLVED:
            waiting = None


def _owned_since(owned: Sequence[tuple[int, int, str | None]], agent: str | None, at: int) -> int | None:
    """Since when an agent has the ticket that is theirs at an instant, its ends included; None where it is not."""
    i = bisect_right(owned, at, key=itemgetter(0)) - 1
    while i >= 0 and owned[i][1] >= at:
        if owned[i][2] == agent:
            return owned[i][0]
        i -= 1
    return None


def _phases(
    result: TicketResult,
    happenings: Iterable[Happening],
    owners: Iterable[tuple[int, int, str | None]],
) -> Phases:
    timeline = result.timeline
    assigned = next((begin for begin, _, owner in owners if owner is not None), timeline.until)
    replied = next((one.at for one in happenings if one.role == "reply"), timeline.until)
    totals = dict.fromkeys(PHASES, 0)
    for begin, end, status in timeline.status_spans():
        if status == "pending":
            totals["on_customer"] += end - begin
        elif status == "on_hold":
            totals["on_third_parties"] += end - begin
        elif status not in RESOLVED:
            cuts = [begin, *sorted(at for at in {assigned, replied} if begin < at < end), end]
            for left, right in itertools.pairwise(cuts):
                name = "on_us" if left >= replied else "before_first_reply" if left >= assigned else "before_assignment"
                totals[name] += right - left
    return Phases(**totals)
