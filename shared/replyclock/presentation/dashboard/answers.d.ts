// What the API answers, as the page reads it: the names and types of the answers' fields. Instants are RFC 3339 in UTC, durations
// are seconds where the name says so, shares lie between 0 and 1, intervals are [low, high] of 95% confidence.

declare namespace Answer {
  type Instant = string;
  type Interval = [number, number];
  type Metric = "first_response" | "next_response" | "resolution" | "total_response";
  type Status = "new" | "open" | "pending" | "on_hold" | "solved" | "closed";
  type ClockState = "met" | "breached" | "running" | "paused" | "no_target" | "cancelled";
  type AttributeValue = string | string[];
  type Attributes = Record<string, AttributeValue>;

  interface Paths {
    live: Live;
    alerts: Alerts;
    faults: Faults;
    "policy/versions": Versions;
    "policy/draft": Draft;
    "policy/document": Article;
    "reports/summary": Summary;
    "reports/trends": Trends;
    "reports/distribution": Distribution;
    "reports/causes": Causes;
    "reports/agents": Agents;
    "reports/staffing": Staffing;
  }
  type TicketPath = `tickets/${string}`;
  type At<P> = P extends keyof Paths ? Paths[P] : P extends TicketPath ? Ticket : never;

  /** What is sent, by method and path, and what answers it. */
  interface Sent {
    "POST policy/check": Begins;
    "POST policy/simulation": Simulation;
    "PUT policy": Policy;
  }

  interface Failure {
    error?: string;
    faults?: Fault[];
    dropped_at?: Instant;
  }
  interface Fault {
    field: string;
    line: number | null;
    problem: string;
  }

  // ------------------------------------------------------------------------------------------------------------ open clocks

  interface Live {
    at: Instant;
    counts: Record<"open" | "running" | "at_risk" | "breached" | "paused", number> | null;
    counted_at: Instant | null;
    facets: Record<string, { value: string | null; tickets: number }[]> | null;
    clocks: OpenClock[];
    more: boolean;
  }
  interface OpenClock {
    tenant: string;
    source: string;
    ticket: string;
    metric: Metric;
    state: "running" | "breached" | "paused";
    at_risk: boolean;
    standard: string;
    started_at: Instant;
    due_at: Instant | null;
    breaks_at: Instant | null;
    at_risk_at: Instant | null;
    attributes: Attributes;
    group: string | null;
    assignee: string | null;
    faulty?: true;
  }

  // ----------------------------------------------------------------------------------------------------------------- alerts

  type Level = "warning" | "breach" | "escalation" | "reminder" | "correction";
  interface Alerts {
    alerts: (SentAlert | StormSummary)[];
    latest: string;
  }
  interface Alert {
    alert_id: string;
    tenant: string;
    source: string;
    ticket: string;
    metric: Metric;
    instance: number;
    standard: string;
    level: Level;
    at_percent: number;
    reminder: number;
    notify: string[];
    at: Instant;
    due_at: Instant | null;
    target_microseconds: number;
    attributes: Attributes;
  }
  interface SentAlert extends Alert {
    kind: "alert";
    told_at: Instant;
  }
  interface StormSummary {
    kind: "summary";
    alert_id: string;
    tenant: string;
    standard: string;
    from: Instant;
    alerts: number;
    levels: Record<Level, number>;
    told_at: Instant;
  }
  interface TicketAlert extends Alert {
    status: "sent" | "pending" | "claimed" | "summarized" | "quiet";
    sent_at: Instant | null;
    reason: string | null;
  }

  // ----------------------------------------------------------------------------------------------------------------- faults

  interface Faults {
    at: Instant;
    kinds: Record<string, number>;
    more: boolean;
    faults: FaultyThing[];
    cursor: string | null;
    quarantine: Quarantined[] | null;
  }
  interface FaultyThing {
    kind: string;
    key: string;
    tenant?: string;
    source?: string;
    ticket?: string;
    reason: string;
    first_seen: Instant;
    last_seen: Instant;
    count: number;
  }
  interface Quarantined {
    connection: string;
    bodies: number;
    more: boolean;
    reasons: Record<string, number>;
    newest_at: Instant;
  }

  // ---------------------------------------------------------------------------------------------------------------- tickets

