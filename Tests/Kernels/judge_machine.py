# SPDX-License-Identifier: Apache-2.0
"""What is to be thought of a guest with a systemd: of each resident, whose its rows are, and how much they count."""

import json

from compare import Comparison, figures, summed
from judge import Verdict, judge_boot, judge_missed
from residents import residents

# The members of a row that say whose it is.
IDENTITY = (
    "unit", "unit_series", "kind", "slice", "user_unit", "user_unit_series", "user_slice", "owner_uid", "subgroup", "template",
    "instance", "invocation_id", "container", "pod", "cgroup",
)  # fmt: skip
# What files tell about a cgroup: it may come a window later than the counts, but never wrong.
LATER = {"invocation_id": (), "container": ("name", "image"), "pod": ("name", "namespace")}
# Nothing here is too much for the agent, or nameless.
LOSSES = ("ring_records", "detail_overflow", "unresolved_cgroups", "container_lookups", "unknown_file")


def judge_machine(guest, sent, config):
    """The verdict about what a guest with a systemd sent; config: its kernel's, or nothing."""
    verdict = Verdict()
    if not judge_boot(guest, sent, config, verdict):
        return verdict
    verdict.complaints += sent.get("complaints", "").splitlines()
    if sent.get("agent.status", "").strip() != "success":
        verdict.complaints.append("agent: " + sent.get("agent.status", "it was not stopped"))
    if not verdict.complaints:
        judge_residents(sent, verdict)
    return verdict


def judge_residents(sent, verdict):
    batches = [json.loads(line) for line in sent["batches.json"].splitlines()]
    before = int(sent["before"])
    comparison = verdict.comparison = Comparison(batches[before:])
    verdict.residents = []
    guest = Told(sent)
    for resident in residents():
        expected = guest.identity(resident, verdict.complaints)
        rows = [(number, unit) for number, batch in enumerate(batches) for unit in batch["units"]
                if (unit["cgroup"] or {}).get("id") == expected["cgroup"]["id"]]  # fmt: skip
        for number, row in rows:
            verdict.complaints += differences(resident.name, row, expected, number < before)
        if not rows or rows[-1][0] < before:
            verdict.complaints.append(f"{resident.name}: there is no row of {expected['cgroup']}")
        truth = json.loads(sent[f"truth-{resident.name}.json"])
        if not truth["writes"]:
            verdict.complaints.append(f"{resident.name}: the workload did nothing")
        figures_before, equal_before = comparison.figures, comparison.equal_figures
        comparison.hold(resident.name, summed(comparison.batches, expected["cgroup"]["id"]), dict(figures(truth)))
        equal = f"{comparison.equal_figures - equal_before}/{comparison.figures - figures_before}"
        verdict.residents.append((resident.name, rows[-1][1] if rows else {}, equal))
    programs = batches[-1]["coverage"]["programs"]
    verdict.attached, verdict.missing = programs["attached"], len(programs["missing"])
    verdict.complaints += comparison.complaints
    for loss in LOSSES:
        if lost := sum(batch["loss"][loss] for batch in batches):
            verdict.complaints.append(f"loss.{loss} is {lost}")
    judge_missed(comparison, verdict)


class Told:
    """What only the guest knows: what its systemd and its runtimes called everything, and where its kernel says it is."""

    def __init__(self, sent):
        self.sent = sent
        lines = (line.split("\t") for line in sent["cgroups"].splitlines())
        self.cgroups = {name: {"id": int(number), "path": path} for name, number, path in lines}
        blocks = (dict(line.split("=", 1) for line in block.splitlines()) for block in sent["units"].split("\n\n"))
        self.units = {block["Id"]: block for block in blocks if block}

    def identity(self, resident, complaints):
        """All members that say whose a row is. A guest that disagrees with our table is a complaint."""

        def named(value):
            said = self.sent[f"started-{resident.name}"].split()
            text = json.dumps(value).replace("{pod}", self.sent["pod"].strip())
            return json.loads(text.replace("{id}", said[-1] if said else ""))

        identity = dict.fromkeys(IDENTITY) | named(resident.row)
        identity["cgroup"] = self.cgroups[resident.name]
        unit = self.units.get(identity["unit"], {})
        identity["invocation_id"] = unit.get("InvocationID")
        path = named(resident.path)
        if identity["cgroup"]["path"] != path:
            complaints.append(f"{resident.name}: it is in {identity['cgroup']['path']}, must be in {path}")
        is_inside = f"{path}/".startswith(unit.get("ControlGroup", "nowhere") + "/")
        if not is_inside or unit["Slice"] != identity["slice"]:
            complaints.append(f"{resident.name}: its systemd says {unit} of {identity['unit']}")
        return identity


def differences(name, row, expected, is_early):
    """A sentence for each member that is not what it must be. is_early: it may still be without what files tell."""
    for member in sorted({*IDENTITY, *(member for member in row if member.endswith("_raw"))}):
        value, wanted = row.get(member, "lacking"), expected.get(member)
        if is_early and member in LATER and value != wanted:
            wanted = without_later(value, wanted, LATER[member])
        if value != wanted:
            yield f"{name}: {member} is {json.dumps(value)}, must be {json.dumps(wanted)}"


def without_later(value, wanted, members):
    """What is expected, but null wherever it was not told and may come later."""
    if not members:
        return None if value is None else wanted
    if not isinstance(value, dict) or not isinstance(wanted, dict):
        return wanted
    return wanted | {member: None for member in members if value.get(member, "lacking") is None}
