"""The bodies that the API sends, as models: each becomes a schema of the OpenAPI document.

A field without a default is always there; one with a default may be left out. Instants are UTC (RFC 3339), with six
digits of a second where these are not zero. Durations are seconds, with a fraction only where there is one. Shares lie
between 0 and 1, intervals are the two ends of a 95% interval. No other fields are sent than those listed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Instant = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$",
        json_schema_extra={"format": "date-time"},
    ),
]
Interval = Annotated[list[float], Field(min_length=2, max_length=2)]
Attributes = dict[str, str | list[str]]


class Body(BaseModel):
    """The root of all bodies."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, use_attribute_docstrings=True)


# ------------------------------------------------------------------------------------------------------------- errors
class Error(Body):
    """What went wrong, in words."""

    error: str


class InputFault(Body):
    """One thing that is wrong with the input."""

    field: str
    """Where: the name of a parameter, or a path such as `standards[0].targets.first_response`; empty for the whole."""
    line: int | None
    """The line of the document, from 1, where that is known."""
    problem: str


class NotValid(Body):
    """The input is refused: every fault found, at most 20."""

    error: str
    faults: list[InputFault]


class Failed(Body):
    """A fault in the product. It is counted by the metric `Faults`."""

    error: str
    reason: str
    """The kind of the error and its place in the code, never its text."""


class PolicyFailed(Body):
    """The published version of the policy that is in force cannot be read."""

    error: str
    version: int


class PurgedTicket(Body):
    """The ticket's log has left by retention. Reports still have its figures."""

    error: str
    dropped_at: Instant


class LastKnownClock(Body):
    """A clock as it stood when its ticket was last evaluated."""

    metric: str
    state: str
    standard: str | None
    started_at: Instant
    due_at: Instant | None


class LastKnown(Body):
    """How a ticket stood when it was last evaluated."""

    state: str | None
    group: str | None
    assignee: str | None
    clocks: list[LastKnownClock]


class FaultyTicket(Body):
    """The ticket cannot be evaluated. Everything else goes on without it."""

    error: str
    reason: str
    """The kind of the error and its place in the code."""
    last_known: LastKnown | None


# ----------------------------------------------------------------------------------------------------------- webhooks
class Receipt(Body):
    """What became of a webhook's events: all of them are stored."""

    accepted: int
    duplicates: int
    quarantined: int
    """Parts that are authentic and cannot be read. They are kept: see `replyclock replay`."""


class Health(Body):
    """The function runs."""

    status: Literal["ok"]
    version: str
    """The version of the deployed code."""


# ------------------------------------------------------------------------------------------------------------ tickets
class ClockAlert(Body):
    """A percentage of the target at which an alert is due."""

    at_percent: int
    at: Instant | None
    """When elapsed time reaches it; null where that cannot be foreseen, or never was."""


class Clock(Body):
    """A clock of a ticket (contract, sections 3, 5 and 6)."""

    metric: str
    instance: int
    started_at: Instant
    stopped_at: Instant | None
    stopped_by: str | None
    seconds: float | None
    """Wall-clock time from start to stop."""
    active_seconds: float | None
    """The same without pauses."""
    business_seconds: float | None
    """The active time inside the calendar."""
    standard: str | None
    policy_version: int | None
    calendar: str | None
    target_seconds: float | None
    elapsed_seconds: float | None
    due_at: Instant | None
    applies_since: Instant | None
    state: Literal["cancelled", "no_target", "met", "breached", "paused", "running"]
    breached_at: Instant | None
    ever_breached: bool
    reason: str | None
    """Why it was cancelled."""
    alerts: list[ClockAlert]


