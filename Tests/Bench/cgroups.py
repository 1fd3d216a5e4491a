#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What 10,000 live cgroups cost the agent: CPU time for each window and resident memory, while none, all and a few
of them are active.

A batch that lacks a write, or a cgroup, fails the run."""

import argparse
import atexit
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from situations import EVENTS, Failed, Watcher

CONFIG = """
[agent]
interval = "{interval}s"
state_dir = "{folder}/state"

[trace]
max_units = {units}

[outputs.local]
type = "file"
path = "{folder}/activity.ndjson"
format = "ndjson"
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=pathlib.Path, default=pathlib.Path(".build/bench"), help="the compiled parts")
    parser.add_argument("--agent", type=pathlib.Path, default=pathlib.Path(".build/release/otagent"))
    parser.add_argument("--cgroups", type=int, default=10000)
    parser.add_argument("--few", type=int, default=10, help="how many a few are")
    parser.add_argument("--windows", type=int, default=3, help="for each situation")
    parser.add_argument("--interval", type=int, default=10, help="seconds; all cgroups must get their turn in it")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="every figure")
    return parser.parse_args()


def cgroup_mount():
    for line in pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines():
        fields, _, kind = line.partition(" - ")
        if kind.startswith("cgroup2 "):
            return pathlib.Path(fields.split()[4])
    raise Failed("no cgroup2 file system is mounted")


class Cgroups:
    """Cgroups below one of their own; all of them are gone in the end, whatever happens."""

    def __init__(self, count):
        self.top = cgroup_mount() / f"ot-bench-{os.getpid()}"
        self.count = count

    def __enter__(self):
        self.top.mkdir()
        try:
            for number in range(self.count):
                (self.top / str(number)).mkdir()
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in self.top.iterdir():
            if child.is_dir():
                child.rmdir()
        self.top.rmdir()


class Process:
    """What /proc says of the agent."""

    def __init__(self, pid):
        self.folder = pathlib.Path("/proc", str(pid))
        # What clock_getcpuclockid(3) returns: user and system time of all its threads, also of those that ended.
        self.clock = ~pid << 3 | 2

    def cpu(self):
        """Seconds on a CPU so far, finer than the ticks of /proc/PID/stat."""
        return time.clock_gettime(self.clock)

    def memory(self):
        """MiB by kind; the counters in the kernel that the agent has mapped are in Rss, too, and in Pss_Shmem or _File."""
        lines = (self.folder / "smaps_rollup").read_text().splitlines()[1:]
        sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
        status = (self.folder / "status").read_text()
        sizes["Peak"] = int(status.partition("VmHWM:")[2].split()[0]) / 1024
        return sizes


def sleep_to_boundary(interval):
    """Windows begin at whole multiples of the interval by the wall clock; a little later, so that one is surely over."""
    now = time.time()
    time.sleep(interval - now % interval + 0.5)


def drains(folder):
    """CPU milliseconds that reading the counters took, by window."""
    lines = map(json.loads, (folder / "activity.ndjson").read_text(encoding="utf-8").splitlines())
    return [line["self"]["drain_cpu_seconds"] * 1000 for line in lines if line["type"] == "batch"]


def observe(agent, options, folder, act):
    """CPU time of each window, most often the same, the drains' part of it, and the memory after the last one."""
    costs = []
    sleep_to_boundary(options.interval)
    for _ in range(options.windows):
        before = agent.cpu()
        began = time.monotonic()
        act()
        if time.monotonic() - began > options.interval - 1:
            raise Failed("the cgroups took longer than a window: a longer --interval is needed")
        sleep_to_boundary(options.interval)
        costs.append((agent.cpu() - before) * 1000)
    return {"cpu_ms": costs, "drain_ms": drains(folder)[-options.windows :], "memory": agent.memory()}


def check(folder, options, top):
    """Every write is in exactly one row of its own cgroup."""
    writes = {}
    for line in (folder / "activity.ndjson").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        path = (row.get("cgroup") or {}).get("path") or "" if row["type"] == "unit" else ""
        if path.startswith(f"/{top.name}/"):
            writes[path] = writes.get(path, 0) + row["writes"]
    for number in range(options.cgroups):
        wanted = options.windows * (2 if number < options.few else 1)
        if (counted := writes.get(f"/{top.name}/{number}", 0)) != wanted:
            raise Failed(f"cgroup {number}: {counted} writes were counted of {wanted}")


def measure(options, folder):
    config = folder / "agent.toml"
    config.write_text(CONFIG.format(folder=folder, interval=options.interval, units=options.cgroups + 1000), encoding="utf-8")
    watcher = Watcher([options.agent, "--config", config], "stderr", stdout=subprocess.DEVNULL)
    agent = Process(watcher.process.pid)
    results = {}

    def write(top, count):
        command = [options.tools / "cgroup_writes", top, "0", str(count), folder / "written"]
        subprocess.run(command, check=True)

    try:
        watcher.wait_for(lambda line: "ready" in line)
        results["no cgroups"] = observe(agent, options, folder, lambda: None)
        with Cgroups(options.cgroups) as cgroups:
            top = cgroups.top
            results["all idle"] = observe(agent, options, folder, lambda: None)
            results["all active"] = observe(agent, options, folder, lambda: write(top, options.cgroups))
            results["a few active"] = observe(agent, options, folder, lambda: write(top, options.few))
        results["all gone"] = observe(agent, options, folder, lambda: None)
    finally:
        watcher.stop(lambda process: process.terminate())
    check(folder, options, top)
    return results


def print_table(results, options):
    print(f"{options.cgroups} cgroups, windows of {options.interval} s")
    print(f"{'':<14}{'CPU ms a window':>22}{'its drain':>18}{'RSS MiB':>10}{'peak':>8}{'own':>8}{'files, maps':>13}")
    for name, result in results.items():
        memory = result["memory"]
        costs = " ".join(f"{cost:.0f}" for cost in result["cpu_ms"])
        rest = memory["Rss"] - memory["Pss_Anon"]
        parts = " ".join(f"{part:.0f}" for part in result["drain_ms"])
        print(f"{name:<14}{costs:>22}{parts:>18}{memory['Rss']:>10.1f}{memory['Peak']:>8.1f}{memory['Pss_Anon']:>8.1f}{rest:>13.1f}")


def main():
    # A polite end runs every `finally`, so no cgroup stays.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    try:
        if os.geteuid() != 0:
            raise Failed("attaching programs needs root")
        if not EVENTS.exists():
            subprocess.run(["mount", "-t", "tracefs", "tracefs", EVENTS.parent], check=True)
            atexit.register(subprocess.run, ["umount", EVENTS.parent])
        with tempfile.TemporaryDirectory(prefix="otagent-bench-") as folder:
            results = measure(options, pathlib.Path(folder))
    except (Failed, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print_table(results, options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
