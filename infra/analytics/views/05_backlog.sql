-- When each ticket was in the backlog: from its creation until it was resolved, merged or deleted, and from each reopening on.
-- `end_at` is null while it is in it. The backlog at an instant is
--   SELECT count(*) FROM backlog WHERE begin_at <= :instant AND (end_at IS NULL OR end_at > :instant)
CREATE OR REPLACE VIEW backlog AS
WITH begun AS (
  SELECT
    tickets.tenant,
    tickets.source,
    tickets.ticket,
    0 AS n,
    tickets.created_at AS happened_at,
    CASE WHEN tickets.born_resolved THEN 'resolved' ELSE 'reopened' END AS turn
  FROM tickets
  WHERE tickets.created_at IS NOT NULL
  UNION ALL
  SELECT tenant, source, ticket, n, happened_at, turn
  FROM happenings
  WHERE turn IN ('resolved', 'reopened') AND ticket_created_at IS NOT NULL
),
followed AS (
  SELECT
    begun.*,
    lead(happened_at) OVER (PARTITION BY tenant, source, ticket ORDER BY n) AS next_at
  FROM begun
)
SELECT
  followed.tenant,
  followed.source,
  followed.ticket,
  followed.happened_at AS begin_at,
  coalesce(followed.next_at, CASE WHEN tickets.ending IS NOT NULL THEN tickets.until END) AS end_at
FROM followed
JOIN tickets
  ON tickets.tenant = followed.tenant AND tickets.source = followed.source AND tickets.ticket = followed.ticket
WHERE followed.turn = 'reopened'
