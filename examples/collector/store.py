# SPDX-License-Identifier: Apache-2.0
"""Batches in SQLite: a transaction for each, on disk before anybody is told that it is there."""

import datetime
import hashlib
import json
import pathlib
import sqlite3
import threading
import time

from documents import COUNTERS, VIA_COUNTERS, WRITER_COUNTERS, Refused

TABLES = pathlib.Path(__file__).with_name("tables.sql")
ROW_NAMES = "unit unit_series kind slice user_unit user_slice invocation_id".split()
ALERT_NAMES = "id alert rule time slice unit exe comm uid pid op path".split()
PRUNE_EVERY = 60


def stamp(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def rest(of, without):
    return json.dumps({name: value for name, value in of.items() if name not in without}, ensure_ascii=False)


class Store:
    """One connection that writes; whoever asks questions opens one of their own, which never makes this one wait."""

    def __init__(self, path, keep=None, patience=2.0):
        self.keep = keep
        self.lock = threading.Lock()
        self.pruned = None
        self.db = sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode = WAL")
        # What has been answered with 200 the agent deletes: it must be on the disk by then.
        self.db.execute("PRAGMA synchronous = FULL")
        self.db.execute("PRAGMA foreign_keys = ON")
        self.db.executescript(TABLES.read_text(encoding="utf-8"))

    def close(self):
        """Waits for the transaction that is under way."""
        with self.lock:
            self.db.close()

    def add(self, batch):
        """Stores a batch; false when it was there already. Raises Refused, or sqlite3.Error with nothing stored."""
        digest = hashlib.sha256(json.dumps(batch, sort_keys=True).encode()).hexdigest()
        with self.lock:
            self.db.execute("BEGIN IMMEDIATE")
            try:
                known = self.db.execute("SELECT digest FROM batches WHERE batch_id = ?", [batch["batch_id"]]).fetchone()
                if known is None:
                    self.insert(batch, digest)
                    self.prune()
                elif known[0] != digest:
                    raise Refused(409, f"another batch with the id {batch['batch_id']} is here already")
                self.db.execute("COMMIT")
            except BaseException:
                # A full disk ends the transaction by itself.
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise
            return known is None

    def insert(self, batch, digest):
        window, id = batch["window"], batch["batch_id"]
        apart = "schema batch_id sequence part group_by units alerts loss".split()
        self.put(
            "batches",
            {
                "batch_id": id,
                "digest": digest,
                "received": stamp(datetime.datetime.now(datetime.timezone.utc)),
                "host": batch["host"]["name"],
                "instance": batch["agent"]["instance"],
                "sequence": batch["sequence"],
                "group_by": "+".join(batch["group_by"]),
                "part": batch["part"][0],
                "parts": batch["part"][1],
                "start": window["start"],
                "end": window["end"],
                "seconds": window["seconds"],
                "gap_before": window["gap_before"],
                "rest": rest(batch, apart),
            },
        )
        for row in batch["units"]:
            self.insert_row(id, row)
        for alert in batch["alerts"]:
            named = {name: alert.get(name) for name in ALERT_NAMES}
            self.put("alerts", {"batch_id": id, **named, "rest": rest(alert, ALERT_NAMES)})
        loss = dict(batch["loss"])
        loss |= {f"missed_runs.{name}": count for name, count in loss.pop("missed_runs").items()}
        for what, count in loss.items():
            if count != 0:
                self.put("losses", {"batch_id": id, "what": what, "count": count})

    def insert_row(self, id, row):
        columns = {"batch_id": id} | {name: row.get(name) for name in ROW_NAMES + COUNTERS}
        container, cgroup = row.get("container") or {}, row.get("cgroup") or {}
        columns["container"] = container.get("name") or container.get("id")
        columns |= {"cgroup": cgroup.get("id"), "path": cgroup.get("path")}
        for name in VIA_COUNTERS:
            parts = [via[name] for via in row["io_uring"].values() if via.get(name) is not None]
            columns[f"uring_{name}"] = sum(parts) if parts else None
        for name in ("open_errors", "write_errors"):
            columns[name] = None if row.get(name) is None else json.dumps(row[name])
        # A container's name alone does not say all of it, so the whole of it is in the rest.
        columns["rest"] = rest(row, ROW_NAMES + COUNTERS + ["open_errors", "write_errors", "writers", "cgroup"])
        row_id = self.put("rows", columns)
        for writer in row["writers"]:
            named = {name: writer.get(name) for name in ["exe", "comm", "uid"] + WRITER_COUNTERS}
            self.put("writers", {"row_id": row_id, **named, "rest": rest(writer, named)})

    def put(self, table, columns):
        marks = ", ".join("?" * len(columns))
        try:
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
            return self.db.execute(statement, list(columns.values())).lastrowid
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError) as error:
            # The tables are strict: a member that is not checked by name but of the wrong type ends here.
            raise Refused(400, f"a value does not fit into {table}: {error}") from None

    def prune(self):
        """Deletes what is older than is kept: not at every batch, since it looks for it."""
        now = time.monotonic()
        if self.keep is None or self.pruned is not None and now - self.pruned < PRUNE_EVERY:
            return
        oldest = datetime.datetime.now(datetime.timezone.utc) - self.keep
        self.db.execute("DELETE FROM batches WHERE end < ?", [stamp(oldest)])
        self.pruned = now
