-- What tickets are told apart by, as of `settings.as_of`: a row for each ticket and dimension; value is null where the ticket
-- has none. Attributes, also those of your own; `group` and `agent`, who has it; `weekday`, `hour` and `hour_of_week` of its
-- creation in `settings.zone`; and `all`. An attribute that is a list is its members, sorted: billing, outage.
CREATE OR REPLACE VIEW dimensions AS
WITH told AS (
  SELECT
    happenings.tenant,
    happenings.source,
    happenings.ticket,
    happenings.n,
    entries.name,
    element_at(CAST(json_parse(happenings.attributes) AS MAP(VARCHAR, VARCHAR)), entries.name) AS value
  FROM happenings
  CROSS JOIN UNNEST(map_keys(CAST(json_parse(happenings.attributes) AS MAP(VARCHAR, VARCHAR)))) AS entries(name)
),
latest AS (
  SELECT
    told.*,
    row_number() OVER (PARTITION BY tenant, source, ticket, name ORDER BY n DESC) AS age
  FROM told
),
named AS (
  SELECT name
  FROM (
    VALUES ('channel'), ('tier'), ('service_type'), ('priority'), ('category'), ('complexity'), ('brand'), ('language')
  ) AS known(name)
  UNION
  SELECT name FROM told WHERE name NOT IN ('all', 'group', 'agent', 'weekday', 'hour', 'hour_of_week')
),
local AS (
  SELECT
    tickets.*,
    at_timezone(from_unixtime(floor(tickets.created_at / 1e6)), settings.zone) AS created_local
  FROM tickets
  CROSS JOIN settings
  WHERE tickets.created_at IS NOT NULL
),
timed AS (
  SELECT
    local.*,
    substr('montuewedthufrisatsun', 3 * day_of_week(created_local) - 2, 3) AS weekday,
    lpad(CAST(hour(created_local) AS VARCHAR), 2, '0') AS hour_of_day
  FROM local
)
SELECT timed.tenant, timed.source, timed.ticket, named.name AS dimension, latest.value
FROM timed
CROSS JOIN named
LEFT JOIN latest
  ON latest.tenant = timed.tenant AND latest.source = timed.source AND latest.ticket = timed.ticket
  AND latest.name = named.name AND latest.age = 1
UNION ALL
SELECT
  timed.tenant,
  timed.source,
  timed.ticket,
  own.name AS dimension,
  CASE own.name
    WHEN 'group' THEN timed.group_name
    WHEN 'agent' THEN timed.assignee
    WHEN 'weekday' THEN timed.weekday
    WHEN 'hour' THEN timed.hour_of_day
    WHEN 'hour_of_week' THEN concat(timed.weekday, ' ', timed.hour_of_day)
  END AS value
FROM timed
CROSS JOIN (VALUES ('all'), ('group'), ('agent'), ('weekday'), ('hour'), ('hour_of_week')) AS own(name)
