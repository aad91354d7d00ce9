-- What the other views are about. Change it to your own, and create it again:
--   as_of          the instant of the evaluation, in microseconds since 1970-01-01T00:00:00Z: what occurred later is left out
--   zone           the IANA time zone of months, weekdays and hours
--   solve_answers  as in the policy: whether solving a ticket without a word is an answer
-- All instants and durations in these views are microseconds, except where a column is called seconds.
-- A person reads an instant with from_unixtime(created_at / 1e6).
CREATE OR REPLACE VIEW settings AS
SELECT
  CAST(to_unixtime(now()) * 1000000 AS BIGINT) AS as_of,
  'UTC' AS zone,
  TRUE AS solve_answers
