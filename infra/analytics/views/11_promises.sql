-- Whether promises were kept, and business time, by period, cohort, dimension (also `standard`, that of the first response) and
-- metric: from the figures of days, which know the policy and its calendars. They are those of when each day was built last,
-- whatever `settings.as_of` says.
--   kept, broken, overdue    stopped in time, too late, and too late and still running
--   n, censored    as in response_times; the percentiles are of business time
CREATE OR REPLACE VIEW promises AS
WITH told AS (
  SELECT
    figures.*,
    cohorts.cohort,
    -- By event a promise is broken when it breaks, however long the answer takes.
    CASE
      WHEN cohorts.cohort = 'creation' THEN figures.created_at
      WHEN met = FALSE THEN figures.breached_at
      WHEN met = TRUE THEN figures.ended_at
    END AS judged_at,
    CASE WHEN cohorts.cohort = 'creation' THEN figures.created_at ELSE figures.ended_at END AS ended_in,
    CASE
      WHEN figures.stopped_by = 'reply' OR (figures.stopped_by = 'solve' AND figures.metric <> 'first_response')
        THEN figures.business
    END AS seen
  FROM figures
  CROSS JOIN (VALUES ('creation'), ('event')) AS cohorts(cohort)
),
measured AS (
  SELECT told.*, facts.fact, CASE facts.fact WHEN 'judged' THEN judged_at ELSE ended_in END AS happened_at
  FROM told
  CROSS JOIN (VALUES ('judged'), ('ended')) AS facts(fact)
  WHERE (facts.fact = 'judged' AND met IS NOT NULL) OR (facts.fact = 'ended' AND (seen IS NOT NULL OR cohort = 'creation'))
),
told_apart AS (
  SELECT tenant, source, ticket, dimension, value
  FROM dimensions
  UNION ALL
  SELECT DISTINCT tenant, source, ticket, 'standard', ticket_standard
  FROM figures
),
ranked AS (
  SELECT
    periods.period,
    measured.cohort,
    told_apart.dimension,
    told_apart.value,
    measured.metric,
    measured.fact,
    measured.met,
    measured.stopped_by,
    measured.seen,
    row_number() OVER (
      PARTITION BY
        periods.period, measured.cohort, told_apart.dimension, told_apart.value, measured.metric, measured.fact,
        measured.seen IS NULL
      ORDER BY measured.seen
    ) AS place,
    count(measured.seen) OVER (
      PARTITION BY
        periods.period, measured.cohort, told_apart.dimension, told_apart.value, measured.metric, measured.fact
    ) AS n
  FROM measured
  JOIN periods
    ON measured.happened_at >= periods.begin_at AND measured.happened_at < periods.end_at
  JOIN told_apart
    ON told_apart.tenant = measured.tenant AND told_apart.source = measured.source AND told_apart.ticket = measured.ticket
),
added AS (
  SELECT
    period,
    cohort,
    dimension,
    value,
    metric,
    count(CASE WHEN fact = 'judged' AND met THEN 1 END) AS kept,
    count(CASE WHEN fact = 'judged' AND NOT met AND stopped_by IS NOT NULL THEN 1 END) AS broken,
    count(CASE WHEN fact = 'judged' AND NOT met AND stopped_by IS NULL THEN 1 END) AS overdue,
    count(CASE WHEN fact = 'ended' AND seen IS NOT NULL THEN 1 END) AS n,
    count(CASE WHEN fact = 'ended' AND seen IS NULL THEN 1 END) AS censored,
    min(CASE WHEN fact = 'ended' AND place * 100 >= n * 50 THEN seen END) / 1e6 AS business_median_seconds,
    min(CASE WHEN fact = 'ended' AND place * 100 >= n * 90 THEN seen END) / 1e6 AS business_percentile_90_seconds,
    min(CASE WHEN fact = 'ended' AND place * 100 >= n * 95 THEN seen END) / 1e6 AS business_percentile_95_seconds
  FROM ranked
  GROUP BY period, cohort, dimension, value, metric
)
SELECT
  period,
  cohort,
  dimension,
  value,
  metric,
  kept,
  broken,
  overdue,
  CAST(kept AS DOUBLE) / nullif(kept + broken + overdue, 0) AS compliance,
  n,
  censored,
  business_median_seconds,
  business_percentile_90_seconds,
  business_percentile_95_seconds
FROM added
