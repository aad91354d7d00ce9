-- The rows of the facts that count now; see domain/reporting/facts.py for the columns.
CREATE OR REPLACE VIEW clocks AS
SELECT facts.*
FROM fact_clocks AS facts
JOIN current_objects AS objects ON objects.of_table = 'fact_clocks' AND objects.path = facts."$path"
WHERE NOT contains(objects.without, CAST(floor(facts.tid / 4294967296.0) AS bigint))
