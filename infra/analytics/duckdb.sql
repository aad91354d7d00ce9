-- What the views take from Athena and DuckDB calls otherwise. With these the views run there unchanged, over a view `events` of
-- the same columns: CREATE VIEW events AS SELECT * FROM read_parquet('events/*/*.parquet')
CREATE OR REPLACE MACRO json_parse(told) AS CAST(told AS JSON);
CREATE OR REPLACE MACRO element_at(map, name) AS map[name];
CREATE OR REPLACE MACRO from_unixtime(since) AS to_timestamp(since);
CREATE OR REPLACE MACRO to_unixtime(moment) AS epoch(moment);
CREATE OR REPLACE MACRO at_timezone(moment, zone) AS timezone(zone, moment);
CREATE OR REPLACE MACRO with_timezone(local, zone) AS timezone(zone, local);
CREATE OR REPLACE MACRO day_of_week(moment) AS isodow(moment);