  interface Ticket {
    tenant: string;
    source: string;
    ticket: string;
    state: Status | "merged" | "deleted" | "awaiting_creation";
    created_at: Instant | null;
    attributes: Attributes;
    assignee: string | null;
    group: string | null;
    rating: number | null;
    counts: Record<Count, number>;
    time_in_status: Record<string, number> | null;
    waits: Record<Wait, number> | null;
    total_by_formula_seconds: number | null;
    clocks: Explained[];
    events: TicketEvent[];
    alerts: TicketAlert[];
    /** Where its next page begins: events and alerts go on, clocks with earlier instances and the rest of their explanations. */
    cursor?: string | null;
  }
  type Count = "replies" | "customer_messages" | "internal_notes" | "bot_messages" | "reopens" | "reassignments";
  type Wait = "requester_wait" | "agent_work" | "agent_wait" | "on_hold";
  interface Clock {
    metric: Metric;
    instance: number;
    started_at: Instant;
    stopped_at: Instant | null;
    stopped_by: "reply" | "solve" | null;
    standard: string | null;
    policy_version: number | null;
    calendar: string | null;
    target_seconds: number | null;
    elapsed_seconds: number | null;
    due_at: Instant | null;
    applies_since: Instant | null;
    state: ClockState;
    breached_at: Instant | null;
    ever_breached: boolean;
    reason: "agent_initiated" | "created_closed" | "merged" | "deleted" | null;
    alerts: { at_percent: number; at: Instant | null }[];
  }
  interface Explained extends Clock {
    explanation: Part[];
  }
  interface Part {
    from: Instant;
    to: Instant;
    seconds: number;
    counts: boolean;
    reason: string;
  }
  interface Actor {
    kind: "customer" | "agent" | "bot" | "system" | "third_party" | "unknown";
    id?: string | null;
  }
  interface Message {
    id: string;
    visibility: "public" | "internal";
  }
  interface EventOf {
    id: string;
    occurred_at: Instant;
    actor?: Actor;
  }
  type TicketEvent = EventOf &
    (
      | { type: "ticket.created"; status?: Status; requester?: string; attributes?: Attributes; message?: Message }
      | { type: "message.added"; message: Message }
      | { type: "message.hidden"; message: { id: string } }
      | { type: "status.changed"; status: Status }
      | { type: "assignment.changed"; assignee?: string | null; group?: string | null }
      | { type: "attributes.changed"; attributes: Record<string, AttributeValue | null> }
      | { type: "ticket.merged"; into: string }
      | { type: "ticket.deleted" }
      | { type: "ticket.restored" }
      | { type: "rating.given"; rating: number }
    );

  // ----------------------------------------------------------------------------------------------------------------- policy

  interface Versions {
    versions: Version[];
  }
  interface Version {
    version: number;
    published_at: Instant | null;
    document: Policy | null;
    unreadable?: string;
    open_tickets: { found: number; measured: number; done: boolean } | null;
  }
  interface ReadableVersion extends Version {
    document: Policy;
  }
  interface Begins {
    policy: string;
    version: number;
    effective_from: Instant;
  }
  interface Draft {
    version: number;
    effective_from: Instant;
    text: string;
  }
  interface Policy extends Begins {
    select?: "strictest" | "first";
    when_attributes_change?: "follow" | "from_change" | "pin";
    when_policy_changes?: "follow" | "pin";
    solve_answers?: boolean;
    pause_in?: Partial<Record<Metric, Status[]>>;
    calendars?: Record<string, Calendar>;
    standards: Standard[];
    monitoring?: { when?: When; every: string }[];
  }
  type Weekday = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
  interface Calendar {
    timezone: string;
    hours?: Partial<Record<Weekday, string[]>>;
    holidays?: (string | { region: string })[];
    breaks?: { date: string; hours: string[] }[];
    shifts?: { date: string; hours: string[] }[];
  }
  type Wanted = string | null | (string | null)[];
  type Condition = Wanted | { not: Wanted } | { any: Wanted };
  type When = Record<string, Condition>;
  interface Standard {
    name: string;
    when?: When;
    calendar?: string;
    targets: Partial<Record<Metric, string>>;
    alerts?: { at: string; notify?: string | string[] }[];
    remind_every?: string;
  }
  type Side = "met" | "breached" | "open" | "no_target" | "cancelled" | "absent";
  interface Simulation {
    from: Instant;
    to: Instant;
    tickets: number;
    of: number;
    sampled: boolean;
    changed_clocks: number;
    changed_tickets: number;
    changes: { from: Side; to: Side; clocks: number }[];
    result: { totals: Compared[]; standards: Compared[]; changed: Changed[] };
  }
  interface Compared {
    metric: Metric;
    standard: string | null;
    before: Tally;
    after: Tally;
    change: number | null;
  }
  interface Tally {
    judged: number;
    met: number;
    breached: number;
    compliance_percent: number | null;
  }
  interface Changed {
    tenant: string;
    source: string;
    ticket: string;
    from: Side;
    to: Side;
    before: Clock | null;
    after: Clock | null;
  }

  /** The service response time document. */
  interface Article {
    language: string;
    title: string;
    running_head: string;
    facts: Item[];
    sections: Block[];
  }
  interface Item {
    term: string;
    text: string;
  }
  interface Table {
    kind: "table";
    caption: string;
    headings: string[];
    rows: string[][];
    figures: number[];
  }
  type Block =
    | { kind: "section"; title: string; blocks: Block[] }
    | { kind: "paragraph" | "formula" | "note"; text: string }
    | { kind: "items"; items: Item[] }
    | Table;

  // ---------------------------------------------------------------------------------------------------------------- reports

