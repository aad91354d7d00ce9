-- What the tickets come to, by period, cohort and dimension: the figures of GET /reports/summary besides the clocks.
--   cohort         creation: the tickets created in the period, with all that is known of them;
--                  event: what happened in the period, to whichever ticket
-- Shares and means of nothing are null. A row is there where any of its counts is not zero.
--   SELECT * FROM summary WHERE period = '2026-10' AND cohort = 'creation' AND dimension = 'channel'
CREATE OR REPLACE VIEW summary AS
WITH happened AS (
  SELECT
    tickets.tenant,
    tickets.source,
    tickets.ticket,
    asked.cohort,
    asked.measure,
    CASE asked.measure
      WHEN 'created' THEN tickets.created_at
      WHEN 'resolved' THEN tickets.resolved_at
      WHEN 'first_resolved' THEN tickets.first_resolved_at
      WHEN 'rated' THEN tickets.rated_at
      WHEN 'open' THEN CASE WHEN tickets.is_open THEN tickets.created_at END
    END AS happened_at,
    tickets.created_at,
    tickets.replies,
    tickets.reopens,
    tickets.rating
  FROM tickets
  CROSS JOIN (
    VALUES
      ('creation', 'created'), ('creation', 'resolved'), ('creation', 'first_resolved'), ('creation', 'rated'),
      ('creation', 'open'), ('event', 'created'), ('event', 'resolved'), ('event', 'first_resolved'), ('event', 'rated')
  ) AS asked(cohort, measure)
  WHERE tickets.created_at IS NOT NULL
),
counted AS (
  SELECT
    periods.period,
    happened.cohort,
    happened.tenant,
    happened.source,
    happened.ticket,
    happened.measure,
    happened.replies,
    happened.reopens,
    happened.rating
  FROM happened
  JOIN periods
    ON CASE happened.cohort WHEN 'creation' THEN happened.created_at ELSE happened.happened_at END >= periods.begin_at
    AND CASE happened.cohort WHEN 'creation' THEN happened.created_at ELSE happened.happened_at END < periods.end_at
  WHERE happened.happened_at IS NOT NULL
  UNION ALL
  SELECT periods.period, cohorts.cohort, backlog.tenant, backlog.source, backlog.ticket, ends.measure, 0, 0, 0
  FROM backlog
  CROSS JOIN (VALUES ('creation'), ('event')) AS cohorts(cohort)
  CROSS JOIN (VALUES ('backlog_begin'), ('backlog_end')) AS ends(measure)
  JOIN periods
    ON backlog.begin_at <= CASE ends.measure WHEN 'backlog_begin' THEN periods.begin_at ELSE periods.end_at END
    AND (
      backlog.end_at IS NULL
      OR backlog.end_at > CASE ends.measure WHEN 'backlog_begin' THEN periods.begin_at ELSE periods.end_at END
    )
),
added AS (
  SELECT
    counted.period,
    counted.cohort,
    dimensions.dimension,
    dimensions.value,
    count(CASE WHEN measure = 'created' THEN 1 END) AS created,
    count(CASE WHEN measure = 'resolved' THEN 1 END) AS resolved,
    count(CASE WHEN measure = 'first_resolved' THEN 1 END) AS first_resolved,
    -- By event those that are open are those at the end of the period.
    count(
      CASE WHEN measure = CASE counted.cohort WHEN 'creation' THEN 'open' ELSE 'backlog_end' END THEN 1 END
    ) AS open_tickets,
    count(CASE WHEN measure = 'backlog_begin' THEN 1 END) AS backlog_begin,
    count(CASE WHEN measure = 'backlog_end' THEN 1 END) AS backlog_end,
    count(CASE WHEN measure = 'first_resolved' AND reopens > 0 THEN 1 END) AS reopened,
    count(CASE WHEN measure = 'first_resolved' AND rating IS NOT NULL THEN 1 END) AS rated,
    count(CASE WHEN measure = 'resolved' AND replies = 1 AND reopens = 0 THEN 1 END) AS one_touch,
    coalesce(sum(CASE WHEN measure = 'resolved' THEN replies END), 0) AS replies,
    count(CASE WHEN measure = 'rated' THEN 1 END) AS ratings,
    coalesce(sum(CASE WHEN measure = 'rated' THEN rating END), 0) AS rating_sum,
    count(CASE WHEN measure = 'rated' AND rating >= 4 THEN 1 END) AS satisfied
  FROM counted
  JOIN dimensions
    ON dimensions.tenant = counted.tenant AND dimensions.source = counted.source AND dimensions.ticket = counted.ticket
  GROUP BY counted.period, counted.cohort, dimensions.dimension, dimensions.value
)
SELECT
  period,
  cohort,
  dimension,
  value,
  created,
  resolved,
  first_resolved,
  open_tickets,
  backlog_begin,
  backlog_end,
  CAST(reopened AS DOUBLE) / nullif(first_resolved, 0) AS reopen_rate,
  CAST(replies AS DOUBLE) / nullif(resolved, 0) AS replies_per_ticket,
  CAST(one_touch AS DOUBLE) / nullif(resolved, 0) AS one_touch_share,
  ratings,
  CAST(rated AS DOUBLE) / nullif(first_resolved, 0) AS rating_response_rate,
  CAST(rating_sum AS DOUBLE) / nullif(ratings, 0) AS rating_mean,
  CAST(satisfied AS DOUBLE) / nullif(ratings, 0) AS satisfied_share
FROM added
