# SPDX-License-Identifier: Apache-2.0
"""What is to be thought of one boot: figures for the table, and complaints."""

import dataclasses
import json
import re

import kernel_log
import rows
import watched
from compare import Comparison
from suite import Suite

FILE_SYSTEMS = ("tmpfs", "ext4", "xfs", "btrfs", "overlay")
RINGS = ("plain", "async", "sqpoll")
DEFAULT_LIMIT = "64MiB"
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
# Where the kernel gives a CPU to somebody else only when it is asked to, so that nothing comes between.
UNPREEMPTIBLE = ("none", "voluntary")
# Here the kernel has no event for a request that it refuses before it begins.
TELLS_NO_REFUSALS = ("5.10",)
# Here a request that waited for others, linked or drained, is tried inline although it asks for a worker (up to 6.2). XFS then
# writes without waiting, so that no worker is needed: nobody can say beforehand which request goes which way.
TRIES_INLINE = ("5.10", "6.1")


@dataclasses.dataclass
class Verdict:
    """Of one boot; None and empty where the guest did not come that far."""

    complaints: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    preemption: str | None = None
    possible_cpus: int | None = None
    doctor: tuple[int, int] | None = None  # operations seen, operations possible
    attached: int | None = None
    missing: int | None = None
    file_systems: list[str] = dataclasses.field(default_factory=list)  # those that were mounted
    memory: dict[str, int] = dataclasses.field(default_factory=dict)  # bytes held, by limit
    instructions: dict[str, int | None] = dataclasses.field(default_factory=dict)  # by program
    comparison: Comparison | None = None
    suite: Suite | None = None
    traces: tuple[int, int] | None = None  # rows of traces that are as they must be, and how many there must be
    watched: tuple[int, int] | None = None  # operations that were reported or not as they must be, and all of them
    residents: list[tuple[str, dict, str]] | None = None  # name, identity, figures; where there is a systemd


def judge(guest, sent, config, suites):
    """The verdict about what a guest sent; config: its kernel's, or nothing; suites: where the whole suite was run."""
    verdict = Verdict()
    if not judge_boot(guest, sent, config, verdict):
        return verdict
    judge_doctor(sent, verdict)
    judge_file_systems(sent, verdict)
    judge_memory(sent, verdict)
    if sent.get("agent.status", "").strip() != "0":
        verdict.complaints.append("agent: " + sent.get("agent.log", "it did not run"))
        return verdict
    judge_rows(guest, sent, verdict)
    judge_suite(guest, sent, verdict, suites)
    judge_traces(guest, sent, verdict)
    judge_watch(sent, verdict)
    return verdict


def judge_boot(guest, sent, config, verdict):
    """Whether it is the kernel that was wanted, and what that one complained about. False if the guest sent nothing."""
    if again := sent.get("booted-again"):
        verdict.notes.append(f"booted again, {again} times: the emulated kernel fell or stood still before anything of ours ran")
    if "failure" in sent:
        verdict.complaints.append(sent["failure"])
        return False
    verdict.preemption = preemption(sent, config)
    if not verdict.preemption:
        verdict.complaints.append("nobody knows its preemption: " + sent["version"].strip())
    verdict.possible_cpus = int(sent["cpus"].strip().rpartition("-")[2]) + 1
    if verdict.possible_cpus != guest.possible_cpus:
        verdict.complaints.append(f"{verdict.possible_cpus} CPUs are possible, {guest.possible_cpus} should be")
    if guest.preemption and verdict.preemption != guest.preemption:
        verdict.complaints.append(f"preemption is {verdict.preemption}, {guest.preemption} was asked for")
    verdict.complaints += kernel_log.complaints(sent.get("dmesg-ready", ""), sent.get("dmesg-end", ""))
    return True


def preemption(sent, config):
    """The kernel's own word where it has one, `none (voluntary) full` in debugfs since 5.13 or so; else what it was built
    with. Nothing where it may have been changed at boot and the kernel does not say to what."""
    if chosen := re.search(r"\((\w+)\)", sent.get("preempt", "")):
        return chosen.group(1)
    if "PREEMPT_DYNAMIC" in sent["version"]:
        return None
    if "PREEMPT" in sent["version"]:
        return "full"
    return "voluntary" if "CONFIG_PREEMPT_VOLUNTARY=y\n" in config else "none"


def judge_doctor(sent, verdict):
    if not (text := sent.get("doctor.json")):
        verdict.complaints.append("doctor: " + sent.get("doctor.log", "it did not run"))
        return
    report = json.loads(text)
    complaints = [f"{check['check']}: {check['sentence']}" for check in report["checks"] if check["status"] == "failed"]
    if report["self_test_failure"]:
        complaints.append(report["self_test_failure"])
    possible = [row for row in report["operations"] if row["status"] != "not possible"]
    unseen = [row for row in possible if row["status"] != "seen"]
    complaints += [f"{row['via']} {row['operation']}: {row['status']}, counted {row['counted']}" for row in unseen]
    verdict.complaints += ["doctor: " + complaint for complaint in complaints]
    verdict.doctor = len(possible) - len(unseen), len(possible)
    verdict.instructions = {row["program"]: row["verified_instructions"] for row in report["loaded"]}


