-- Which units wrote most.
SELECT host, unit_series, sum(writes) AS writes, sum(write_bytes) AS bytes
FROM otagent.units FINAL GROUP BY host, unit_series ORDER BY bytes DESC LIMIT 10;

-- Who wrote in web.slice and below, by executable.
SELECT JSONExtractString(writer, 'exe') AS exe, sum(JSONExtractUInt(writer, 'writes')) AS writes,
       sum(JSONExtractUInt(writer, 'write_bytes')) AS bytes
FROM otagent.units FINAL ARRAY JOIN JSONExtractArrayRaw(line, 'writers') AS writer
WHERE (slice = 'web.slice' OR startsWith(slice, 'web-')) AND JSONExtractUInt(writer, 'writes') > 0
GROUP BY exe ORDER BY bytes DESC LIMIT 10;
