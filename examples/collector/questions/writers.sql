-- writers SLICE: who writes in a slice and in those below it, by executable
SELECT host, coalesce(w.exe, '(' || w.comm || ')') AS exe, group_concat(DISTINCT slice) AS slices,
       sum(w.creates) AS creates, sum(w.writes) AS writes, sum(w.write_bytes) AS bytes
FROM activity JOIN writers w USING (row_id)
WHERE end > :from AND end <= :to AND (w.writes > 0 OR w.creates > 0)
  AND (:name IN (slice, '-.slice')
       -- web-db.slice is below web.slice: its name begins with "web-".
       OR substr(slice, 1, length(:name) - 5) = substr(:name, 1, length(:name) - 6) || '-')
GROUP BY 1, 2 ORDER BY bytes DESC, writes DESC, exe LIMIT :limit
