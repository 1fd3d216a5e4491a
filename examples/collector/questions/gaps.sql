-- gaps: what is missing, and what was lost on the way into the counters
SELECT host, instance, group_by, what, missing, first, last, until AS time FROM gaps
WHERE until > :from AND until <= :to
UNION ALL
-- A window in parts, or in several groupings, has the same losses in each of its batches: they count once.
SELECT host, instance, NULL, what, sum(count), min(sequence), max(sequence), max(end)
FROM (SELECT DISTINCT b.host, b.instance, b.sequence, b.end, l.what, l.count
      FROM losses l JOIN batches b USING (batch_id) WHERE end > :from AND end <= :to AND l.count > 0)
GROUP BY 1, 2, 4
ORDER BY host, time, what LIMIT :limit
