# SPDX-License-Identifier: Apache-2.0
"""A running agent with its local endpoint, as the drivers here use it."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "schema"


def fail(sentence):
    sys.exit(f"FAILED: {sentence}")


def expect(holds, sentence):
    if not holds:
        fail(sentence)


def eventually(sentence, look, seconds=60):
    """What `look` answers as soon as it is something."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        expect(time.monotonic() < deadline, f"not within {seconds} s: {sentence}")
        time.sleep(0.02)
    return seen


def cgroup_root():
    for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        if " - cgroup2 " in line:
            return pathlib.Path(line.split()[4])
    sys.exit("no cgroup2 is mounted")


@contextlib.contextmanager
def service(name):
    """A cgroup of a service in a slice of its own; its path."""
    top = cgroup_root() / f"ot{os.getpid()}.slice"
    path = top / name
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        for folder in (path, top):
            eventually(f"{folder} is left", lambda folder=folder: left(folder), 10)


def left(folder):
    with contextlib.suppress(OSError):
        folder.rmdir()
    return not folder.exists()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Agent:
    """One life; its folder goes with it."""

    def __init__(self, program, listen, ready=True, more=""):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ot-endpoint-"))
        self.config, self.log = self.folder / "agent.toml", self.folder / "log"
        self.configure(listen, more)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([program, "run", "--config", self.config], stderr=log)
        if ready:
            eventually("ready", lambda: self.said("ready:") or self.process.poll() is not None)
            expect(self.process.poll() is None, f"the agent ended: {self.text()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def configure(self, listen, more=""):
        self.config.write_text(
            f'[agent]\ninterval = "1s"\nstate_dir = "{self.folder}/state"\n[http]\nlisten = "{listen}"\n{more}\n'
            f'[outputs.local]\ntype = "file"\npath = "{self.folder}/batches"\nformat = "json"\nrotate_every = "0s"\n',
            encoding="utf-8",
        )

    def reload(self):
        """Has the configuration read again; what the agent said of it."""
        before = self.text().count("reloaded")
        self.process.send_signal(signal.SIGHUP)
        eventually("an answer to SIGHUP", lambda: self.text().count("reloaded") > before)
        return [line for line in self.text().splitlines() if "reloaded" in line][-1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        expect(self.process.wait(60) == 0, f"it ended with {self.process.returncode}: {self.text()}")
        return [json.loads(line) for line in (self.folder / "batches").read_text(encoding="utf-8").splitlines()]

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def said(self, words):
        return words in self.text()

    @property
    def port(self):
        return int(re.findall(r"local endpoint: http://.*:(\d+)/", self.text())[-1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def get(self, path, headers=(), unix=None):
        """Status, type and body."""
        connection = UnixConnection(unix) if unix else http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type"), answer.read().decode()
        finally:
            connection.close()

    def series(self):
        """What /metrics has; nothing before the first window has closed."""
        status, _, body = self.get("/metrics")
        return series(body) if status == 200 else {}

    def document(self, name):
        """`units`, `status` or `alerts`, held against its schema."""
        import jsonschema

        status, _, body = self.get("/healthz" if name == "health" else f"/api/v1/{name}")
        expect(status == 200, f"{name}: {status} {body}")
        document = json.loads(body)
        schema = json.loads((SCHEMAS / f"otagent.endpoint.{name}-1.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(document)
        return document


SERIES = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)')


def series(text):
    """Every series of a page by name and labels, each line read strictly and none twice."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SERIES.fullmatch(line)
        expect(match, f"no line of metrics: {line!r}")
        key = (match.group(1), match.group(2) or "")
        expect(key not in found, f"twice: {line!r}")
        found[key] = float(match.group(3))
    return found