class ExplainedInterval(Body):
    """A part of a clock's life, with whether it counted and why."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    seconds: float
    counts: bool
    reason: str
    """`counted`, or why not: `status: pending`, `outside_hours`, `holiday: …`, `break`, `before_standard`."""


class ExplainedClock(Clock):
    """A clock with the intervals of its life."""

    explanation: list[ExplainedInterval]


class ContinuedClock(Body):
    """The next part of an explanation that the page before began."""

    metric: str
    instance: int
    explanation: list[ExplainedInterval]


class Counts(Body):
    """How often, the message at creation included."""

    replies: int
    customer_messages: int
    internal_notes: int
    bot_messages: int
    reopens: int
    reassignments: int


class Waits(Body):
    """Seconds since creation, by who had to act."""

    requester_wait: float
    agent_work: float
    agent_wait: float
    on_hold: float


class TicketFacts(Body):
    """What is known of a ticket, apart from its clocks."""

    tenant: str
    source: str
    ticket: str
    state: str
    """The status, or `merged`, `deleted`, `awaiting_creation`."""
    created_at: Instant | None
    handling_started_at: Instant | None
    first_resolved_at: Instant | None
    resolved_at: Instant | None
    attributes: Attributes
    assignee: str | None
    group: str | None
    rating: int | None
    counts: Counts
    time_in_status: dict[str, float]
    """Seconds since creation in each status the ticket has been in, `solved` and `closed` left out."""
    waits: Waits
    total_by_formula_seconds: float | None
    """First response and resolution added up."""


class Ticket(TicketFacts):
    """A ticket and its clocks."""

    clocks: list[Clock]


class Actor(Body):
    """Who did it."""

    kind: str
    id: str | None = None


class MessageReference(Body):
    """A message, never its text."""

    id: str
    visibility: Literal["public", "internal"] | None = None


class TicketEvent(Body):
    """An event of the log (contract, section 1)."""

    id: str
    ticket: str
    type: str
    occurred_at: Instant
    tenant: str
    source: str
    sequence: int | None = None
    actor: Actor | None = None
    created_at: Instant | None = None
    requester: str | None = None
    status: str | None = None
    attributes: dict[str, str | list[str] | None] | None = None
    assignee: str | None = None
    group: str | None = None
    message: MessageReference | None = None
    into: str | None = None
    rating: int | None = None


class AlertFacts(Body):
    """What an alert is about."""

    alert_id: str
    """The same however often the alert is delivered."""
    tenant: str
    source: str
    ticket: str
    metric: str
    instance: int
    standard: str
    level: Literal["warning", "breach", "escalation", "reminder", "correction"]
    at_percent: int
    reminder: int
    """Which reminder of the breach it is; 0 where it is none."""
    notify: list[str]
    at: Instant
    """When the percentage was reached."""
    knowable_at: Instant
    """When it could be known at the earliest: later than `at` where the event was late-arriving."""
    detected_at: Instant
    started_at: Instant
    due_at: Instant | None
    target_microseconds: int
    calendar: str
    timezone: str
    policy_version: int
    attributes: Attributes
    group: str | None = None
    assignee: str | None = None
    """When the alert was detected, like `group`; left out where there was none."""
    detection_lag_seconds: float
    """From `knowable_at` to `detected_at`."""


class LedgerAlert(AlertFacts):
    """An alert of a ticket, sent or not."""

    status: Literal["pending", "claimed", "sent", "summarized", "quiet", "faulty"]
    sent_at: Instant | None
    reason: str | None
    """Why it was not sent, where it was not."""


class ExplainedTicket(TicketFacts):
    """A page of a ticket: clocks explained, events and alerts. Each list continues that of the page before."""

    clocks: list[ExplainedClock | ContinuedClock]
    """The latest instances first come with the first page."""
    events: list[TicketEvent]
    alerts: list[LedgerAlert]
    cursor: str | None
    """Where the next page begins; null at the end."""


class TicketName(Body):
    """A ticket that cannot be evaluated."""

    tenant: str
    source: str
    ticket: str
    reason: str


class TicketPage(Body):
    """A page of open tickets, the most urgent first."""

    tickets: list[Ticket]
    cursor: str | None
    """Where the next page begins; null at the end."""
    faulty: list[TicketName] | None = None
    """Tickets of this page that cannot be evaluated, where there are any."""


# --------------------------------------------------------------------------------------------------------------- live
class LiveCounts(Body):
    """Open tickets, and of these how many have a clock in each state."""

    open: int
    running: int
    at_risk: int
    breached: int
    paused: int


class Facet(Body):
    """A value of a filter."""

    value: str | None
    tickets: int


class Facets(Body):
    """The values that open tickets have, the commonest first."""

    tenant: list[Facet]
    channel: list[Facet]
    tier: list[Facet]
    group: list[Facet]


class LiveClock(Body):
    """An open clock with a target."""

    tenant: str
    source: str
    ticket: str
    metric: str
    state: str
    at_risk: bool
    standard: str | None
    started_at: Instant
    due_at: Instant | None
    breaks_at: Instant | None
    """When it breaches unless it stops before: after `due_at` where that is a closing time."""
    at_risk_at: Instant | None
    attributes: Attributes
    group: str | None
    assignee: str | None
    faulty: bool = False
    """Sent as true where the ticket cannot be evaluated: this is how it stood last."""


class Live(Body):
    """How the open tickets stand now."""

    at: Instant
    counts: LiveCounts | None
    counted_at: Instant | None
    facets: Facets | None
    clocks: list[LiveClock]
    more: bool
    """Whether there are more clocks than were listed."""


class FeedAlert(AlertFacts):
    """An alert that was sent."""

    kind: Literal["alert"]
    status: Literal["sent"]
    told_at: Instant


class FeedWaiting(Body):
    """A ticket, and since when it waits."""

    source: str
    ticket: str
    since: Instant


class FeedSummary(Body):
    """The summary of a storm of alerts."""

    alert_id: str
    kind: Literal["summary"]
    tenant: str
    source: str | None = None
    standard: str
    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    part: int
    alerts: int
    levels: dict[str, int]
    metrics: list[str]
    notify: list[str]
    longest: list[FeedWaiting]
    status: Literal["sent"]
    told_at: Instant


class Feed(Body):
    """Alerts and summaries that were sent, the newest first."""

    alerts: list[FeedAlert | FeedSummary]
    latest: str
    """What to ask with as `after` for those that come later."""


# ------------------------------------------------------------------------------------------------------------- faults
class SetAside(Body):
    """A thing that was set aside because of a fault."""

    kind: str
    key: str
    """Names it for `replyclock redrive`."""
    tenant: str | None = None
    source: str | None = None
    ticket: str | None = None
    reason: str
    first_seen: Instant
    last_seen: Instant
    count: int


class QuarantineOf(Body):
    """The newest quarantined bodies of a connection."""

    connection: str
    bodies: int
    more: bool
    reasons: dict[str, int]
    newest_at: Instant


class Faults(Body):
    """What is set aside, and what is in quarantine."""

    at: Instant
    kinds: dict[str, int]
    more: bool
    """Whether there are more faults than were counted."""
    faults: list[SetAside]
    cursor: str | None
    quarantine: list[QuarantineOf] | None
    """Null after the first page, and where it was not asked for."""


# ------------------------------------------------------------------------------------------------------------- policy
class Policy(BaseModel):
    """A policy document as it was published (contract, section 4)."""

    model_config = ConfigDict(extra="allow")
    policy: str
    version: int
    effective_from: str
    standards: list[dict[str, Any]]


class PolicyDraft(Body):
    """A text to write the next version from."""

    version: int
    """The next free number."""
    effective_from: Instant
    """The next full hour."""
    text: str
    """The document with these two in place: YAML, comments kept."""


class PolicyChecked(Body):
    """What publishing a document would bring into force."""

    policy: str
    version: int
    effective_from: Instant


class Rollout(Body):
    """How many of the tickets that were open have been measured under a version."""

    found: int
    measured: int
    done: bool


class PolicyVersion(Body):
    """A published version."""

    version: int
    published_at: Instant | None
    """Null where the version is built in."""
    document: Policy | None
    unreadable: str | None = None
    """Why it cannot be read, where it cannot."""
    open_tickets: Rollout | None


class PolicyVersions(Body):
    """All versions, ascending."""

    versions: list[PolicyVersion]


class ChangedSides(Body):
    """How many clocks come out otherwise, and how."""

    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    clocks: int


class SimulatedVersion(Body):
    """A version that was compared."""

    policy: str
    version: int
    effective_from: Instant | None
    """Null where it is taken to have been in force from the beginning."""


class Tally(Body):
    """How clocks came out."""

    judged: int
    met: int
    breached: int
    open: int
    no_target: int
    compliance_percent: float | None


class SimulatedRow(Body):
    """The clocks of a standard, or of all (null), under both policies."""

    metric: str
    standard: str | None
    before: Tally
    after: Tally
    change: float | None
    """Percentage points of compliance."""


class ChangedClock(Body):
    """A clock that comes out otherwise."""

    tenant: str
    source: str
    ticket: str
    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    before: Clock | None
    after: Clock | None


class SimulationResult(Body):
    """The comparison: what `replyclock simulate --json` gives, with at most 200 changed clocks."""

    at: Instant
    today: list[SimulatedVersion]
    instead: list[SimulatedVersion]
    tickets: int
    totals: list[SimulatedRow]
    standards: list[SimulatedRow]
    changed: list[ChangedClock]


class Simulation(Body):
    """What a proposed policy would have made of the tickets of a span."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    tickets: int
    of: int
    """How many tickets there are in the span."""
    sampled: bool
    changed_clocks: int
    changed_tickets: int
    changes: list[ChangedSides]
    result: SimulationResult