def judge_file_systems(sent, verdict):
    verdict.complaints += ["module: " + line for line in sent.get("modules.log", "").splitlines()]
    states = dict(line.split(" ", 1) for line in sent.get("filesystems", "").splitlines())
    for name in FILE_SYSTEMS:
        state = states.get(name, "nobody tried it").strip()
        if state == "absent":
            verdict.notes.append(f"{name}: this kernel has none")
        elif state != "mounted":
            verdict.complaints.append(f"{name}: {state}")
        else:
            verdict.file_systems.append(name)


def judge_memory(sent, verdict):
    """Maps and programs, each once, however many descriptors there are for it."""
    for name, text in sent.items():
        if not name.startswith("memory-"):
            continue
        limit = name.removeprefix("memory-")
        limit = DEFAULT_LIMIT if limit == "default" else limit
        held = {}
        for descriptor in text.split("\n\n"):
            fields = dict(re.findall(r"^(\w+):\s*(\S+)$", descriptor, re.MULTILINE))
            if "memlock" in fields:
                held["map_id" in fields, fields.get("map_id", fields.get("prog_id"))] = int(fields["memlock"])
        verdict.memory[limit] = sum(held.values())
        if not held:
            verdict.complaints.append(f"memory: no descriptor of the agent tells any with max_kernel_memory = {limit}")
        elif verdict.memory[limit] > in_bytes(limit):
            verdict.complaints.append(f"memory: {verdict.memory[limit]} bytes with max_kernel_memory = {limit}")


def in_bytes(size):
    return int(size[:-3]) * UNITS[size[-3:]]


def judge_rows(guest, sent, verdict):
    batches = [json.loads(line) for line in sent["batches.json"].splitlines()]
    comparison = verdict.comparison = Comparison(batches)
    for row, ring in ((f"{name}-{ring}", ring) for name in verdict.file_systems for ring in RINGS):
        if text := sent.get(f"truth-{row}.json"):
            comparison.add(row, json.loads(text), ring != "async" or guest.series not in TRIES_INLINE)
        else:
            verdict.complaints.append(f"{row}: " + sent.get(f"truth-{row}.log", "the workload did not run"))
    programs = batches[-1]["coverage"]["programs"]
    verdict.attached, verdict.missing = programs["attached"], len(programs["missing"])
    verdict.complaints += comparison.complaints
    if comparison.rows == 0:
        verdict.complaints.append("not a single row could be compared")
    judge_missed(comparison, verdict)


def judge_missed(comparison, verdict):
    if comparison.missed and verdict.preemption in UNPREEMPTIBLE:
        verdict.complaints.append(f"{comparison.missed} missed runs, and preemption is {verdict.preemption}")


def judge_suite(guest, sent, verdict, suites):
    if sent.get("suite-agent.status", "").strip() != "0":
        verdict.complaints.append("the suite's agent: " + sent.get("suite-agent.log", "it did not run"))
        return
    batches = [json.loads(line) for line in sent["suite-batches.json"].splitlines()]
    suite = verdict.suite = Suite(batches, guest.series not in TELLS_NO_REFUSALS, guest.series not in TRIES_INLINE)
    for name in (name for name in suites if name in verdict.file_systems):
        if text := sent.get(f"suite-{name}.json"):
            for truth in json.loads(text)["cgroups"]:
                suite.add(f"suite on {name}", truth)
        else:
            verdict.complaints.append(f"suite on {name}: " + sent.get(f"suite-{name}.log", "it did not run"))
    if suite.skipped:
        verdict.notes.append("suite: this kernel has no " + ", ".join(sorted(suite.skipped)))
    verdict.complaints += suite.complaints
    if not suite.is_equal:
        verdict.notes.append(f"suite: declared {suite.declared}, to be declared {suite.owed}, {suite.comparison.lacking} lacking")
    if suite.comparison.rows == 0:
        verdict.complaints.append("suite: not a single row could be compared")
    judge_missed(suite.comparison, verdict)


def judge_traces(guest, sent, verdict):
    right = all_cases = 0
    for group in rows.GROUPS:
        if sent.get(f"trace-{group}.status", "").strip() != "0":
            verdict.complaints.append(f"trace of {group}: " + sent.get(f"trace-{group}.log", "it was not run"))
            continue
        sentences, cases = rows.differences(
            group, sent[f"trace-{group}.jsonl"], sent[f"cases-{group}.jsonl"], guest.series not in TELLS_NO_REFUSALS
        )
        lacking = sum(sentence.startswith(f"{group}: there is no ") for sentence in sentences)
        all_cases += cases
        right += cases - lacking
        # Rows that the kernel left out are no mistake where the tracer says so itself.
        is_declared = lacking == len(sentences) <= rows.lost(sent.get(f"trace-{group}.log", ""))
        (verdict.notes if is_declared else verdict.complaints).extend(f"trace of {sentence}" for sentence in sentences)
    verdict.traces = right, all_cases


def judge_watch(sent, verdict):
    """What was done must have been reported once, and what failed, or this kernel does not know, not at all."""
    if sent.get("watch-agent.status", "").strip() != "0":
        verdict.complaints.append("watch: " + sent.get("watch-agent.log", "it was not run"))
        return
    right, cases, sentences = watched.differences(sent["watch-batches.json"], sent["watch-cases"])
    verdict.complaints += [f"watch: {sentence}" for sentence in sentences]
    verdict.watched = right, cases
