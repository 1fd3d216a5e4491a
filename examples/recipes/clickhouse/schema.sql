-- Lines come in whole; the views take out of them what is asked for often. Once: clickhouse-client --queries-file schema.sql
CREATE DATABASE IF NOT EXISTS otagent;

-- Stores nothing: an INSERT into it feeds the views.
CREATE TABLE IF NOT EXISTS otagent.lines (line String) ENGINE = Null;

-- A batch that comes twice has the same keys, so its rows are merged to one; until then FINAL leaves the others out.
CREATE TABLE IF NOT EXISTS otagent.units (
    host LowCardinality(String), batch_id String, end DateTime64(3, 'UTC'), kind LowCardinality(String),
    slice String, unit String, unit_series String, user_unit String, container String, cgroup UInt64,
    opens Nullable(UInt64), open_failures Nullable(UInt64), creates Nullable(UInt64), writes Nullable(UInt64),
    write_bytes Nullable(UInt64), write_failures Nullable(UInt64), deletes Nullable(UInt64), renames Nullable(UInt64),
    line String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMMDD(end)
ORDER BY (host, slice, unit, user_unit, container, cgroup, end, batch_id, kind) TTL toDateTime(end) + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS otagent.to_units TO otagent.units AS
SELECT JSONExtractString(line, 'host', 'name') AS host, JSONExtractString(line, 'batch_id') AS batch_id,
       parseDateTime64BestEffort(JSONExtractString(line, 'window', 'end'), 3, 'UTC') AS end,
       JSONExtractString(line, 'kind') AS kind, JSONExtractString(line, 'slice') AS slice,
       JSONExtractString(line, 'unit') AS unit, JSONExtractString(line, 'unit_series') AS unit_series,
       JSONExtractString(line, 'user_unit') AS user_unit, JSONExtractString(line, 'container', 'id') AS container,
       JSONExtractUInt(line, 'cgroup', 'id') AS cgroup,
       JSONExtract(line, 'opens', 'Nullable(UInt64)') AS opens,
       JSONExtract(line, 'open_failures', 'Nullable(UInt64)') AS open_failures,
       JSONExtract(line, 'creates', 'Nullable(UInt64)') AS creates,
       JSONExtract(line, 'writes', 'Nullable(UInt64)') AS writes,
       JSONExtract(line, 'write_bytes', 'Nullable(UInt64)') AS write_bytes,
       JSONExtract(line, 'write_failures', 'Nullable(UInt64)') AS write_failures,
       JSONExtract(line, 'deletes', 'Nullable(UInt64)') AS deletes,
       JSONExtract(line, 'renames', 'Nullable(UInt64)') AS renames, line
FROM otagent.lines WHERE JSONExtractString(line, 'type') = 'unit';

CREATE TABLE IF NOT EXISTS otagent.batches (
    host LowCardinality(String), instance String, sequence UInt64, batch_id String, end DateTime64(3, 'UTC'),
    gap_before Float64, line String CODEC(ZSTD(3))
) ENGINE = ReplacingMergeTree PARTITION BY toYYYYMMDD(end) ORDER BY (host, instance, sequence, batch_id)
TTL toDateTime(end) + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW IF NOT EXISTS otagent.to_batches TO otagent.batches AS
SELECT JSONExtractString(line, 'host', 'name') AS host, JSONExtractString(line, 'agent', 'instance') AS instance,
       JSONExtractUInt(line, 'sequence') AS sequence, JSONExtractString(line, 'batch_id') AS batch_id,
       parseDateTime64BestEffort(JSONExtractString(line, 'window', 'end'), 3, 'UTC') AS end,
       JSONExtractFloat(line, 'window', 'gap_before') AS gap_before, line
FROM otagent.lines WHERE JSONExtractString(line, 'type') = 'batch';
