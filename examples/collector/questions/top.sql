-- top: which units wrote most
SELECT host, coalesce(unit_series, container, path, kind) AS unit, count(DISTINCT invocation_id) AS runs,
       sum(writes) AS writes, sum(write_bytes) AS bytes, sum(creates) AS creates
FROM activity WHERE end > :from AND end <= :to
GROUP BY 1, 2 ORDER BY bytes DESC, writes DESC, unit LIMIT :limit
