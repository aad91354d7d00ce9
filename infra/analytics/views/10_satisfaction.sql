-- Satisfaction by how long the first reply took: the bands are up to 1 minute, 15 minutes, 1, 4 and 24 hours, and slower (null).
-- The last rating of a ticket counts; tickets without a reply are in no band.
CREATE OR REPLACE VIEW satisfaction AS
WITH rated AS (
  SELECT
    tickets.tenant,
    tickets.source,
    tickets.ticket,
    tickets.rating,
    cohorts.cohort,
    CASE cohorts.cohort WHEN 'creation' THEN tickets.created_at ELSE tickets.rated_at END AS happened_at,
    CASE
      WHEN clocks.duration <= 60000000 THEN 60
      WHEN clocks.duration <= 900000000 THEN 900
      WHEN clocks.duration <= 3600000000 THEN 3600
      WHEN clocks.duration <= 14400000000 THEN 14400
      WHEN clocks.duration <= 86400000000 THEN 86400
    END AS up_to_seconds
  FROM tickets
  JOIN clocks
    ON clocks.tenant = tickets.tenant AND clocks.source = tickets.source AND clocks.ticket = tickets.ticket
  CROSS JOIN (VALUES ('creation'), ('event')) AS cohorts(cohort)
  WHERE tickets.rating IS NOT NULL AND clocks.metric = 'first_response' AND clocks.stopped_by = 'reply'
)
SELECT
  periods.period,
  rated.cohort,
  dimensions.dimension,
  dimensions.value,
  rated.up_to_seconds,
  count(*) AS n,
  avg(CAST(rated.rating AS DOUBLE)) AS mean,
  CAST(count(CASE WHEN rated.rating >= 4 THEN 1 END) AS DOUBLE) / count(*) AS satisfied_share
FROM rated
JOIN periods
  ON rated.happened_at >= periods.begin_at AND rated.happened_at < periods.end_at
JOIN dimensions
  ON dimensions.tenant = rated.tenant AND dimensions.source = rated.source AND dimensions.ticket = rated.ticket
GROUP BY periods.period, rated.cohort, dimensions.dimension, dimensions.value, rated.up_to_seconds
