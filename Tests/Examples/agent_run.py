# SPDX-License-Identifier: Apache-2.0
"""agent_run.py OTAGENT: the real agent (as root) and the example collector, which is killed in between.

What the agent also wrote to a file is the measure: every batch of it must be in the database once, with the same sums.
"""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
EXAMPLE = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "collector"
sys.path.insert(0, str(EXAMPLE))
import ask  # noqa: E402

FIGURES = "opens creates writes write_bytes open_failures deletes renames".split()
WRITES, SIZE = 16, 65536


def until(what, met, seconds=60):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


class Collector:
    def __init__(self, stack, db, port=0):
        command = [sys.executable, "-B", EXAMPLE / "collector.py", "--listen", f"127.0.0.1:{port}", "--db", db]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        stack.callback(self.process.stderr.close)
        stack.callback(self.process.wait)
        stack.callback(self.process.kill)
        said = self.process.stderr.readline()
        assert said.startswith("ready: "), said
        self.port = int(said.split(":")[3].split("/")[0])

    def post(self, document):
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.request("POST", "/ingest", json.dumps(document), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()


@contextlib.contextmanager
def cgroup():
    mounts = [line.split(" - ") for line in open("/proc/self/mountinfo")]
    top = next(before.split()[4] for before, after in mounts if after.startswith("cgroup2 "))
    path = pathlib.Path(top, f"ot-test-{os.getpid()}.slice")
    path.mkdir()
    try:
        yield path
    finally:
        # What ran in it has ended, but the kernel may need a moment.
        end = time.monotonic() + 5
        while path.exists() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                path.rmdir()


def dd(group, folder, number):
    command = f"dd if=/dev/zero of={folder}/file{number} bs={SIZE} count={WRITES} status=none"
    script = f"echo $$ >{group}/cgroup.procs; exec {command}"
    subprocess.run(["/bin/sh", "-ec", script], check=True)


def sums(documents):
    return tuple(sum(row[name] or 0 for document in documents for row in document["units"]) for name in FIGURES)


def run(otagent, folder, stack):
    file, path = folder / "batches.json", folder / "c.db"
    group = stack.enter_context(cgroup())
    collector = Collector(stack, path)
    config = folder / "agent.toml"
    config.write_text(f"""
[agent]
interval = "1s"
state_dir = "{folder}/state"
[outputs.collector]
type = "http"
url = "http://127.0.0.1:{collector.port}/ingest"
format = "ndjson"
retry = {{ initial = "100ms", max = "500ms" }}
[outputs.local]
type = "file"
path = "{file}"
format = "json"
""")
    agent = subprocess.Popen([otagent, "--config", config], stderr=open(folder / "log", "w"))
    stack.callback(agent.wait)
    stack.callback(agent.kill)
    until("the agent is ready", lambda: "ready" in (folder / "log").read_text())
    db = stack.enter_context(contextlib.closing(sqlite3.connect(path)))
    stored = lambda: {row[0] for row in db.execute("SELECT batch_id FROM batches")}
    written = lambda: [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    dd(group, folder, 1)
    until("a batch is stored", stored)
    collector.process.kill()
    collector.process.wait()
    closed = len(written())
    dd(group, folder, 2)
    until("two windows have closed meanwhile", lambda: len(written()) >= closed + 2)
    again = Collector(stack, path, collector.port)
    late = {document["batch_id"] for document in written()}
    until("those windows are stored", lambda: late <= stored())
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(60) == 0, (folder / "log").read_text()

    documents = written()
    assert stored() == {document["batch_id"] for document in documents}
    for document in documents:
        assert again.post(document) == (200, b"was stored before\n")
    assert db.execute("SELECT count(*) FROM batches").fetchone() == (len(documents),)
    assert db.execute("SELECT * FROM gaps").fetchall() == []
    assert db.execute(f"SELECT {', '.join(f'sum({name})' for name in FIGURES)} FROM activity").fetchone() == sums(
        documents
    )
    by_writers = db.execute("SELECT sum(writes), sum(write_bytes) FROM writers").fetchone()
    assert by_writers == tuple(
        sum(w[name] for d in documents for r in d["units"] for w in r["writers"]) for name in ("writes", "write_bytes")
    )
    _, rows = ask.answer(db, ask.questions()["writers"][0], group.name)
    assert [row[1:] for row in rows if row[4] > 1] == [
        ("/usr/bin/dd", group.name, 2, 2 * WRITES, 2 * WRITES * SIZE)
    ], rows
    again.process.send_signal(signal.SIGTERM)
    assert again.process.wait(20) == 0
    print(f"{len(documents)} batches, {len(late)} of them before the second start, {sums(documents)}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ot-test-") as name, contextlib.ExitStack() as stack:
        run(sys.argv[1], pathlib.Path(name), stack)
