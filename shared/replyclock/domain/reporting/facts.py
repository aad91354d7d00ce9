"""Facts: the rows that reports are made of, computed from one ticket's figures.

There are three tables. Each row has its tenant and the creation instant of its ticket, so that a tenant or a span is a
filter on any table. Instants are microseconds since 1970-01-01 (UTC), durations are microseconds, and what does not
exist is NULL. A metric is a value, not a column: a further clock adds rows.

`tickets`: a row a ticket. `clocks`: a row for each clock instance that ran, with the dimensions of its ticket copied
onto it (reading them there takes half the time of a join). `work`: a row for each response of an agent and each time
for which an agent held the ticket.

`tid` joins the tables. It is made of the ticket's creation day and its place among the tickets of that day, and holds
for one set of rows: when a day is rebuilt, all three tables of it are.

Change a column only together with SCHEMA_VERSION, which is part of the storage keys: readers never see both at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from replyclock.domain.events import AttributeValue
from replyclock.domain.figures import ClockFigures, TicketFigures, is_unsettled
from replyclock.domain.instants import day_of

SCHEMA_VERSION = 1

ATTRIBUTES = ("channel", "tier", "service_type", "priority", "category", "complexity", "brand", "language")
"""The known attributes that are columns. All others are in `attributes`."""

TIMES = ("weekday", "hour", "hour_of_week")
"""When a ticket was created, in the time zone of a report: `mon`, `09`, `mon 09`."""
DIMENSIONS = (*ATTRIBUTES, "group", "agent", "standard", *TIMES)
"""What tickets are grouped by, besides any other attribute."""

_TIDS_A_DAY = 2**32
"""More tickets than any day has."""


class Span(NamedTuple):
    """A time from `since` to before `until`."""

    since: int
    until: int


class TicketFact(NamedTuple):
    """A row of `tickets`."""

    tid: int
    tenant: str
    source: str
    ticket: str
    created_at: int
    state: str
    """A status, `merged` or `deleted`."""
    unsettled: bool
    """Whether time alone can change its figures: it is open, or one of its clocks runs."""
    last_at: int
    """The last instant at which anything in its figures happened."""
    resolved_at: int | None
    """NULL while it is not resolved, or reopened."""
    first_resolved_at: int | None
    closed_at: int | None
    """When it left the backlog: resolved, merged or deleted; NULL while it is in it."""
    open_since: int | None
    """Where its first time in the backlog begins; NULL if it never was in it."""
    open_until: int | None
    """Where that ends: at the evaluation while it lasts."""
    reopened: Sequence[Mapping[str, int]]
    """Its further times in the backlog, ascending: `since` and `until` of each."""
    replies: int
    reopens: int
    rating: int | None
    """The last one, 1 to 5."""
    rated_at: int | None
    answered_after: int | None
    """The duration of its first response; NULL without a reply."""
    before_assignment: int
    """The phases: where its time went until it was resolved, or until the evaluation (see `figures.Phases`)."""
    before_first_reply: int
    on_us: int
    on_customer: int
    on_third_parties: int
    standard: str | None
    """The standard of its first response."""
    agent: str | None
    """Its assignee."""
    team: str | None
    """Its group."""
    channel: str | None
    """An attribute that is a list is its members, sorted, with commas between them."""
    tier: str | None
    service_type: str | None
    priority: str | None
    category: str | None
    complexity: str | None
    brand: str | None
    language: str | None
    attributes: Mapping[str, Sequence[str]]
    """All other attributes, the members of each sorted; and those of the eight above that are lists."""


class ClockFact(NamedTuple):
    """A row of `clocks`."""

    tid: int
    tenant: str
    created_at: int
    """Of its ticket."""
    metric: str
    instance: int
    """1 for the first clock of the metric that ran on its ticket, and so on."""
    started_at: int
    duration: int
    """From its start to its stop, or as far as it was seen to run, round the clock."""
    business: int
    """The part of it that is open in its calendar and not paused."""
    stopped_by: str | None
    observed: bool
    """Whether its end was seen, never NULL: of first responses, whether a reply stopped it. What is solved without one
    had no response time.
    """
    own_standard: str | None
    """The standard that governs it."""
    target: int | None
    met: bool | None
    """NULL without a target, while it runs and is not breached, and if it was cancelled."""
    breached_at: int | None
    standard: str | None
    """This and what follows: the dimensions of its ticket."""
    agent: str | None
    team: str | None
    channel: str | None
    tier: str | None
    service_type: str | None
    priority: str | None
    category: str | None
    complexity: str | None
    brand: str | None
    language: str | None


class WorkFact(NamedTuple):
    """A row of `work`."""

    tid: int
    tenant: str
    created_at: int
    """Of its ticket."""
    kind: str
    """`response`: a reply of an agent who has the ticket, from the assignment or the oldest unanswered message on.
    `hold`: a time for which an agent had it while it was in the backlog.
    """
    agent: str
    since: int
    until: int


_BIGINT, _TEXT = "BIGINT", "VARCHAR"
_DIMENSIONS = dict.fromkeys(("standard", "agent", "team", *ATTRIBUTES), _TEXT)

TABLES: Mapping[str, Mapping[str, str]] = {
    "tickets": {
        "tid": "BIGINT NOT NULL",
        "tenant": "VARCHAR NOT NULL",
        "source": "VARCHAR NOT NULL",
        "ticket": "VARCHAR NOT NULL",
        "created_at": "BIGINT NOT NULL",
        "state": "VARCHAR NOT NULL",
        "unsettled": "BOOLEAN NOT NULL",
        "last_at": "BIGINT NOT NULL",
        "resolved_at": _BIGINT,
        "first_resolved_at": _BIGINT,
        "closed_at": _BIGINT,
        "open_since": _BIGINT,
        "open_until": _BIGINT,
        "reopened": "STRUCT(since BIGINT, until BIGINT)[] NOT NULL",
        "replies": "INTEGER NOT NULL",
        "reopens": "INTEGER NOT NULL",
        "rating": "TINYINT",
        "rated_at": _BIGINT,
        "answered_after": _BIGINT,
        "before_assignment": "BIGINT NOT NULL",
        "before_first_reply": "BIGINT NOT NULL",
        "on_us": "BIGINT NOT NULL",
        "on_customer": "BIGINT NOT NULL",
        "on_third_parties": "BIGINT NOT NULL",
        **_DIMENSIONS,
        "attributes": "MAP(VARCHAR, VARCHAR[]) NOT NULL",
    },
    "clocks": {
        "tid": "BIGINT NOT NULL",
        "tenant": "VARCHAR NOT NULL",
        "created_at": "BIGINT NOT NULL",
        "metric": "VARCHAR NOT NULL",
        "instance": "INTEGER NOT NULL",
        "started_at": "BIGINT NOT NULL",
        "duration": "BIGINT NOT NULL",
        "business": "BIGINT NOT NULL",
        "stopped_by": _TEXT,
        "observed": "BOOLEAN NOT NULL",
        "own_standard": _TEXT,
        "target": _BIGINT,
        "met": "BOOLEAN",
        "breached_at": _BIGINT,
        **_DIMENSIONS,
    },
    "work": {
        "tid": "BIGINT NOT NULL",
        "tenant": "VARCHAR NOT NULL",
        "created_at": "BIGINT NOT NULL",
        "kind": "VARCHAR NOT NULL",
        "agent": "VARCHAR NOT NULL",
        "since": "BIGINT NOT NULL",
        "until": "BIGINT NOT NULL",
    },
}
"""Each table with its columns, in order, and their SQL types."""


class Facts(NamedTuple):
    """The rows of one ticket."""

    ticket: TicketFact
    clocks: Sequence[ClockFact]
    work: Sequence[WorkFact]


def tid_of(day: int, place: int) -> int:
    """The join key of the ticket at a place, from 0, among those created on a day, counted from 1970-01-01."""
    return day * _TIDS_A_DAY + place


def ticket_facts(figures: TicketFigures, place: int) -> Facts:
    """The rows of a ticket; `place` tells it from the other tickets of its creation day."""
    tenant, source, ticket = figures.key
    tid, created_at = tid_of(day_of(figures.created_at), place), figures.created_at
    first = figures.first("first_response")
    known = {name: text_of(figures.attributes.get(name)) for name in ATTRIBUTES}
    dimensions = {
        "standard": first.standard if first else None,
        "agent": figures.assignee,
        "team": figures.group,
        **known,
    }
    phases, spans = figures.phases, [Span(*span) for span in figures.open_spans]
    row = TicketFact(
        tid=tid,
        tenant=tenant,
        source=source,
        ticket=ticket,
        created_at=created_at,
        state=figures.state,
        unsettled=is_unsettled(figures),
        last_at=_last_at(figures),
        resolved_at=figures.resolved_at,
        first_resolved_at=figures.first_resolved_at,
        closed_at=figures.closed_at,
        open_since=spans[0].since if spans else None,
        open_until=spans[0].until if spans else None,
        reopened=[span._asdict() for span in spans[1:]],
        replies=figures.replies,
        reopens=figures.reopens,
        rating=figures.rating,
        rated_at=figures.rated_at,
        answered_after=first.duration if first and first.stopped_by == "reply" else None,
        before_assignment=phases.before_assignment,
        before_first_reply=phases.before_first_reply,
        on_us=phases.on_us,
        on_customer=phases.on_customer,
        on_third_parties=phases.on_third_parties,
        attributes=_others(figures.attributes),
        **dimensions,
    )
    counts: dict[str, int] = {}
    clocks = []
    for clock in figures.clocks:
        counts[clock.metric] = counts.get(clock.metric, 0) + 1
        clocks.append(_clock(clock, tid, tenant, created_at, counts[clock.metric], dimensions))
    work = [
        *(WorkFact(tid, tenant, created_at, "response", one.agent, one.since, one.at) for one in figures.responses),
        *(WorkFact(tid, tenant, created_at, "hold", one.agent, one.since, one.until) for one in figures.holds),
    ]
    return Facts(row, clocks, work)


def comparable(facts: Facts) -> Facts:
    """The rows of a ticket without their `tid`, in an order of their own: equal where the ticket's figures are."""
    ticket = facts.ticket._replace(
        tid=0,
        reopened=[dict(one) for one in facts.ticket.reopened],
        attributes={name: list(values) for name, values in facts.ticket.attributes.items()},
    )
    clocks = sorted((one._replace(tid=0) for one in facts.clocks), key=lambda one: (one.metric, one.instance))
    work = sorted(one._replace(tid=0) for one in facts.work)
    return Facts(ticket, clocks, work)


