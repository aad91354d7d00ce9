-- The objects that count: those that the root leads to. Others are old, or not committed yet.
CREATE OR REPLACE VIEW current_objects AS
SELECT
  'fact_' || objects.of_table AS of_table,
  's3://' || split_part(months."$path", '/', 3) || '/' || objects.key AS path,
  objects.without
FROM fact_months AS months
JOIN fact_objects AS objects ON objects."$path" = 's3://' || split_part(months."$path", '/', 3) || '/' || months.key
