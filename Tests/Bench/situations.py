# SPDX-License-Identifier: Apache-2.0
"""What may be watching while a call is measured. Each situation is a context manager: inside it, the watcher
is known to be attached; it yields a function that says, once the watcher has stopped, what it counted."""

import contextlib
import json
import os
import pathlib
import queue
import subprocess
import tempfile
import threading
import time

WRITES = "write pwrite64 writev pwritev pwritev2 sendfile64 splice copy_file_range".split()
OPENS = "open openat openat2 creat open_by_handle_at".split()
EVENTS = pathlib.Path("/sys/kernel/tracing/events")
PATIENCE = 60.0


class Failed(Exception):
    """The watcher did not do what the measurement needs."""


class Watcher:
    """One child process and the lines it says; ended by its own id, whatever happens."""

    def __init__(self, command, listen_to, **options):
        self.name = pathlib.Path(command[0]).name
        self.process = subprocess.Popen(command, text=True, **{listen_to: subprocess.PIPE}, **options)
        self.said = []
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(getattr(self.process, listen_to),), daemon=True)
        self._reader.start()

    def _read(self, stream):
        for line in stream:
            self._lines.put(line)

    def wait_for(self, heard, meanwhile=lambda: None):
        """Reads lines until one satisfies `heard`; calls `meanwhile` about ten times a second."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            meanwhile()
            try:
                line = self._lines.get(timeout=0.1)
            except queue.Empty:
                if not self._reader.is_alive() and self._lines.empty():
                    raise Failed(f"{self.name} ended early:\n{''.join(self.said)}") from None
                continue
            self.said.append(line)
            if heard(line):
                return line
        raise Failed(f"{self.name} was not ready within {PATIENCE:.0f} s:\n{''.join(self.said)}")

    def stop(self, ask):
        """Asks it to end, waits, and reads what it said last."""
        if self.process.poll() is None:
            ask(self.process)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(f"{self.name} did not end when asked") from None
        finally:
            self._reader.join(PATIENCE)
        while not self._lines.empty():
            self.said.append(self._lines.get())


@contextlib.contextmanager
def base(_options):
    yield lambda: None


@contextlib.contextmanager
def empty(options):
    command = [options.tools / "attach", options.tools / "empty.bpf.o"]
    watcher = Watcher(command, "stdout", stdin=subprocess.PIPE)
    try:
        watcher.wait_for(lambda line: line.startswith("ready"))
        yield lambda: None
    finally:
        watcher.stop(lambda process: process.stdin.close())


def bpftrace_program():
    """Calls and bytes by cgroup, as one would type it. The two witnesses around it tell when it is attached: they sit
    on calls that are rare, and on the exit side, so that they cost other calls nothing."""

    def probes(calls):
        names = (f"sys_exit_{call}" for call in calls)
        return ",".join(f"tracepoint:syscalls:{name}" for name in names if (EVENTS / "syscalls" / name).exists())

    return (
        'tracepoint:syscalls:sys_exit_getpgid { printf("first\\n"); } '
        + probes(WRITES)
        + " /args->ret >= 0/ { @writes[cgroup] = count(); @bytes[cgroup] = sum(args->ret); } "
        + probes(OPENS) + " /args->ret >= 0/ { @opens[cgroup] = count(); } "
        'tracepoint:syscalls:sys_exit_getsid { printf("last\\n"); }'
    )


@contextlib.contextmanager
def bpftrace(_options):
    watcher = Watcher(["bpftrace", "-f", "json", "-B", "line", "-e", bpftrace_program()], "stdout", stderr=subprocess.STDOUT)
    counted = {}

    def call_witnesses():
        os.getpgid(0)
        os.getsid(0)

    try:
        watcher.wait_for(lambda line: "attached_probes" in line or line.startswith("Attaching"))
        missing = {"first", "last"}

        def was_the_last_witness(line):
            if '"printf"' in line:
                missing.difference_update(word for word in list(missing) if word in line)
            return not missing

        watcher.wait_for(was_the_last_witness, call_witnesses)
        yield lambda: counted
    finally:
        watcher.stop(lambda process: process.send_signal(2))
    for line in watcher.said:
        with contextlib.suppress(ValueError):
            said = json.loads(line)
            if said.get("type") == "map":
                for name, by_cgroup in said["data"].items():
                    counted[name.lstrip("@")] = sum(by_cgroup.values())


AGENT_CONFIG = """
[agent]
interval = "1s"
state_dir = "{folder}/state"

[outputs.local]
type = "file"
path = "{folder}/activity.ndjson"
format = "ndjson"
"""


# Everybody is watched everywhere, and the writer that is measured is allowed.
ARMED = """
[[watch]]
slice = "-.slice"
allow = ["comm:cost_per_call"]
"""


@contextlib.contextmanager
def agent(options, program=None, rules=""):
    counted = {}
    with tempfile.TemporaryDirectory(prefix="otagent-bench-") as folder:
        config = pathlib.Path(folder, "agent.toml")
        config.write_text(AGENT_CONFIG.format(folder=folder) + rules, encoding="utf-8")
        watcher = Watcher([program or options.agent, "--config", config], "stderr", stdout=subprocess.DEVNULL)
        try:
            watcher.wait_for(lambda line: "ready" in line)
            yield lambda: counted
        finally:
            watcher.stop(lambda process: process.terminate())
        activity = pathlib.Path(folder, "activity.ndjson")
        if not activity.exists():
            raise Failed(f"{watcher.name} wrote no batch:\n{''.join(watcher.said)}")
        rows = [json.loads(line) for line in activity.read_text(encoding="utf-8").splitlines()]
        for name in ("writes", "opens"):
            counted[name] = sum(row[name] for row in rows if row["type"] == "unit")


def before(options):
    return agent(options, options.before)


def armed(options):
    return agent(options, rules=ARMED)


SITUATIONS = {
    "base": base, "empty": empty, "agent": agent, "armed": armed, "before": before, "bpftrace": bpftrace,
}  # fmt: skip
