-- unit NAME: a unit over time; a restart shows as another run
SELECT substr(end, 1, 16) AS minute, host, coalesce(substr(invocation_id, 1, 8), 'cgroup ' || cgroup) AS run,
       sum(opens) AS opens, sum(creates) AS creates, sum(writes) AS writes, sum(write_bytes) AS bytes
FROM activity
WHERE :name IN (unit, unit_series) AND end > :from AND end <= :to
GROUP BY 1, 2, coalesce(invocation_id, cgroup) ORDER BY minute, min(end), min(sequence) LIMIT :limit
