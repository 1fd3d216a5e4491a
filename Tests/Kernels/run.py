#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Debian kernels in QEMU and holds the agent's figures in each against the truth. Needs neither root nor KVM.

Result: "equal"; "declared" when operations are lacking, but no more than the batches declare as lost; else FAILED."""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import time

from compare import Comparison
from guest import HERE, boot, make_initramfs

# Series, preemption (empty: the kernel's own, which is lazy from 7.0 on), layout of cgroups.
GUESTS = [
    ("5.10", "", "unified"),
    ("6.1", "", "hybrid"),
    ("6.12", "", "unified"),
    ("6.12", "full", "unified"),
    ("6.18", "", "unified"),
    ("7", "", "unified"),
]
RINGS = ("plain", "async", "sqpoll")
COLUMNS = {
    "KERNEL": 15, "PREEMPTION": 10, "CGROUPS": 7, "ATTACHED": 8, "MISSING": 7, "DOCTOR SAW": 10, "ROWS EQUAL": 10,
    "FIGURES EQUAL": 13, "LACKING": 7, "MISSED RUNS": 11, "UNKNOWN RESULTS": 15, "SECONDS": 7, "RESULT": 8,
}  # fmt: skip


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", default="", help="series, such as '5.10 6.12'; all of them by default")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(".build/kernels"), help="fetched kernels")
    parser.add_argument("--binaries", type=pathlib.Path, default=pathlib.Path(".build/release"))
    parser.add_argument("--repeat", type=int, default=20, help="rounds of the workload")
    options = parser.parse_args()
    ours = list(dict.fromkeys(series for series, _, _ in GUESTS))
    wanted = options.kernels.split() or ours
    options.guests = [guest for guest in GUESTS if guest[0] in wanted]
    # A series that is not among ours is tried as it is.
    options.guests += [(series, "", "unified") for series in wanted if series not in ours]
    return options


def judge_doctor(sent):
    """(what it saw of what is possible, complaints)."""
    if not (text := sent.get("doctor.json")):
        return "-", ["doctor: " + sent.get("doctor.log", "it did not run")]
    report = json.loads(text)
    complaints = [f"{check['check']}: {check['sentence']}" for check in report["checks"] if check["status"] == "failed"]
    if report["self_test_failure"]:
        complaints.append(report["self_test_failure"])
    possible = [row for row in report["operations"] if row["status"] != "not possible"]
    unseen = [row for row in possible if row["status"] != "seen"]
    complaints += [f"{row['via']} {row['operation']}: {row['status']}, counted {row['counted']}" for row in unseen]
    return f"{len(possible) - len(unseen)}/{len(possible)}", ["doctor: " + complaint for complaint in complaints]


def judge(sent):
    """(cells by column, complaints, whether everything was equal)."""
    if "failure" in sent:
        return {}, [sent["failure"]], False
    seen, complaints = judge_doctor(sent)
    cells = {"DOCTOR SAW": seen}
    if sent.get("agent.status", "").strip() != "0":
        return cells, complaints + ["agent: " + sent.get("agent.log", "it did not run")], False
    batches = [json.loads(line) for line in sent["batches.json"].splitlines()]
    comparison = Comparison(batches)
    for ring in RINGS:
        if text := sent[f"truth-{ring}.json"]:
            comparison.add(ring, json.loads(text))
        else:
            complaints.append(f"{ring}: " + sent[f"truth-{ring}.log"])
    programs = batches[-1]["coverage"]["programs"]
    cells |= {
        "ATTACHED": programs["attached"],
        "MISSING": len(programs["missing"]),
        "ROWS EQUAL": f"{comparison.equal_rows}/{comparison.rows}",
        "FIGURES EQUAL": f"{comparison.equal_figures}/{comparison.figures}",
        "LACKING": comparison.lacking,
        "MISSED RUNS": comparison.missed if comparison.tells_missed else "not told",
        "UNKNOWN RESULTS": comparison.unknown,
    }
    return cells, complaints + comparison.complaints, comparison.equal_rows == comparison.rows


def keep(sent, folder):
    """What the guest sent, for whoever wants to look closer."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in sent.items():
        (folder / name).write_text(text)


def print_row(cells):
    print("  ".join(str(cells.get(name, "-")).ljust(width) for name, width in COLUMNS.items()).rstrip(), flush=True)


def try_guest(options, initramfs, series, preemption, cgroups):
    """One line of the table; whether it is good."""
    words = f"console=ttyS0 quiet panic=-1 cgroups={cgroups} repeat={options.repeat}"
    words += f" preempt={preemption}" if preemption else ""
    begin = time.monotonic()
    sent = boot(options.folder / series / "vmlinuz", initramfs, words)
    seconds = time.monotonic() - begin
    keep(sent, options.folder / "-".join(filter(None, ("last", series, preemption))))
    cells, complaints, is_equal = judge(sent)
    release = (options.folder / series / "release").read_text().strip().removesuffix("-cloud-amd64")
    cells |= {"KERNEL": release, "PREEMPTION": preemption or "its own", "CGROUPS": cgroups, "SECONDS": f"{seconds:.0f}"}
    print_row(cells | {"RESULT": "FAILED" if complaints else "equal" if is_equal else "declared"})
    for complaint in complaints:
        print("    " + complaint.strip().replace("\n", "\n        "), flush=True)
    return not complaints


def main():
    options = arguments()
    subprocess.run([HERE / "fetch", options.folder, *dict.fromkeys(guest[0] for guest in options.guests)], check=True)
    initramfs = options.folder / "initramfs.gz"
    make_initramfs(options.binaries, initramfs)
    print_row({name: name for name in COLUMNS})
    return 0 if all([try_guest(options, initramfs, *guest) for guest in options.guests]) else 1


if __name__ == "__main__":
    sys.exit(main())