# ------------------------------------------------------------------------------------------------------------ reports
class MissingFigures(Body):
    """Something that a report lacks, and why."""

    day: str | None = None
    tickets: int | None = None
    report_partitions: int | None = None
    reason: str


class Report(Body):
    """What all reports say of themselves."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    at: Instant
    """As known at this instant."""
    cohort: str
    missing: list[MissingFigures] | None = None


class ZonedReport(Report):
    """A report whose days and hours are those of a time zone."""

    timezone: str


class Durations(Body):
    """Times of clocks that have stopped, percentiles by nearest rank."""

    median_seconds: float | None
    percentile_90_seconds: float | None
    percentile_95_seconds: float | None


class EstimatedDurations(Durations):
    """The same with a 95% interval, and an estimate that takes running clocks into account."""

    median_interval_seconds: Interval | None
    kaplan_meier_median_seconds: float | None


class ClockFigures(EstimatedDurations):
    """What the clocks of a metric come to."""

    n: int
    """Clocks that have stopped."""
    business: EstimatedDurations
    censored: int
    """Clocks that are still running."""
    kept: int
    """Met."""
    broken: int
    """Stopped in breach."""
    overdue: int
    """Running in breach."""
    compliance: float | None
    compliance_interval: Interval | None


class TicketCounts(Body):
    """Tickets of the span."""

    created: int
    resolved: int
    first_resolved: int
    open: int
    backlog_begin: int
    backlog_end: int


class SatisfactionBand(Body):
    """Ratings of tickets by how long the first response took."""

    up_to_seconds: float | None
    n: int
    mean: float | None
    satisfied_share: float | None


class Satisfaction(Body):
    """Ratings."""

    ratings: int
    response_rate: float | None
    mean: float | None
    satisfied_share: float | None
    by_response_time: list[SatisfactionBand]


class SummaryFigures(Body):
    """What some tickets come to."""

    tickets: TicketCounts
    clocks: dict[str, ClockFigures]
    reopen_rate: float | None
    replies_per_ticket: float | None
    one_touch_share: float | None
    satisfaction: Satisfaction


class SummaryGroup(SummaryFigures):
    """The same of a group."""

    group: dict[str, str | None]


class FigureChange(Body):
    """A figure beside that of the span of equal length before."""

    now: float | None
    before: float | None
    difference: float | None
    interval: Interval | None
    n: int
    n_before: int
    verdict: Literal["better", "worse", "no difference shown", "too few", "too early"]


class Summary(ZonedReport):
    """Counts, times, compliance and satisfaction of a span, and what changed since the span before."""

    group_by: list[str]
    total: SummaryFigures
    groups: list[SummaryGroup]
    groups_left_out: int | None = None
    """How many of the smallest groups are not listed, where there are too many."""
    before: SummaryFigures
    change: dict[str, FigureChange]


class TrendPoint(Durations):
    """The figures of a day, a week or a month."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    created: int
    resolved: int
    first_resolved: int
    backlog_end: int
    n: int
    business: Durations
    censored: int
    kept: int
    broken: int
    overdue: int
    compliance: float | None
    compliance_interval: Interval | None
    satisfied_share: float | None
    ratings: int


