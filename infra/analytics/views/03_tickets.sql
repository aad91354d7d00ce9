-- Each ticket as it stood at `settings.as_of`: the contract's times and counts, round the clock.
--   state          the status, or merged, deleted, awaiting_creation (then nothing can be measured, and times are null)
--   until          where its times end: `as_of`, or the merger or deletion
--   closed_at      when it left the backlog; null while it is in it
--   requester_wait, agent_work, agent_wait, on_hold    where its time went until it was resolved
CREATE OR REPLACE VIEW tickets AS
WITH read AS (
  SELECT
    tenant,
    source,
    ticket,
    max(ticket_created_at) AS created_at,
    max(as_of) AS as_of,
    max(CASE type WHEN 'ticket.merged' THEN 'merged' WHEN 'ticket.deleted' THEN 'deleted' END) AS ending,
    max(CASE WHEN type IN ('ticket.merged', 'ticket.deleted') THEN happened_at END) AS ended_at,
    coalesce(max_by(status, n) FILTER (WHERE status IS NOT NULL), 'new') AS status,
    coalesce(max(CASE WHEN status IS NOT NULL THEN happened_at END), max(ticket_created_at)) AS status_since,
    coalesce(bool_or(type = 'ticket.created' AND status IN ('solved', 'closed')), FALSE) AS born_resolved,
    coalesce(bool_or(type = 'ticket.created' AND role = 'reply'), FALSE) AS agent_initiated,
    min(CASE WHEN handles THEN happened_at END) AS handling_started_at,
    min(CASE WHEN role = 'reply' THEN happened_at END) AS first_reply_at,
    min(CASE WHEN turn = 'resolved' THEN happened_at END) AS first_resolved_at,
    max(CASE WHEN turn = 'resolved' THEN happened_at END) AS last_resolved_at,
    nullif(max_by(coalesce(assignee, ''), n) FILTER (WHERE assigns), '') AS assignee,
    nullif(max_by(coalesce(group_name, ''), n) FILTER (WHERE groups), '') AS group_name,
    max_by(rating, n) FILTER (WHERE type = 'rating.given') AS rating,
    max_by(happened_at, n) FILTER (WHERE type = 'rating.given') AS rated_at,
    count(CASE WHEN role = 'reply' THEN 1 END) AS replies,
    count(CASE WHEN role = 'customer' THEN 1 END) AS customer_messages,
    count(CASE WHEN role = 'internal' THEN 1 END) AS internal_notes,
    count(CASE WHEN role <> 'internal' AND actor_kind = 'bot' THEN 1 END) AS bot_messages,
    count(CASE WHEN turn = 'reopened' THEN 1 END) AS reopens,
    count(CASE WHEN assigns AND type <> 'ticket.created' AND assignee <> assignee_before THEN 1 END) AS reassignments,
    coalesce(sum(CASE WHEN status_before IN ('new', 'open') AND status IS NOT NULL THEN happened_at - status_since END), 0)
      AS agent_work,
    coalesce(sum(CASE WHEN status_before = 'pending' AND status IS NOT NULL THEN happened_at - status_since END), 0) AS agent_wait,
    coalesce(sum(CASE WHEN status_before = 'on_hold' AND status IS NOT NULL THEN happened_at - status_since END), 0) AS on_hold
  FROM happenings
  GROUP BY tenant, source, ticket
),
ended AS (
  SELECT
    read.*,
    coalesce(ended_at, as_of) AS until,
    status IN ('solved', 'closed') AS resolved
  FROM read
),
spent AS (
  SELECT
    ended.*,
    agent_work + CASE WHEN status IN ('new', 'open') THEN until - status_since ELSE 0 END AS all_agent_work,
    agent_wait + CASE WHEN status = 'pending' THEN until - status_since ELSE 0 END AS all_agent_wait,
    on_hold + CASE WHEN status = 'on_hold' THEN until - status_since ELSE 0 END AS all_on_hold
  FROM ended
)
SELECT
  tenant,
  source,
  ticket,
  CASE WHEN created_at IS NULL THEN 'awaiting_creation' ELSE coalesce(ending, status) END AS state,
  status,
  created_at,
  until,
  ending,
  CASE WHEN created_at IS NOT NULL THEN handling_started_at END AS handling_started_at,
  CASE WHEN created_at IS NOT NULL THEN first_reply_at END AS first_reply_at,
  CASE WHEN created_at IS NOT NULL AND NOT born_resolved THEN first_resolved_at END AS first_resolved_at,
  CASE WHEN created_at IS NOT NULL AND NOT born_resolved AND resolved THEN last_resolved_at END AS resolved_at,
  CASE
    WHEN created_at IS NULL THEN NULL
    WHEN resolved THEN coalesce(last_resolved_at, created_at)
    ELSE ended_at
  END AS closed_at,
  created_at IS NOT NULL AND ending IS NULL AND NOT resolved AS is_open,
  born_resolved,
  agent_initiated,
  assignee,
  group_name,
  rating,
  rated_at,
  replies,
  customer_messages,
  internal_notes,
  bot_messages,
  reopens,
  reassignments,
  CASE WHEN created_at IS NULL THEN 0 ELSE all_agent_work + all_on_hold END AS requester_wait,
  CASE WHEN created_at IS NULL THEN 0 ELSE all_agent_work END AS agent_work,
  CASE WHEN created_at IS NULL THEN 0 ELSE all_agent_wait END AS agent_wait,
  CASE WHEN created_at IS NULL THEN 0 ELSE all_on_hold END AS on_hold
FROM spent
