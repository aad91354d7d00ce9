-- By the month (UTC) in which tickets were created: how many clocks of each metric and standard were met, and breached.
CREATE OR REPLACE VIEW compliance AS
SELECT
  tenant,
  date_trunc('month', from_unixtime(created_at / 1000000)) AS month,
  metric,
  own_standard AS standard,
  count_if(met) AS met,
  count_if(NOT met AND stopped_by IS NOT NULL) AS broken,
  count_if(NOT met AND stopped_by IS NULL) AS overdue,
  CAST(count_if(met) AS double) / count(met) AS share
FROM clocks
WHERE met IS NOT NULL
GROUP BY 1, 2, 3, 4
