# SPDX-License-Identifier: Apache-2.0
"""Holds the rows of a trace against those that open-cases says there must be: each once, and nothing more."""

import base64
import json
import re

# What is asked for with each group of cases.
GROUPS = {
    "opens": "open",
    "rings": "open",
    "operations": "open,create,write,delete,rename,mkdir,link,truncate,shared_map",
    "processes": "open,exec,fork,exit",
}
NAMES = ("filename", "target", "path", "target_path", "comm")
# An empty member of these is no question.
UNASKED = (("tid", 0), ("comm", None), ("via", None))
# What a row of the trace calls it.
MEMBERS = {"resolution": "resolved"}
# Cases that need an event which this kernel may not have.
LACKING = {"io_uring/io_uring_req_failed"}


def row_of(line):
    """A line of the trace, its names as bytes."""
    row = json.loads(line)
    for name in NAMES:
        if row[name] is not None:
            row[name] = base64.b64decode(row[name + "_raw"]) if name + "_raw" in row else row[name].encode()
    return row


def case_of(line):
    """What a line of open-cases asks for, by the trace's names, and the event without which it cannot be told."""
    case = json.loads(line)
    needs = case.pop("needs", None)
    for name in NAMES:
        if case.get(name) is not None:
            case[name] = base64.b64decode(case[name])
    return {MEMBERS.get(key, key): value for key, value in case.items() if (key, value) not in UNASKED}, needs


def mark(rows, name, last):
    """The position of a mark that open-cases sets by opening a file; with it, whose trace it is."""
    found = [index for index, row in enumerate(rows) if row["filename"] == name]
    return found[-1 if last else 0] if found else None


def differences(group, trace, cases, tells_refusals):
    """Sentences, and how many cases there are; tells_refusals: whether the kernel has an event for refused requests."""
    rows = [row_of(line) for line in trace.splitlines()]
    wanted = [case_of(line) for line in cases.splitlines()]
    expected = [case for case, needs in wanted if tells_refusals or needs not in LACKING]
    count = len(expected)
    begin, end = mark(rows, b"begin", False), mark(rows, b"end", True)
    if not expected or begin is None or end is None:
        return [f"{group}: {count} cases, and the marks are at {begin} and {end} of {len(rows)} rows"], count
    pids = {case["pid"] for case in expected if "pid" in case} | {rows[begin]["pid"]}
    sentences = []
    for index, row in enumerate(rows):
        # What has no result became known last.
        if not (begin < index and (index < end or row["return"] is None)) or row["pid"] not in pids:
            continue
        # A program that is executed opens its libraries; these cases are about others.
        if row["filename"] in (b"begin", b"end") or (group == "processes" and row["op"] == "open"):
            continue
        fitting = [case for case in expected if all(row[key] == value for key, value in case.items())]
        if fitting:
            expected.remove(fitting[0])
        else:
            sentences.append(f"{group}: nobody expects {shown(row)}")
    return sentences + [f"{group}: there is no {shown(case)}" for case in expected], count


def shown(row):
    return " ".join(f"{key}={value}" for key, value in row.items() if not key.endswith("_raw"))


def lost(log):
    """How many rows the tracer itself says that it lost."""
    said = re.search(r"([\d,]+) lost", log)
    return int(said.group(1).replace(",", "")) if said else 0
