#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What watching costs a system call: nothing attached, empty programs, the agent and a bpftrace one-liner, in turn.

Added cost is always a situation minus the base of the same round. A watcher that counted fewer calls than were
made fails the run: a cheap count that is wrong is not cheap."""

import argparse
import atexit
import json
import os
import pathlib
import platform
import shutil
import signal
import statistics
import subprocess
import sys

from situations import EVENTS, SITUATIONS, Failed

COMMON = {"pwrite": "pwrite, 1 byte", "open": "open + close", "getppid": "getppid (unrelated)"}
RARE = {
    "uring": "io_uring WRITE", "aio": "AIO PWRITE", "fsync": "fsync", "ftruncate": "ftruncate", "rename": "2 renames",
    "mkdir": "mkdir + rmdir", "symlink": "symlink + unlink", "mmap": "mmap shared", "private_mmap": "mmap private",
}  # fmt: skip
# What must at least be counted, by operation.
COUNTED_AS = {"pwrite": "writes", "open": "opens"}
# A preemptible kernel skips a program now and then, whoever attached it; below this the watcher is not counting.
MUST_BE_COUNTED = 0.99
RATIOS = [("agent", "empty"), ("agent", "bpftrace"), ("bpftrace", "empty"), ("agent", "before")]
# Of what a call takes in all.
CALL_RATIOS = [("armed", "agent"), ("agent", "before")]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tools", type=pathlib.Path, default=pathlib.Path(".build/bench"), help="the compiled parts")
    parser.add_argument("--agent", type=pathlib.Path, default=pathlib.Path(".build/release/otagent"))
    parser.add_argument("--before", type=pathlib.Path, metavar="OTAGENT", help="another build, measured in turn with it")
    parser.add_argument("--rare", action="store_true", help="the calls that are seldom made, too")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--milliseconds", type=int, default=300, help="for each operation, situation and round")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="where the calls are made")
    parser.add_argument("--situations", default="base,empty,agent,armed,bpftrace", help="a part of: %(default)s")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="every figure of every round")
    options = parser.parse_args()
    options.situations = options.situations.split(",") + (["before"] if options.before else [])
    options.operations = COMMON | (RARE if options.rare else {})
    if unknown := set(options.situations) - set(SITUATIONS):
        parser.error(f"no such situation: {', '.join(sorted(unknown))}")
    if options.situations[0] != "base":
        parser.error("the first situation must be base: the others are compared with it")
    if options.rounds < 1:
        parser.error("at least one round is needed")
    return options


def prepare(options):
    """Makes sure that each situation can be had, or says what is missing."""
    if os.geteuid() != 0:
        raise Failed("attaching programs needs root")
    if not EVENTS.exists():
        subprocess.run(["mount", "-t", "tracefs", "tracefs", EVENTS.parent], check=True)
        atexit.register(subprocess.run, ["umount", EVENTS.parent])
    if "bpftrace" in options.situations and not shutil.which("bpftrace"):
        raise Failed("bpftrace is not installed: apt-get install bpftrace, or leave it out with --situations")
    if "agent" in options.situations and not options.agent.exists():
        raise Failed(f"{options.agent} is not there: make release, or leave the agent out with --situations")


def measure(options):
    """One pass over the operations: nanoseconds and number of calls by operation."""
    command = [options.tools / "cost_per_call", str(options.cpu), str(options.milliseconds), *options.operations]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    fields = [line.split() for line in lines]
    return {name: float(cost) for name, cost, _ in fields}, {name: int(calls) for name, _, calls in fields}


def one_round(options):
    costs = {}
    for situation in options.situations:
        with SITUATIONS[situation](options) as counted:
            costs[situation], calls = measure(options)
        if (seen := counted()) is None:
            continue
        for operation, counter in COUNTED_AS.items():
            if seen.get(counter, 0) < calls[operation] * MUST_BE_COUNTED:
                raise Failed(f"{situation} counted {seen.get(counter, 0)} {counter} of {calls[operation]}")
    return costs


def summary(rounds, operations):
    """Medians over the rounds: cost, added cost, and added cost over added cost."""
    names = list(rounds[0])
    cost = {s: {o: statistics.median(r[s][o] for r in rounds) for o in operations} for s in names}
    added = {
        s: {o: statistics.median(r[s][o] - r["base"][o] for r in rounds) for o in operations}
        for s in names if s != "base"
    }
    ratios = {
        f"{a}/{b}": {o: added[a][o] / added[b][o] if added[b][o] > 0 else None for o in operations}
        for a, b in RATIOS if a in added and b in added
    }
    calls = {
        f"{a}/{b}": {o: statistics.median(r[a][o] / r[b][o] for r in rounds) for o in operations}
        for a, b in CALL_RATIOS if a in cost and b in cost
    }
    return {"cost": cost, "added": added, "ratios": ratios, "calls": calls}


def print_table(result, operations):
    """Operations downwards when there are many of them."""
    if len(operations) > len(COMMON):
        return print_long_table(result, operations)

    def row(title, cells):
        print(f"{title:<22}" + "".join(f"{cell:>22}" for cell in cells))

    row("median ns per call", operations.values())
    for situation, cost in result["cost"].items():
        extra = result["added"].get(situation)
        row(situation, (f"{cost[o]:.0f}" + (f" ({extra[o]:+.0f})" if extra else "") for o in operations))
    if result["ratios"]:
        print()
        row("added cost, ratio", operations.values())
    for title, ratio in result["ratios"].items():
        row(title, ("-" if ratio[o] is None else f"{ratio[o]:.2f}" for o in operations))
    if result["calls"]:
        print()
        row("time per call, ratio", operations.values())
    for title, ratio in result["calls"].items():
        row(title, (f"{ratio[o]:.3f}" for o in operations))


def print_long_table(result, operations):
    others = [situation for situation in result["cost"] if situation != "base"]
    print(f"{'median ns per call':<22}" + "".join(f"{name:>18}" for name in ["base", *others]))
    for operation, title in operations.items():
        cells = [f"{result['cost']['base'][operation]:.0f}"]
        cells += [f"{result['cost'][s][operation]:.0f} ({result['added'][s][operation]:+.0f})" for s in others]
        print(f"{title:<22}" + "".join(f"{cell:>18}" for cell in cells))


def main():
    # A polite end runs every `finally`, so nothing stays attached.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = arguments()
    rounds = []
    try:
        prepare(options)
        for number in range(1, options.rounds + 1):
            print(f"\rround {number} of {options.rounds}", end="", file=sys.stderr, flush=True)
            rounds.append(one_round(options))
    except (Failed, subprocess.CalledProcessError) as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    print(file=sys.stderr)
    result = summary(rounds, options.operations)
    print_table(result, options.operations)
    if options.json:
        about = {"kernel": platform.release(), "machine": platform.machine(), "cpus": os.cpu_count()}
        document = {"host": about, **result, "rounds": rounds}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
