-- What a batch becomes. Counters that nothing feeds on a host are NULL, never 0. `rest` has, as JSON, every member
-- that has no column of its own, also those of versions of the agent that are newer than this file.

CREATE TABLE IF NOT EXISTS batches (
    batch_id   TEXT PRIMARY KEY,        -- a repeated batch has the same, so it is stored once
    digest     TEXT NOT NULL,           -- of the document: two that differ cannot have the same batch_id
    received   TEXT NOT NULL,
    host       TEXT NOT NULL,
    instance   TEXT NOT NULL,           -- one start of the agent
    sequence   INTEGER NOT NULL,        -- grows by one from window to window of an instance
    group_by   TEXT NOT NULL,           -- '' for rows of cgroups, else 'unit', 'slice+container' ...
    part       INTEGER NOT NULL,
    parts      INTEGER NOT NULL,
    start      TEXT NOT NULL,
    end        TEXT NOT NULL,
    seconds    REAL NOT NULL,
    gap_before REAL NOT NULL,
    rest       TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS batches_by_window ON batches (group_by, instance, sequence);
CREATE INDEX IF NOT EXISTS batches_by_end ON batches (end);

CREATE TABLE IF NOT EXISTS rows (
    row_id           INTEGER PRIMARY KEY,
    batch_id         TEXT NOT NULL REFERENCES batches ON DELETE CASCADE,
    unit             TEXT,
    unit_series      TEXT,
    kind             TEXT NOT NULL,
    slice            TEXT,
    user_unit        TEXT,
    user_slice       TEXT,
    invocation_id    TEXT,              -- one run of a unit
    container        TEXT,              -- its name, or its id where no name is known
    cgroup           INTEGER,
    path             TEXT,
    opens INTEGER, opens_for_write INTEGER, path_opens INTEGER, open_failures INTEGER, creates INTEGER,
    writes INTEGER, write_bytes INTEGER, write_failures INTEGER,
    deletes INTEGER, renames INTEGER, mkdirs INTEGER, mknods INTEGER, symlinks INTEGER, links INTEGER,
    truncates INTEGER, allocates INTEGER, syncs INTEGER, shared_maps INTEGER, device_writes INTEGER,
    -- The part of the above that went through io_uring.
    uring_opens INTEGER, uring_creates INTEGER, uring_writes INTEGER, uring_write_bytes INTEGER,
    open_errors      TEXT,              -- {"ENOENT": 2}
    write_errors     TEXT,
    rest             TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS rows_by_batch ON rows (batch_id);

CREATE TABLE IF NOT EXISTS writers (
    row_id INTEGER NOT NULL REFERENCES rows ON DELETE CASCADE,
    exe TEXT, comm TEXT NOT NULL, uid INTEGER,
    opens_for_write INTEGER, creates INTEGER, writes INTEGER, write_bytes INTEGER,
    rest TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS writers_by_row ON writers (row_id);

CREATE TABLE IF NOT EXISTS alerts (
    batch_id TEXT NOT NULL REFERENCES batches ON DELETE CASCADE,
    id TEXT NOT NULL, alert TEXT NOT NULL, rule TEXT NOT NULL, time TEXT NOT NULL,
    slice TEXT, unit TEXT, exe TEXT, comm TEXT, uid INTEGER, pid INTEGER, op TEXT, path TEXT,
    rest TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS alerts_by_batch ON alerts (batch_id);

-- Every member of `loss` that is not 0; NULL where the host does not count it.
CREATE TABLE IF NOT EXISTS losses (
    batch_id TEXT NOT NULL REFERENCES batches ON DELETE CASCADE,
    what     TEXT NOT NULL,             -- 'ring_records', 'missed_runs.write' ...
    count    INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS losses_by_batch ON losses (batch_id);

-- Rows of cgroups with their window. Rows of groupings are not in it: they are the same operations once more.
CREATE VIEW IF NOT EXISTS activity AS
    SELECT host, b.instance, sequence, start, end, seconds, r.*
    FROM batches b JOIN rows r USING (batch_id) WHERE group_by = '';

-- One line a window and grouping, however many parts it came in.
CREATE VIEW IF NOT EXISTS windows AS
    SELECT host, instance, group_by, sequence, min(start) AS start, max(end) AS end, max(gap_before) AS gap_before,
           count(DISTINCT part) AS parts_here, max(parts) AS parts, min(batch_id) AS any_batch
    FROM batches GROUP BY host, instance, group_by, sequence;

-- What is not here though it should be: whole windows, parts of windows, and time that no window covers.
CREATE VIEW IF NOT EXISTS gaps AS
    WITH ordered AS (
        SELECT *, lag(sequence) OVER run AS before, lag(end) OVER run AS since
        FROM windows WINDOW run AS (PARTITION BY host, instance, group_by ORDER BY sequence))
    SELECT host, instance, group_by, 'windows' AS what, sequence - before - 1 AS missing,
           before + 1 AS first, sequence - 1 AS last, since, start AS until
    FROM ordered WHERE sequence - before > 1
    UNION ALL
    SELECT host, instance, group_by, 'parts', parts - parts_here, sequence, sequence, start, end
    FROM ordered WHERE parts_here < parts
    UNION ALL
    SELECT host, instance, group_by, 'seconds', gap_before, sequence, sequence, NULL, start
    FROM ordered WHERE gap_before > 0;