class Trends(ZonedReport):
    """The figures of each day, week or month of a span."""

    every: str
    metric: str
    points: list[TrendPoint]


class TargetCounts(Body):
    """How the clocks with a target came out."""

    target_seconds: float
    kept: int
    broken: int
    overdue: int


class DistributionGroup(Body):
    """The times of a group."""

    group: dict[str, str | None]
    n: int
    censored: int
    counts: list[int]
    """A number for each bin of `edges_seconds`, and the last one for longer times."""
    business_counts: list[int]
    targets: list[TargetCounts]
    median_seconds: float | None


class Distribution(Body):
    """How the times of a clock are distributed."""

    begin: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    at: Instant
    timezone: str
    metric: str
    edges_seconds: list[float]
    groups: list[DistributionGroup]
    groups_left_out: int | None = None
    missing: list[MissingFigures] | None = None


class SummedTimes(Body):
    """Times in short."""

    n: int
    censored: int
    median_seconds: float | None
    median_interval_seconds: Interval | None
    kaplan_meier_median_seconds: float | None


class OutstandingGroup(Body):
    """A group whose times differ from those of the others."""

    group: str
    direction: Literal["longer", "shorter"]
    longer: float
    """The chance that a ticket of the group takes longer than one of the others."""
    p_corrected: float
    inside: SummedTimes
    outside: SummedTimes


