-- The spans that figures are about: the months in `settings.zone` since 2020 that have begun. A span of your own is one more row.
CREATE OR REPLACE VIEW periods AS
WITH digits AS (
  SELECT digit FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS ten(digit)
),
months AS (
  SELECT DATE '2020-01-01' + INTERVAL '1' MONTH * (100 * hundreds.digit + 10 * tens.digit + ones.digit) AS month
  FROM digits AS ones
  CROSS JOIN digits AS tens
  CROSS JOIN digits AS hundreds
),
bounded AS (
  SELECT
    substr(CAST(month AS VARCHAR), 1, 7) AS period,
    CAST(to_unixtime(with_timezone(CAST(month AS TIMESTAMP), settings.zone)) AS BIGINT) * 1000000 AS begin_at,
    CAST(to_unixtime(with_timezone(CAST(month + INTERVAL '1' MONTH AS TIMESTAMP), settings.zone)) AS BIGINT) * 1000000
      AS end_at,
    settings.as_of
  FROM months
  CROSS JOIN settings
)
SELECT period, begin_at, end_at
FROM bounded
WHERE begin_at <= as_of