  type Group = Record<string, string | null>;
  interface Span {
    from: Instant;
    to: Instant;
    at: Instant;
    timezone: string;
  }
  interface Percentiles {
    median_seconds: number | null;
    percentile_90_seconds: number | null;
    percentile_95_seconds: number | null;
  }
  interface Times extends Percentiles {
    median_interval_seconds: Interval | null;
    kaplan_meier_median_seconds: number | null;
  }
  interface Judged {
    kept: number;
    broken: number;
    overdue: number;
  }
  interface Compliance extends Judged {
    compliance: number | null;
    compliance_interval: Interval | null;
  }
  interface Clocks extends Times, Compliance {
    n: number;
    censored: number;
    business: Times;
  }
  interface Satisfaction {
    ratings: number;
    response_rate: number | null;
    mean: number | null;
    satisfied_share: number | null;
    by_response_time: Band[];
  }
  interface Band {
    up_to_seconds: number | null;
    n: number;
    mean: number | null;
    satisfied_share: number | null;
  }
  interface Figures {
    tickets: Record<"created" | "resolved" | "first_resolved" | "open" | "backlog_begin" | "backlog_end", number>;
    clocks: Record<Metric, Clocks>;
    reopen_rate: number | null;
    replies_per_ticket: number | null;
    one_touch_share: number | null;
    satisfaction: Satisfaction;
  }
  interface GroupFigures extends Figures {
    group: Group;
  }
  type Verdict = "better" | "worse" | "no difference shown" | "too few" | "too early";
  interface Change {
    now: number | null;
    before: number | null;
    difference: number | null;
    interval: Interval | null;
    n: number;
    n_before: number;
    verdict: Verdict;
  }
  interface Summary extends Span {
    total: Figures;
    groups: GroupFigures[];
    groups_left_out?: number;
    before: Figures;
    change: Record<string, Change>;
  }
  interface Trends extends Span {
    points: Point[];
  }
  interface Point extends Percentiles, Compliance {
    from: Instant;
    to: Instant;
    created: number;
    resolved: number;
    first_resolved: number;
    backlog_end: number;
    n: number;
    censored: number;
    business: Percentiles;
    satisfied_share: number | null;
    ratings: number;
  }
  interface Distribution extends Span {
    metric: Metric;
    edges_seconds: number[];
    groups: Spread[];
  }
  interface Spread {
    group: Group;
    n: number;
    censored: number;
    counts: number[];
    business_counts: number[];
    targets: (Judged & { target_seconds: number })[];
    median_seconds: number | null;
  }
  type Phase = "before_assignment" | "before_first_reply" | "on_us" | "on_customer" | "on_third_parties";
  type Measure = Phase | "first_response" | "resolution";
  interface Causes extends Span {
    tickets: number;
    thresholds: { p: number; effect: number; longer: Interval; group: number };
    assumptions: string[];
    causes: Cause[];
    measures: Record<Measure, Cases & { dimensions: Dimension[] }>;
    time: { total: PhaseTimes; groups: (PhaseTimes & { group: Group })[] };
  }
  interface Cases {
    n: number;
    censored: number;
    median_seconds: number | null;
    kaplan_meier_median_seconds: number | null;
  }
  interface Dimension {
    dimension: string;
    groups: number;
    n: number;
    effect: number;
    by_chance: number;
    explained_by: string[] | null;
  }
  interface Cause {
    measure: Measure;
    dimension: string;
    effect: number;
    n: number;
    stand_out: StandOut[];
  }
  interface StandOut {
    group: string;
    direction: "longer" | "shorter";
    longer: number;
    inside: Cases;
    outside: Cases;
  }
  interface PhaseTimes {
    tickets: number;
    unresolved: number;
    seconds: Record<Phase, number>;
    shares: Record<Phase, number> | null;
  }
  interface Agents extends Span {
    fewest: number;
    assumptions: string[];
    backlog_seconds: number;
    unassigned_seconds: number;
    unassigned_share: number | null;
    agents: Agent[];
  }
  interface Agent {
    agent: string;
    responses: {
      n: number;
      median_seconds: number | null;
      median_interval_seconds: Interval | null;
      percentile_90_seconds: number | null;
    };
    tickets: number;
    held_seconds: number;
    resolved: number;
    reopened: number;
    reopen_rate: number | null;
    reopen_interval: Interval | null;
    too_few: boolean;
  }
  interface Staffing extends Span {
    policy_version: number | null;
    share: number;
    assumptions: string[];
    channels: Channel[];
  }
  interface Channel {
    channel: string | null;
    arrivals: number;
    target_seconds: number | null;
    standard: string | null;
    hours: Hour[];
  }
  interface Hour {
    hour_of_week: string;
    hours: number;
    promised_hours: number;
    arrivals: number;
    work_per_hour: number;
    agents: number | null;
    agents_interval: Interval | null;
    answered_share: number | null;
    busy_share: number | null;
  }
}
