#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What tracing opens costs, and what it holds: each part beside what others do, in turn, several rounds.

  cost   added to open + close: opentrace, opentrace with paths, and a bpftrace one-liner that prints the same
  build  wall time of a build of C files: alone, under opentrace exec, under strace -f
  rate   opens a second from four processes: rows and declared losses are held against the truth
  start  from the start to the first row, and the memory at the end
"""

import argparse
import contextlib
import os
import pathlib
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from situations import EVENTS, Failed, Watcher, base

PARTS = ["cost", "build", "rate", "start"]
ONE_LINER = (
    "tracepoint:syscalls:sys_enter_open,tracepoint:syscalls:sys_enter_openat { @name[tid] = args->filename; } "
    "tracepoint:syscalls:sys_exit_open,tracepoint:syscalls:sys_exit_openat /@name[tid]/ "
    '{ printf("%d %s %d %s\\n", pid, comm, args->ret, str(@name[tid])); delete(@name[tid]); }'
)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=pathlib.Path, default=pathlib.Path(".build/bench"))
    parser.add_argument("--opentrace", type=pathlib.Path, default=pathlib.Path(".build/release/opentrace"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--milliseconds", type=int, default=300)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--seconds", type=float, default=10, help="of each rate")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all by default")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    options.opentrace = options.opentrace.resolve()
    options.parts = options.parts or PARTS
    return options


def trailer(text):
    """What opentrace says at its end: rows, filtered, lost."""
    line = next((line for line in text.splitlines() if line.startswith("opentrace: ") and " filtered, " in line), "")
    found = re.findall(r"([\d,]+) (rows?|filtered|lost)\b", line)
    numbers = {name: int(count.replace(",", "")) for count, name in found}
    rows = numbers.get("rows", numbers.get("row"))
    if rows is None or "lost" not in numbers:
        raise Failed(f"no trailer in what opentrace said:\n{text}")
    return rows, numbers["lost"]


@contextlib.contextmanager
def traced(options, *more):
    """`opentrace all` with its rows going into a file of /dev/shm; known to be attached inside."""
    with tempfile.TemporaryDirectory(prefix="opentrace-bench-", dir="/dev/shm") as folder:
        rows = pathlib.Path(folder, "rows")
        watcher = Watcher([options.opentrace, "all", "-o", rows, *more], "stderr", stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            witness = pathlib.Path(folder, "witness")
            witness.touch()
            while str(witness).encode() not in (rows.read_bytes() if rows.exists() else b""):
                if watcher.process.poll() is not None or time.monotonic() > deadline:
                    watcher.stop(lambda process: process.send_signal(signal.SIGINT))
                    raise Failed(f"no row of the witness:\n{''.join(watcher.said)}")
                witness.read_bytes()
                time.sleep(0.005)
            yield watcher, rows
        finally:
            watcher.stop(lambda process: process.send_signal(signal.SIGINT))


@contextlib.contextmanager
def opentrace(options):
    with traced(options):
        yield


@contextlib.contextmanager
def opentrace_wide(options):
    with traced(options, "--wide"):
        yield


@contextlib.contextmanager
def bpftrace(_options):
    with tempfile.TemporaryDirectory(prefix="bpftrace-bench-", dir="/dev/shm") as folder:
        rows, witness = pathlib.Path(folder, "rows"), pathlib.Path(folder, "witness")
        witness.touch()
        with rows.open("wb") as out:
            process = subprocess.Popen(["bpftrace", "-e", ONE_LINER], stdout=out, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + 60
            while str(witness).encode() not in rows.read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"bpftrace printed nothing: {rows.read_bytes()[:500]}")
                witness.read_bytes()
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def open_cost(options):
    command = [options.tools / "cost_per_call", str(options.cpu), str(options.milliseconds), "open"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1])


def cost(options):
    watchers = {"base": base, "opentrace": opentrace, "opentrace --wide": opentrace_wide, "bpftrace": bpftrace}
    if not shutil.which("bpftrace"):
        raise Failed("bpftrace is not installed: apt-get install bpftrace")
    rounds = []
    for _ in range(options.rounds):
        figures = {}
        for name, watcher in watchers.items():
            with watcher(options):
                figures[name] = open_cost(options)
        rounds.append(figures)
    added = {
        name: statistics.median(figures[name] - figures["base"] for figures in rounds) for name in watchers if name != "base"
    }
    print(f"open + close alone: {statistics.median(figures['base'] for figures in rounds):.0f} ns")
    for name, value in added.items():
        print(f"{name:<18} {value:+8.0f} ns  {value / added['bpftrace']:.2f} of bpftrace")


def build(options):
    """The C parts of this repository, as make would build them; each file by a process of its own."""
    root = pathlib.Path(__file__).resolve().parents[2]
    with tempfile.TemporaryDirectory(prefix="opentrace-build-") as folder:
        shutil.copytree(root / "Tests/Workload", pathlib.Path(folder, "source"))
        pathlib.Path(folder, "Makefile").write_text(
            # Several times over, so that a build takes long enough for starting and ending a trace to be a part of it.
            "OBJECTS := $(foreach n,1 2 3 4 5 6 7 8,$(patsubst source/%.c,%.$n.o,$(wildcard source/*.c)))\n"
            "all: $(OBJECTS)\n"
            + "".join(f"%.{n}.o: source/%.c\n\t$(CC) -O2 -c $< -o $@\n" for n in range(1, 9)) +
            "clean:\n\trm -f *.o\n",
            encoding="utf-8",
        )
        make = ["make", "-s", "-C", folder, f"-j{os.cpu_count()}"]
        trace = pathlib.Path(folder, "trace.csv")
        ways = {
            "alone": make,
            "opentrace exec": [options.opentrace, "exec", "--force", "-o", trace, "--", *make],
            "strace -f": ["strace", "-f", "-e", "trace=%file", "-o", pathlib.Path(folder, "strace"), *make],
        }
        if not shutil.which("strace"):
            del ways["strace -f"]
        times, lost, rows = {name: [] for name in ways}, 0, 0
        for _ in range(options.rounds):
            for name, command in ways.items():
                subprocess.run([*make, "clean"], check=True)
                began = time.monotonic()
                said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
                times[name].append(time.monotonic() - began)
                if name == "opentrace exec":
                    # Ending takes the programs out of the kernel one by one; the command is over by then.
                    rows, missing = trailer(said)
                    lost += missing
        median = {name: statistics.median(values) for name, values in times.items()}
        for name, value in median.items():
            ratio = statistics.median(a / b for a, b in zip(times[name], times["alone"], strict=True))
            print(f"{name:<18} {value:7.2f} s  {ratio:.2f} of alone")
        print(f"{rows} rows in the last round, {lost} lost in all")


def rate(options):
    for opens in (20_000, 100_000):
        command = [options.tools / "open_rate", "4", str(opens), str(options.seconds)]
        with traced(options) as (watcher, rows):
            done = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            watcher.stop(lambda process: process.send_signal(signal.SIGINT))
            truth, seconds, path = int(done[0]), float(done[1]), done[2].encode()
            seen = rows.read_bytes().count(b'"' + path + b'",')
        _, lost = trailer("".join(watcher.said))
        # One more open made the file.
        verdict = "right" if seen <= truth + 1 <= seen + lost else "WRONG"
        print(f"{truth / seconds:9.0f} opens/s: {truth} opened, {seen} rows, {lost} lost: {verdict}")


def first_row(options):
    """Seconds from the start of opentrace to the first row, and the most memory it had by then."""
    with tempfile.NamedTemporaryFile(prefix="opentrace-start-") as witness:
        began = time.monotonic()
        process = subprocess.Popen([options.opentrace, "all"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            said = b""
            while witness.name.encode() not in said:
                if time.monotonic() - began > 30 or process.poll() is not None:
                    raise Failed("opentrace printed no row")
                pathlib.Path(witness.name).read_bytes()
                if select.select([process.stdout], [], [], 0.002)[0]:
                    said += os.read(process.stdout.fileno(), 1 << 16)
            waited = time.monotonic() - began
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
            return waited, int(re.search(r"VmHWM:\s+(\d+)", status)[1])
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


def start(options):
    starts = [first_row(options) for _ in range(options.rounds)]
    waits = [wait * 1000 for wait, _ in starts]
    print(f"first row after {statistics.median(waits):.0f} ms (median), {max(waits):.0f} ms (longest)")
    print(f"peak memory {max(memory for _, memory in starts) / 1024:.1f} MiB")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    if os.geteuid() != 0:
        print("bench: attaching programs needs root", file=sys.stderr)
        return 1
    mounted = not EVENTS.exists()
    if mounted:
        subprocess.run(["mount", "-t", "tracefs", "tracefs", EVENTS.parent], check=True)
    try:
        for part in options.parts:
            print(f"-- {part}", flush=True)
            globals()[part](options)
    except (Failed, subprocess.CalledProcessError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if mounted:
            subprocess.run(["umount", EVENTS.parent], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
