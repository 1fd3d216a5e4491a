# SPDX-License-Identifier: Apache-2.0
"""The example collector from outside: what it takes, what it refuses and why, and what it has stored then."""

import contextlib
import copy
import gzip
import http.client
import json
import os
import pathlib
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import threading
import tracemalloc
import unittest

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent.parent / "examples" / "collector"
sys.path.insert(0, str(EXAMPLE))
sys.dont_write_bytecode = True
import documents  # noqa: E402
import store as store_module  # noqa: E402
from made import batch, ndjson, row  # noqa: E402


class Running:
    """A collector on a free port; ended with the test."""

    def __init__(self, test, *options, db="c.db"):
        folder = tempfile.TemporaryDirectory(prefix="ot-test-")
        test.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.db = self.folder / db
        self.start(test, *options)

    def start(self, test, *options):
        command = [sys.executable, "-B", EXAMPLE / "collector.py", "--listen", "127.0.0.1:0", "--db", self.db, *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        test.addCleanup(self.end)
        self.said = self.process.stderr.readline()
        test.assertTrue(self.said.startswith("ready: "), self.said)
        self.port = int(self.said.split(":")[3].split("/")[0])

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        rest = "" if self.process.stderr.closed else self.process.stderr.read()
        self.process.stderr.close()
        return self.process.returncode, rest

    def post(self, body, path="/ingest", kind="application/json", connection=None, **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(
                "POST", path, body, {"Content-Type": kind} | {k.replace("_", "-"): v for k, v in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers

    def ask(self, sql, *values):
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return db.execute(sql, values).fetchall()


class Taken(unittest.TestCase):
    def test_json_and_ndjson_with_and_without_gzip_are_stored_the_same(self):
        collector = Running(self)
        for n, (kind, write) in enumerate(
            [("application/json", lambda b: json.dumps(b).encode()), ("application/x-ndjson", ndjson)]
        ):
            for zipped in (False, True):
                body = write(batch(sequence=2 * n + zipped, units=[row("a.service", writes=3, write_bytes=30)]))
                headers = {"Content_Encoding": "gzip"} if zipped else {}
                status, text, _ = collector.post(gzip.compress(body) if zipped else body, kind=kind, **headers)
                self.assertEqual((status, text), (200, "stored\n"))
        self.assertEqual(collector.ask("SELECT unit, writes, write_bytes FROM rows"), [("a.service", 3, 30)] * 4)
        self.assertEqual(collector.ask("SELECT exe, writes FROM writers"), [("/usr/bin/dd", 3)] * 4)
        self.assertEqual(collector.ask("SELECT * FROM gaps"), [])

    def test_a_repeated_batch_changes_nothing_however_it_is_sent(self):
        collector = Running(self)
        document = batch(units=[row("a.service", writes=1)])
        self.assertEqual(collector.post(document)[1], "stored\n")
        packed = gzip.compress(json.dumps(document).encode())
        self.assertEqual(collector.post(packed, Content_Encoding="gzip")[:2], (200, "was stored before\n"))
        self.assertEqual(
            collector.post(ndjson(document), kind="application/x-ndjson")[:2], (200, "was stored before\n")
        )
        other = batch(units=[row("a.service", writes=2)])
        self.assertEqual(collector.post(other)[0], 409)
        self.assertEqual(collector.ask("SELECT writes FROM rows"), [(1,)])

    def test_the_same_batch_from_many_at_once_is_stored_once(self):
        collector = Running(self)
        answers, document = [], batch(units=[row("a.service", writes=1)])
        threads = [threading.Thread(target=lambda: answers.append(collector.post(document)[:2])) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [(200, "stored\n")] + [(200, "was stored before\n")] * 11)
        self.assertEqual(collector.ask("SELECT count(*) FROM rows"), [(1,)])

    def test_parts_make_one_window_and_a_missing_one_is_a_gap(self):
        collector = Running(self)
        for part in (1, 3):
            document = batch(part=[part, 3], units=[row(f"{part}.service", writes=part)])
            document["batch_id"] += f"/{part}"
            self.assertEqual(collector.post(document)[0], 200)
        self.assertEqual(collector.ask("SELECT parts_here, parts FROM windows"), [(2, 3)])
        self.assertEqual(collector.ask("SELECT what, missing, first FROM gaps"), [("parts", 1, 1)])

    def test_holes_show_for_each_start_of_the_agent_and_for_each_grouping(self):
        collector = Running(self)
        for instance, grouping, sequences in (("x", [], (1, 2, 5)), ("y", [], (7, 8)), ("x", ["unit"], (1, 3))):
            for sequence in sequences:
                document = batch(instance=instance, sequence=sequence, group_by=grouping)
                self.assertEqual(collector.post(document)[0], 200)
        found = collector.ask("SELECT instance, group_by, missing, first, last FROM gaps ORDER BY group_by")
        self.assertEqual(found, [("x", "", 2, 3, 4), ("x", "unit", 1, 2, 2)])

    def test_nothing_that_is_sent_is_forgotten(self):
        collector = Running(self)
        unit = row("a.service", writes=1) | {"unit_raw": "YQ==", "new_member": [1, {"x": None}], "creates": None}
        alert = {
            "alert": "unexpected_writer",
            "id": "1",
            "rule": "watch[0]",
            "time": "2026-11-22T12:00:00.000Z",
            "op": "write",
            "path": "/etc/x",
            "parents": ["cron"],
        }
        document = batch(
            units=[unit],
            alerts=[alert],
            gap_before=2.5,
            loss={"ring_records": 4, "missed_runs": {"write": None, "open": 0}},
        )
        self.assertEqual(collector.post(document)[0], 200)
        self.assertEqual(
            collector.ask("SELECT creates, rest ->> 'unit_raw', rest -> 'new_member' FROM rows"),
            [(None, "YQ==", '[1,{"x":null}]')],
        )
        self.assertEqual(
            collector.ask("SELECT rule, path, rest -> 'parents' FROM alerts"), [("watch[0]", "/etc/x", '["cron"]')]
        )
        self.assertEqual(
            collector.ask("SELECT what, count FROM losses"), [("ring_records", 4), ("missed_runs.write", None)]
        )
        self.assertEqual(collector.ask("SELECT what, missing FROM gaps"), [("seconds", 2.5)])
        self.assertEqual(collector.ask("SELECT rest -> '$.coverage.not_seen' FROM batches"), [('["mmap stores"]',)])

    def test_old_batches_go_when_a_time_is_given(self):
        collector = Running(self, "--keep", "7d")
        self.assertEqual(
            collector.post(batch(sequence=1, end="2020-01-01T00:00:00.000Z", units=[row("old.service", writes=1)]))[0],
            200,
        )
        self.assertEqual(collector.ask("SELECT count(*) FROM writers"), [(0,)])
        self.assertEqual(
            collector.post(batch(sequence=2, end="2999-01-01T00:00:00.000Z", units=[row("new.service")]))[0], 200
        )
        self.assertEqual(collector.ask("SELECT unit FROM rows"), [("new.service",)])


class Refusals(unittest.TestCase):
    def test_what_is_not_a_batch_gets_400_and_a_reason(self):
        collector = Running(self)
        good = batch(units=[row("a.service", writes=1)])

        def changed(path, *value):
            document = copy.deepcopy(good)
            inner = document
            for name in path[:-1]:
                inner = inner[name]
            if value:
                inner[path[-1]] = value[0]
            else:
                del inner[path[-1]]
            return document

        cases = [
            (b"", "is not JSON"),
            (b"{", "is not JSON"),
            (b"[]", "is not a JSON object"),
            (b"\xff{}", "is not JSON in UTF-8"),
            (b"[" * 200000, "is not JSON"),
            (b'{"a":NaN}', "NaN"),
            (b'{"a":1e999}', "not JSON"),
            (b'{"a":"\\ud800"}', "not JSON in UTF-8"),
            (b'{"a":' + b"9" * 5000 + b"}", "is not JSON"),
            ({"resourceMetrics": []}, "schema is None"),
            (changed(["schema"], "otagent.batch/2"), "schema is 'otagent.batch/2'"),
            (changed(["batch_id"]), "batch_id is missing"),
            (changed(["batch_id"], ""), "batch_id is empty"),
            (changed(["sequence"], -1), "sequence is not from 0"),
            (changed(["sequence"], True), "sequence is not an integer"),
            (changed(["part"], [2, 1]), "part is not [k, n]"),
            (changed(["units"], {}), "units is not a list"),
            (changed(["units", 0], 3), "something else than objects"),
            (changed(["units", 0, "writes"]), "units[0].writes is missing"),
            (changed(["units", 0, "writes"], 1 << 63), "units[0].writes is not from 0"),
            (changed(["units", 0, "writes"], "1"), "units[0].writes is not an integer"),
            (changed(["units", 0, "unit"], 1), "units[0].unit is not a string"),
            (changed(["units", 0, "writers", 0, "exe"], ["x"]), "does not fit"),
            (changed(["units", 0, "writers", 0, "uid"], "root"), "does not fit"),
            (changed(["units", 0, "io_uring", "worker"]), "worker is missing"),
            (changed(["window", "end"], "yesterday"), "window.end is not a time"),
            (changed(["loss", "missed_runs"], 0), "loss.missed_runs is not an object"),
            (changed(["host", "name"], None), "host.name is not a string"),
        ]
        for body, reason in cases:
            status, text, _ = collector.post(body)
            self.assertEqual(status, 400, (body[:60] if isinstance(body, bytes) else reason, text))
            self.assertIn(reason, text)
        self.assertEqual(collector.post(good, Idempotency_Key="another")[0], 400)
        self.assertEqual(collector.ask("SELECT count(*) FROM batches"), [(0,)])
        self.assertEqual(collector.post(good, Idempotency_Key=good["batch_id"])[0], 200)

    def test_lines_that_do_not_belong_together_get_400(self):
        collector = Running(self)
        lines = ndjson(batch(units=[row("a.service")])).splitlines(keepends=True)
        foreign = lines[1].replace(b'"i-1"', b'"i-2"')
        for body, reason in [
            (lines[1], "first line"),
            (lines[0] + foreign, "another batch"),
            (lines[0] + b'{"type":"x","batch_id":"i-1"}', "neither"),
            (lines[0] + lines[1][:-20], "line 2 is not JSON"),
            (b"\n\n", "first line"),
        ]:
            status, text, _ = collector.post(body, kind="application/x-ndjson")
            self.assertEqual(status, 400)
            self.assertIn(reason, text)

    def test_statuses_tell_the_agent_what_to_do(self):
        collector = Running(self, "--max-body", "64KiB", "--max-document", "1MiB")
        good = json.dumps(batch()).encode()
        bomb = gzip.compress(b" " * (1 << 24))
        self.assertLess(len(bomb), 65536)
        self.assertEqual(collector.post(good, path="/v1/metrics")[0], 404)
        self.assertEqual(collector.post(good, Content_Encoding="zstd")[0], 415)
        self.assertEqual(collector.post(good, kind="application/x-protobuf")[0], 415)
        self.assertEqual(collector.post(good + b" " * 65536)[0], 413)
        self.assertEqual(collector.post(bomb, Content_Encoding="gzip")[0], 413)
        self.assertEqual(collector.post(gzip.compress(good)[:-9], Content_Encoding="gzip")[0], 400)
        self.assertEqual(collector.post(good, Content_Encoding="gzip")[0], 400)
        two = gzip.compress(good[:40]) + gzip.compress(good[40:])
        self.assertEqual(collector.post(two, Content_Encoding="gzip")[0], 200)

    def test_a_body_that_unpacks_to_very_much_takes_no_memory(self):
        bomb = gzip.compress(bytes(1 << 26))
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        with self.assertRaises(documents.Refused) as refused:
            documents.unpacked(bomb, "gzip", 1 << 20)
        self.assertEqual(refused.exception.status, 413)
        self.assertLess(tracemalloc.get_traced_memory()[1], 1 << 23)

    def test_a_wrong_token_gets_401_and_a_new_one_needs_no_restart(self):
        with tempfile.NamedTemporaryFile("w", prefix="ot-test-") as token:
            token.write("first\n")
            token.flush()
            collector = Running(self, "--token-file", token.name)
            self.assertEqual(collector.post(batch())[0], 401)
            self.assertEqual(collector.post(batch(), Authorization="Bearer firs")[0], 401)
            self.assertEqual(collector.post(batch(), Authorization="Bearer f\u00fcr")[0], 401)
            self.assertEqual(collector.post(batch(), Authorization="Bearer first")[0], 200)
            pathlib.Path(token.name).write_text("second")
            self.assertEqual(collector.post(batch(), Authorization="Bearer first")[0], 401)
            self.assertEqual(collector.post(batch(), Authorization="Bearer second")[0], 200)

    def test_a_locked_database_gets_503_and_the_batch_can_come_again(self):
        collector = Running(self)
        with contextlib.closing(sqlite3.connect(collector.db, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            status, text, headers = collector.post(batch())
            self.assertEqual((status, headers["Retry-After"]), (503, "5"), text)
            other.execute("ROLLBACK")
        self.assertEqual(collector.post(batch())[:2], (200, "stored\n"))

    def test_a_full_database_keeps_nothing_of_the_batch_and_takes_it_later(self):
        with tempfile.TemporaryDirectory(prefix="ot-test-") as folder:
            store = store_module.Store(f"{folder}/c.db")
            pages = store.db.execute("PRAGMA page_count").fetchone()[0]
            store.db.execute(f"PRAGMA max_page_count = {pages + 2}")
            big = batch(units=[row(f"unit-{n}.service", writes=1) for n in range(300)])
            with self.assertRaisesRegex(sqlite3.OperationalError, "full"):
                store.add(big)
            self.assertEqual(store.db.execute("SELECT count(*) FROM rows").fetchone(), (0,))
            store.db.execute("PRAGMA max_page_count = 100000")
            self.assertTrue(store.add(big))
            store.close()


class Life(unittest.TestCase):
    def test_signals_end_it_with_0_also_while_somebody_sends_nothing(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            collector = Running(self)
            with socket.create_connection(("127.0.0.1", collector.port)) as idle:
                idle.sendall(b"POST /ingest HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
                self.assertEqual(collector.post(batch())[0], 200)
                self.assertEqual(collector.end(number), (0, ""))

    def test_what_was_answered_survives_a_kill(self):
        collector = Running(self)
        self.assertEqual(collector.post(batch())[0], 200)
        collector.process.kill()
        collector.process.wait()
        self.assertEqual(collector.ask("SELECT batch_id FROM batches"), [("i-1",)])
        collector.process.stderr.close()
        collector.start(self)
        self.assertEqual(collector.post(batch())[1], "was stored before\n")

    def test_it_speaks_only_when_asked_to_and_escapes_what_it_is_told(self):
        collector = Running(self)
        collector.post(batch())
        self.assertEqual(collector.end()[1], "")
        collector = Running(self, "--verbose", "--batches", "1")
        collector.post({"schema": "x"})
        collector.post(batch(host="web\u001b[31m"))
        status, said = collector.process.wait(10), collector.process.stderr.read()
        self.assertEqual(status, 0)
        self.assertEqual(
            said.splitlines(),
            ["400: schema is 'x', not 'otagent.batch/1'", "i-1 web\\x1b[31m 2026-11-22T12:00:10.000Z 0 units"],
        )

    def test_beyond_this_host_it_wants_a_token(self):
        command = [sys.executable, "-B", EXAMPLE / "collector.py", "--listen", "0.0.0.0:0"]
        end = subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=20)
        self.assertEqual(end.returncode, 2)
        self.assertIn("token-file", end.stderr)

    def test_a_database_that_is_none_ends_it_with_a_reason(self):
        with tempfile.NamedTemporaryFile("w", prefix="ot-test-") as file:
            file.write("no database, but long enough to be looked at " * 20)
            file.flush()
            end = subprocess.run(
                [sys.executable, "-B", EXAMPLE / "collector.py", "--db", file.name],
                stderr=subprocess.PIPE,
                text=True,
                timeout=20,
            )
        self.assertEqual(end.returncode, 1)
        self.assertIn("not a database", end.stderr)

    def test_tls_is_served(self):
        with tempfile.TemporaryDirectory(prefix="ot-test-") as folder:
            key, cert = f"{folder}/key.pem", f"{folder}/cert.pem"
            subprocess.run(
                [
                    "openssl",
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes",
                    "-keyout",
                    key,
                    "-out",
                    cert,
                    "-days",
                    "1",
                    "-subj",
                    "/CN=localhost",
                    "-addext",
                    "subjectAltName=IP:127.0.0.1",
                ],
                check=True,
                capture_output=True,
            )
            collector = Running(self, "--tls-cert", cert, "--tls-key", key)
            with socket.create_connection(("127.0.0.1", collector.port)) as plain:
                plain.sendall(b"GET / HTTP/1.0\r\n\r\n")
                plain.settimeout(20)
                with contextlib.suppress(OSError):
                    plain.recv(100)
            secure = http.client.HTTPSConnection(
                "127.0.0.1", collector.port, timeout=20, context=ssl.create_default_context(cafile=cert)
            )
            self.assertEqual(collector.post(batch(), connection=secure)[0], 200)


if __name__ == "__main__":
    unittest.main()
