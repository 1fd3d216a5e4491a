-- failing: units whose opens fail more often than in as much time before
WITH halves AS (
    SELECT host, coalesce(unit_series, container, path, kind) AS unit,
           sum(open_failures) FILTER (WHERE end <= :from) AS before, sum(open_failures) FILTER (WHERE end > :from) AS now,
           group_concat(DISTINCT open_errors) FILTER (WHERE end > :from AND open_errors <> '{}') AS errors
    FROM activity WHERE end > :before AND end <= :to GROUP BY 1, 2)
SELECT host, unit, coalesce(before, 0) AS before, now, errors FROM halves
WHERE now > coalesce(before, 0) ORDER BY now - coalesce(before, 0) DESC, unit LIMIT :limit
