-- uring: how much of what a unit writes goes through io_uring
SELECT host, coalesce(unit_series, container, path, kind) AS unit, sum(writes) AS writes, sum(uring_writes) AS by_uring,
       round(100.0 * sum(uring_writes) / sum(writes), 1) AS percent,
       round(100.0 * sum(uring_write_bytes) / sum(write_bytes), 1) AS percent_of_bytes
FROM activity WHERE end > :from AND end <= :to
GROUP BY 1, 2 HAVING sum(uring_writes) > 0 ORDER BY percent DESC, by_uring DESC, unit LIMIT :limit
