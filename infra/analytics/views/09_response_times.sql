-- How long clocks took, round the clock, by period, cohort, dimension and metric. Percentiles are by nearest rank: the
-- smallest value that so many percent do not exceed, always one that occurred.
--   n              the clocks whose end was seen: of first responses those that a reply stopped
--   censored       those that are only known to take longer; by event, none
CREATE OR REPLACE VIEW response_times AS
WITH located AS (
  SELECT
    clocks.tenant,
    clocks.source,
    clocks.ticket,
    clocks.metric,
    cohorts.cohort,
    CASE cohorts.cohort WHEN 'creation' THEN clocks.created_at ELSE clocks.ended_at END AS happened_at,
    CASE WHEN clocks.metric <> 'first_response' OR clocks.stopped_by = 'reply' THEN clocks.duration END AS duration
  FROM clocks
  CROSS JOIN (VALUES ('creation'), ('event')) AS cohorts(cohort)
  WHERE clocks.reason IS NULL OR clocks.reason NOT IN ('created_closed', 'agent_initiated')
),
ranked AS (
  SELECT
    periods.period,
    located.cohort,
    dimensions.dimension,
    dimensions.value,
    located.metric,
    located.duration,
    row_number() OVER (
      PARTITION BY
        periods.period, located.cohort, dimensions.dimension, dimensions.value, located.metric, located.duration IS NULL
      ORDER BY located.duration
    ) AS place,
    count(located.duration) OVER (
      PARTITION BY periods.period, located.cohort, dimensions.dimension, dimensions.value, located.metric
    ) AS n
  FROM located
  JOIN periods
    ON located.happened_at >= periods.begin_at AND located.happened_at < periods.end_at
  JOIN dimensions
    ON dimensions.tenant = located.tenant AND dimensions.source = located.source AND dimensions.ticket = located.ticket
  WHERE located.duration IS NOT NULL OR located.cohort = 'creation'
)
SELECT
  period,
  cohort,
  dimension,
  value,
  metric,
  count(duration) AS n,
  count(*) - count(duration) AS censored,
  min(CASE WHEN place * 100 >= n * 50 THEN duration END) / 1e6 AS median_seconds,
  min(CASE WHEN place * 100 >= n * 90 THEN duration END) / 1e6 AS percentile_90_seconds,
  min(CASE WHEN place * 100 >= n * 95 THEN duration END) / 1e6 AS percentile_95_seconds
FROM ranked
GROUP BY period, cohort, dimension, value, metric
