-- What happened on each ticket by `settings.as_of`, in the contract's order (n; 0 is the ticket's opening), and what it came to.
-- Firehose delivers at least once, the log keeps each telling of a fact: here each fact is once, in its first telling. What
-- comes after a merger or deletion is left out, and so is a deletion that was undone.
--   happened_at    when it counts as having occurred: what is dated before the creation occurs at it
--   ticket_created_at   null while the ticket's creation is unknown
--   role           whose message it brought: customer, reply, internal or other; null where it brought none that is new
--   turn           what a clock may start or stop at: customer_message, reply, resolved or reopened
--   handles        whether it is a sign that somebody handles the ticket: the first one starts the clock `resolution`
CREATE OR REPLACE VIEW happenings AS
WITH delivered AS (
  SELECT
    events.*,
    settings.as_of,
    CASE events.type
      WHEN 'ticket.created' THEN 0
      WHEN 'attributes.changed' THEN 1
      WHEN 'assignment.changed' THEN 2
      WHEN 'message.added' THEN 3
      WHEN 'message.hidden' THEN 4
      WHEN 'status.changed' THEN 5
      WHEN 'ticket.merged' THEN 6
      WHEN 'ticket.deleted' THEN 7
      WHEN 'ticket.restored' THEN 8
      WHEN 'rating.given' THEN 9
    END AS kind
  FROM events
  CROSS JOIN settings
  WHERE events.occurred_at <= settings.as_of
),
-- The source's own order counts where all of the ticket's events of an instant have one.
placed AS (
  SELECT
    delivered.*,
    CASE
      WHEN count(*) OVER (PARTITION BY tenant, source, ticket, occurred_at)
        = count(sequence) OVER (PARTITION BY tenant, source, ticket, occurred_at) THEN sequence
      ELSE 0
    END AS place
  FROM delivered
),
-- What was delivered twice is two tellings in the same words.
tellings AS (
  SELECT
    placed.*,
    row_number() OVER (PARTITION BY tenant, source, ticket, id ORDER BY occurred_at, place, kind, event) AS telling
  FROM placed
),
facts AS (
  SELECT
    tellings.*,
    CASE
      WHEN count(*) OVER (PARTITION BY tenant, source, ticket, occurred_at)
        = count(sequence) OVER (PARTITION BY tenant, source, ticket, occurred_at) THEN sequence
      ELSE 0
    END AS fact_place
  FROM tellings
  WHERE telling = 1
),
numbered AS (
  SELECT
    facts.*,
    row_number() OVER (
      PARTITION BY tenant, source, ticket, type = 'ticket.created'
      ORDER BY occurred_at, fact_place, kind, id
    ) AS number
  FROM facts
),
opened AS (
  SELECT
    numbered.*,
    coalesce(
      min(CASE WHEN type = 'ticket.created' THEN occurred_at END) OVER (PARTITION BY tenant, source, ticket),
      min(CASE WHEN created_at <= as_of THEN created_at END) OVER (PARTITION BY tenant, source, ticket)
    ) AS ticket_created_at,
    max(CASE WHEN type = 'ticket.created' AND number = 1 THEN coalesce(requester, actor_id) END)
      OVER (PARTITION BY tenant, source, ticket) AS asked_by,
    max(CASE WHEN type = 'ticket.restored' THEN number END) OVER (PARTITION BY tenant, source, ticket) AS restored
  FROM numbered
),
kept AS (
  SELECT
    opened.*,
    CASE WHEN type = 'ticket.created' THEN 0 ELSE number END AS n,
    min(CASE WHEN type IN ('ticket.merged', 'ticket.deleted') THEN number END)
      OVER (PARTITION BY tenant, source, ticket) AS ending
  FROM opened
  WHERE CASE type
    WHEN 'ticket.created' THEN number = 1
    WHEN 'ticket.deleted' THEN number > coalesce(restored, 0)
    ELSE TRUE
  END
),
lived AS (
  SELECT
    kept.*,
    CASE WHEN occurred_at < ticket_created_at THEN ticket_created_at ELSE occurred_at END AS happened_at,
    actor_kind = 'agent' AND coalesce(actor_id <> asked_by, TRUE) AS by_agent,
    coalesce(sets_assignee, FALSE) OR type = 'ticket.created' AS assigns
  FROM kept
  WHERE n <= coalesce(ending, n)
),
compared AS (
  SELECT
    lived.*,
    row_number() OVER (PARTITION BY tenant, source, ticket, message_id, type = 'message.hidden' ORDER BY n) AS saying,
    max(CASE WHEN type = 'message.hidden' THEN 1 ELSE 0 END)
      OVER (PARTITION BY tenant, source, ticket, message_id) AS hidden,
    lag(status, 1, 'new') OVER (PARTITION BY tenant, source, ticket, status IS NULL ORDER BY n) AS status_before,
    lag(happened_at, 1, ticket_created_at)
      OVER (PARTITION BY tenant, source, ticket, status IS NULL ORDER BY n) AS status_since,
    lag(assignee) OVER (PARTITION BY tenant, source, ticket, assigns ORDER BY n) AS assignee_before
  FROM lived
),
spoken AS (
  SELECT
    compared.*,
    CASE
      WHEN visibility IS NULL OR saying > 1 THEN NULL
      WHEN visibility = 'internal' OR hidden = 1 THEN 'internal'
      WHEN actor_kind = 'customer' OR actor_id = asked_by THEN 'customer'
      WHEN actor_kind = 'agent' THEN 'reply'
      ELSE 'other'
    END AS role
  FROM compared
)
SELECT
  tenant,
  source,
  ticket,
  n,
  id,
  type,
  happened_at,
  ticket_created_at,
  as_of,
  actor_kind,
  actor_id,
  role,
  CASE
    WHEN type = 'ticket.created' THEN NULL
    WHEN role = 'customer' THEN 'customer_message'
    WHEN role = 'reply' THEN 'reply'
    WHEN status IN ('solved', 'closed') AND status_before NOT IN ('solved', 'closed') THEN 'resolved'
    WHEN status NOT IN ('solved', 'closed') AND status_before IN ('solved', 'closed') THEN 'reopened'
  END AS turn,
  CASE type
    WHEN 'ticket.created' THEN assignee IS NOT NULL OR (message_id IS NOT NULL AND by_agent)
    WHEN 'message.added' THEN saying = 1 AND by_agent
    WHEN 'status.changed' THEN status_before = 'new' AND status <> 'new' AND by_agent
    WHEN 'assignment.changed' THEN assigns AND assignee IS NOT NULL
    ELSE FALSE
  END AS handles,
  status,
  status_before,
  status_since,
  assigns,
  assignee,
  assignee_before,
  coalesce(sets_group, FALSE) OR type = 'ticket.created' AS groups,
  group_name,
  rating,
  attributes
FROM spoken