def _clock(
    clock: ClockFigures,
    tid: int,
    tenant: str,
    created_at: int,
    instance: int,
    dimensions: Mapping[str, str | None],
) -> ClockFact:
    seen = clock.stopped_by == "reply" if clock.metric == "first_response" else clock.stopped_by is not None
    return ClockFact(
        tid=tid,
        tenant=tenant,
        created_at=created_at,
        metric=clock.metric,
        instance=instance,
        started_at=clock.started_at,
        duration=clock.duration,
        business=clock.business,
        stopped_by=clock.stopped_by,
        observed=seen,
        own_standard=clock.standard,
        target=clock.target,
        met=clock.met,
        breached_at=clock.breached_at,
        **dimensions,
    )


def text_of(value: AttributeValue | None) -> str | None:
    """An attribute's value as a dimension has it: of a list its members, sorted; NULL of an empty one."""
    return value if value is None or isinstance(value, str) else ", ".join(sorted(value)) or None


def _others(attributes: Mapping[str, AttributeValue]) -> dict[str, list[str]]:
    return {
        name: [value] if isinstance(value, str) else sorted(value)
        for name, value in sorted(attributes.items())
        if name not in ATTRIBUTES or not isinstance(value, str)
    }


def attributes_of(known: Mapping[str, str | None], others: Mapping[str, Sequence[str]]) -> dict[str, AttributeValue]:
    """A ticket's attributes, from the columns of the known ones and `attributes`, as conditions of a policy see them.
    A list of one member matches what its member does.
    """
    plain = {name: value for name, value in known.items() if value is not None}
    return {**plain, **{name: tuple(values) for name, values in others.items()}}


def _last_at(figures: TicketFigures) -> int:
    instants = [
        figures.created_at,
        *(clock.ended_at for clock in figures.clocks),
        *(hold.until for hold in figures.holds),
        *(response.at for response in figures.responses),
        *(at for at in (figures.closed_at, figures.rated_at) if at is not None),
    ]
    return max(instants)
