-- failing: units whose opens fail more often than in as much time before
WITH named AS (
    SELECT *, coalesce(unit_series, container, path, kind) AS name, end > :from AS is_new
    FROM activity WHERE end > :before AND end <= :to),
sums AS (
    SELECT host, name, coalesce(sum(open_failures) FILTER (WHERE NOT is_new), 0) AS before,
           sum(open_failures) FILTER (WHERE is_new) AS now
    FROM named GROUP BY 1, 2),
errors AS (
    SELECT host, name, key, sum(value) AS count FROM named, json_each(open_errors) WHERE is_new GROUP BY 1, 2, 3)
SELECT host, name AS unit, before, now,
       (SELECT group_concat(key || ' ' || count, ', ') FROM (
            SELECT * FROM errors e WHERE e.host = sums.host AND e.name = sums.name ORDER BY count DESC LIMIT 3)) AS errors
FROM sums WHERE now > before ORDER BY now - before DESC, unit LIMIT :limit
