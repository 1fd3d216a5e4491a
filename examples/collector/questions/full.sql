-- full: units whose writes met a full disk or a quota
SELECT host, coalesce(unit_series, container, path, kind) AS unit, sum(write_errors ->> '$.ENOSPC') AS enospc,
       sum(write_errors ->> '$.EDQUOT') AS edquot, min(start) AS first, max(end) AS last
FROM activity
WHERE end > :from AND end <= :to
  AND (write_errors ->> '$.ENOSPC' IS NOT NULL OR write_errors ->> '$.EDQUOT' IS NOT NULL)
GROUP BY 1, 2 ORDER BY last DESC, unit LIMIT :limit
