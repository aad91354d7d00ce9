-- The clocks of each ticket by the contract's definitions, round the clock: pauses, calendars and promises are not in them,
-- since those are the policy's (see promises.sql).
--   stopped_by     reply or solve; null while it runs, and where it was cancelled
--   reason         why it was cancelled: created_closed, agent_initiated, merged or deleted
--   ended_at       its stop or its cancelling; of one that runs, `settings.as_of`
--   duration       from its start to its stop; null until it stops
--   elapsed        from its start to `ended_at`
CREATE OR REPLACE VIEW clocks AS
WITH turned AS (
  SELECT
    happenings.tenant,
    happenings.source,
    happenings.ticket,
    happenings.n,
    happenings.happened_at,
    happenings.turn,
    -- A reply and a resolution at the same instant count as the reply, in whichever order they are told.
    happenings.turn = 'reply' OR (
      happenings.turn = 'resolved' AND settings.solve_answers AND n > coalesce(
        max(CASE WHEN happenings.turn = 'reply' THEN happenings.n END)
          OVER (PARTITION BY happenings.tenant, happenings.source, happenings.ticket, happenings.happened_at),
        0
      )
    ) AS answers
  FROM happenings
  CROSS JOIN settings
  WHERE happenings.turn IS NOT NULL
),
-- Whatever comes after an answer, up to and with the next one, is one wait.
divided AS (
  SELECT
    turned.*,
    coalesce(
      sum(CASE WHEN answers THEN 1 ELSE 0 END) OVER (
        PARTITION BY tenant, source, ticket
        ORDER BY n
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
      ),
      0
    ) AS wait
  FROM turned
),
waits AS (
  SELECT
    tenant,
    source,
    ticket,
    wait,
    min(CASE WHEN turn = 'customer_message' THEN happened_at END) AS asked_at,
    min(CASE WHEN answers THEN happened_at END) AS answered_at,
    max(CASE WHEN answers THEN CASE turn WHEN 'reply' THEN 'reply' ELSE 'solve' END END) AS answered_by
  FROM divided
  GROUP BY tenant, source, ticket, wait
),
measured AS (
  SELECT
    tickets.tenant,
    tickets.source,
    tickets.ticket,
    tickets.created_at,
    tickets.until,
    tickets.ending,
    kinds.metric,
    CASE
      WHEN tickets.born_resolved THEN 'created_closed'
      WHEN kinds.metric = 'first_response' AND tickets.agent_initiated THEN 'agent_initiated'
    END AS void,
    CASE kinds.metric
      WHEN 'next_response' THEN row_number()
        OVER (PARTITION BY tickets.tenant, tickets.source, tickets.ticket, kinds.metric ORDER BY waits.wait)
      ELSE 1
    END AS instance,
    CASE kinds.metric
      WHEN 'next_response' THEN waits.asked_at
      WHEN 'resolution' THEN tickets.handling_started_at
      ELSE tickets.created_at
    END AS started_at,
    CASE
      WHEN kinds.metric IN ('first_response', 'next_response') THEN waits.answered_at
      -- Handling that starts on a resolved ticket finds the clock stopped.
      WHEN kinds.metric = 'resolution' AND tickets.resolved_at < tickets.handling_started_at
        THEN tickets.handling_started_at
      ELSE tickets.resolved_at
    END AS stopped_at,
    CASE
      WHEN kinds.metric IN ('first_response', 'next_response') THEN waits.answered_by
      WHEN tickets.resolved_at IS NOT NULL THEN 'solve'
    END AS stopped_by
  FROM tickets
  CROSS JOIN (VALUES ('first_response'), ('next_response'), ('resolution'), ('total_response')) AS kinds(metric)
  LEFT JOIN waits
    ON waits.tenant = tickets.tenant AND waits.source = tickets.source AND waits.ticket = tickets.ticket
    AND (
      (kinds.metric = 'first_response' AND waits.wait = 0)
      OR (
        kinds.metric = 'next_response' AND waits.asked_at IS NOT NULL AND NOT tickets.born_resolved
        AND (waits.wait > 0 OR tickets.agent_initiated)
      )
    )
  WHERE tickets.created_at IS NOT NULL
)
SELECT
  tenant,
  source,
  ticket,
  created_at,
  metric,
  instance,
  started_at,
  CASE WHEN void IS NULL THEN stopped_at END AS stopped_at,
  CASE WHEN void IS NULL THEN stopped_by END AS stopped_by,
  CASE WHEN void IS NOT NULL THEN void WHEN stopped_at IS NULL THEN ending END AS reason,
  CASE WHEN void IS NOT NULL THEN started_at ELSE coalesce(stopped_at, until) END AS ended_at,
  CASE WHEN void IS NULL THEN stopped_at - started_at END AS duration,
  CASE WHEN void IS NOT NULL THEN 0 ELSE coalesce(stopped_at, until) - started_at END AS elapsed
FROM measured
WHERE started_at IS NOT NULL