class Cause(Body):
    """A dimension that goes with longer times."""

    measure: str
    dimension: str
    effect: float
    """Epsilon squared, once stronger causes are taken out."""
    by_chance: float
    p_corrected: float
    n: int
    stand_out: list[OutstandingGroup]


class DimensionEffect(Body):
    """The effect of a dimension on a measure."""

    dimension: str
    groups: int
    n: int
    effect: float
    by_chance: float
    p_corrected: float
    explained_by: list[str] | None


class Measure(SummedTimes):
    """A time that is explained."""

    dimensions: list[DimensionEffect]


class Thresholds(Body):
    """From which value on something counts."""

    p: float
    effect: float
    longer: list[float]
    group: int


class TimeSpent(Body):
    """How the time of tickets divides into phases."""

    tickets: int
    unresolved: int
    seconds: dict[str, float]
    shares: dict[str, float] | None


class GroupTimeSpent(TimeSpent):
    """The same of a group."""

    group: dict[str, str | None]


class TimeSpentByGroup(Body):
    """In all, and by group."""

    total: TimeSpent
    groups: list[GroupTimeSpent]
    groups_left_out: int | None = None


class Causes(ZonedReport):
    """Which dimensions go with long times, which groups stand out, and where the time goes."""

    tickets: int
    thresholds: Thresholds
    assumptions: list[str]
    causes: list[Cause]
    measures: dict[str, Measure]
    time: TimeSpentByGroup


class AgentResponses(Body):
    """Responses of an agent, counted from when the ticket was theirs."""

    n: int
    median_seconds: float | None
    median_interval_seconds: Interval | None
    percentile_90_seconds: float | None


class Agent(Body):
    """What an agent answered, held and resolved."""

    agent: str
    responses: AgentResponses
    tickets: int
    held_seconds: float
    resolved: int
    reopened: int
    reopen_rate: float | None
    reopen_interval: Interval | None
    too_few: bool


class Agents(Report):
    """What each agent did in the span. What lay in a queue counts for no agent."""

    fewest: int
    assumptions: list[str]
    backlog_seconds: float
    unassigned_seconds: float
    unassigned_share: float | None
    agents: list[Agent]
    agents_left_out: int | None = None


class StaffingHour(Body):
    """An hour of the week."""

    hour_of_week: str
    hours: float
    promised_hours: float
    arrivals: int
    arrivals_per_hour: float
    arrivals_interval: Interval
    work_per_hour: float
    load_erlangs: float
    agents: int | None
    agents_interval: Annotated[list[int], Field(min_length=2, max_length=2)] | None
    answered_share: float | None
    busy_share: float | None


class StaffingChannel(Body):
    """A channel."""

    channel: str | None
    arrivals: int
    handling_seconds: float
    target_seconds: float | None
    target_given: bool
    standard: str | None
    calendar: str | None
    hours: list[StaffingHour]


class Staffing(ZonedReport):
    """Arrivals by hour of the week, and the agents that meet the target, by Erlang C."""

    policy_version: int | None
    share: float
    model: Literal["erlang_c"]
    assumptions: list[str]
    channels: list[StaffingChannel]
    channels_left_out: int | None = None


class AdvisedTarget(Body):
    """The target that would have been met this often."""

    percent: int
    seconds: float | None
    interval_seconds: list[float | None] | None


class StandardAdvice(Body):
    """A standard and clock."""

    standard: str
    metric: str
    calendar: str | None
    target_seconds: float | None
    n: int
    censored: int
    too_few: bool
    kept: int
    broken: int
    overdue: int
    undecided: int
    compliance: float | None
    compliance_interval: Interval | None
    judged_by: list[float]
    would_be_kept: list[AdvisedTarget]


class Advice(Report):
    """For each standard and clock the target that would have been met 90%, 95% and 99% of the time."""

    fewest: int
    assumptions: list[str]
    policy_version: int | None
    standards: list[StandardAdvice]
