# SPDX-License-Identifier: Apache-2.0
"""The judge of guests with a systemd: every breach that is planted in what such a guest sends has to be found."""

import copy
import json
import unittest

from compare import KINDS
from guest import Guest
from judge_machine import IDENTITY, LOSSES, judge_machine
from kernel_log import BEGINS
from residents import Pod, residents

GUEST = Guest("6.12", systemd=True)
POD = "cd" * 32
FIGURES = {"opens": 5, "writes": 7, "write_bytes": 70, "open_errors": {"ENOENT": 1}, "deletes": 0}
RINGS = {"plain_total": {"writes": 3, "write_bytes": 30}}
LOSS = dict.fromkeys((*LOSSES, "io_uring_unknown_results", "aio_unknown_results"), 0)


def named(value, container):
    return json.loads(json.dumps(value).replace("{id}", container).replace("{pod}", POD))


class Sent:
    """What a guest sends in which all is right: one early batch without what files tell, one with the work."""

    def __init__(self):
        missed = dict.fromkeys([*KINDS, "io_uring", "aio"], 0)
        batch = {"units": [], "loss": LOSS | {"missed_runs": missed}}
        batch["coverage"] = {"programs": {"attached": 9, "missing": []}}
        self.batches = [copy.deepcopy(batch), copy.deepcopy(batch)]
        self.texts = {"pod": POD, "before": "1", "agent.status": "success\n", "cpus": "0-1\n", "version": "#1 SMP"}
        self.texts |= {"preempt": "none (voluntary) full", "dmesg-end": BEGINS}
        self.units, self.cgroups = {}, {}
        for number, resident in enumerate(residents(), start=100):
            container = f"{number:064x}"
            row = dict.fromkeys(IDENTITY) | named(resident.row, container)
            path = named(resident.path, container)
            row |= {"cgroup": {"id": number, "path": path}, "invocation_id": f"{number:032x}"}
            self.cgroups[resident.name] = [number, path]
            control = path.removesuffix(f"/{row['subgroup']}")
            self.units[row["unit"]] = {"ControlGroup": control, "Slice": row["slice"], "InvocationID": row["invocation_id"]}
            self.texts[f"started-{resident.name}"] = f"said before\n{container}\n" if "{id}" in resident.path else ""
            self.texts[f"truth-{resident.name}.json"] = json.dumps(FIGURES | {"cgroup_id": 0, "io_uring": RINGS})
            rings = {"inline": {"writes": 1, "write_bytes": 10}, "worker": {"writes": 2, "write_bytes": 20}}
            self.batches[1]["units"].append(copy.deepcopy(row) | FIGURES | {"io_uring": rings})
            early = copy.deepcopy(row) | {"opens": 4, "invocation_id": None}
            if early["container"]:
                early["container"]["name"] = None
            self.batches[0]["units"].append(early)

    def row(self, name, batch=1):
        return next(row for row in self.batches[batch]["units"] if row["cgroup"]["id"] == self.cgroups[name][0])

    def complaints(self):
        texts = self.texts | {
            "batches.json": "".join(json.dumps(batch) + "\n" for batch in self.batches),
            "cgroups": "".join(f"{name}\t{number}\t{path}\n" for name, (number, path) in self.cgroups.items()),
            "units": "\n\n".join(
                "\n".join(f"{key}={value}" for key, value in {"Id": name, **unit}.items()) for name, unit in self.units.items()
            ),
        }
        return judge_machine(GUEST, texts, "").complaints


class MachineTests(unittest.TestCase):
    def setUp(self):
        self.sent = Sent()

    def assert_found(self, word):
        complaints = self.sent.complaints()
        self.assertEqual(len(complaints), 1, complaints)
        self.assertIn(word, complaints[0])

    def test_a_guest_in_which_all_is_right_is_no_complaint(self):
        self.assertEqual(self.sent.complaints(), [])

    def test_each_member_that_is_another_is_told_and_where(self):
        for name in self.sent.cgroups:
            for member in IDENTITY:
                self.setUp()
                self.sent.row(name)[member] = {"id": self.sent.cgroups[name][0]} if member == "cgroup" else "another"
                self.assert_found(f"{name}: {member}")

    def test_a_member_inside_another_is_held_to_as_well(self):
        for outer, inner in (("pod", "uid"), ("pod", "name"), ("pod", "qos"), ("container", "id"), ("container", "image")):
            for value in ("another", None):
                self.setUp()
                self.sent.row("app")[outer][inner] = value
                self.assert_found(f"app: {outer}")

    def test_what_files_tell_may_come_later_but_never_wrong(self):
        early = self.sent.row("app", batch=0)
        early["pod"] |= {"name": None, "namespace": None}
        self.assertEqual(self.sent.complaints(), [])
        early["pod"]["uid"] = None
        self.assert_found("pod")
        self.setUp()
        self.sent.row("app", batch=0)["container"]["name"] = "sidecar"
        self.assert_found("container")
        self.setUp()
        self.sent.row("app", batch=0)["pod"] = None
        self.assert_found("pod")
        self.setUp()
        self.sent.row("service", batch=0)["invocation_id"] = "0" * 32
        self.assert_found("invocation_id")

    def test_bytes_that_are_no_text_are_no_name_of_ours(self):
        self.sent.row("scope")["unit_raw"] = "YQ=="
        self.assert_found("unit_raw")

    def test_each_figure_that_is_one_off_is_told(self):
        for figure in ("opens", "writes", "write_bytes", "deletes"):
            for by in (1, -1) if FIGURES[figure] else (1,):
                self.setUp()
                self.sent.row("web")[figure] += by
                self.assert_found(f"web: {figure}")

    def test_what_was_counted_before_the_work_is_not_the_work(self):
        self.sent.texts["before"] = "0"
        self.assertGreaterEqual(len(self.sent.complaints()), len(self.sent.cgroups))

    def test_a_container_without_a_row_is_told(self):
        self.sent.batches[1]["units"].remove(self.sent.row("database"))
        self.assertIn("database: there is no row", self.sent.complaints()[0])

    def test_a_workload_that_did_nothing_is_told(self):
        self.sent.row("job")["writes"] = 0
        self.sent.texts["truth-job.json"] = json.dumps(FIGURES | {"writes": 0, "io_uring": RINGS})
        self.assert_found("did nothing")

    def test_a_cgroup_elsewhere_than_it_should_be_is_told(self):
        self.sent.cgroups["app"][1] = path = "/system.slice/app.scope"
        for batch in (0, 1):
            self.sent.row("app", batch)["cgroup"]["path"] = path
        self.assert_found("app: it is in /system.slice/app.scope")

    def test_systemd_itself_has_to_agree(self):
        for key in ("Slice", "ControlGroup", "InvocationID"):
            self.setUp()
            self.sent.units["plain.service"][key] = "/another"
            self.assert_found("service: ")
        self.setUp()
        del self.sent.units["plain.service"]
        self.assertEqual(len(self.sent.complaints()), 2)

    def test_losses_missed_runs_and_failures_are_told(self):
        for loss in LOSSES:
            self.setUp()
            self.sent.batches[0]["loss"][loss] = 1
            self.assert_found(loss)
        self.setUp()
        self.sent.batches[1]["loss"]["missed_runs"]["open"] = 1
        self.assert_found("missed runs")
        for name, text in (("agent.status", "exit-code"), ("complaints", "waited in vain"), ("failure", "it panicked")):
            self.setUp()
            self.sent.texts[name] = text
            self.assert_found(text)

    def test_a_pod_is_where_a_kubelet_puts_it(self):
        pod = Pod("web-0", "0b1c2d3e-1111-2222-3333-444455556666", "burstable").resident("app")
        slice_of_pod = "kubepods-burstable-pod0b1c2d3e_1111_2222_3333_444455556666.slice"
        scope = f"cri-containerd-{pod.row['container']['id']}.scope"
        self.assertEqual(pod.path, f"/kubepods.slice/kubepods-burstable.slice/{slice_of_pod}/{scope}")


if __name__ == "__main__":
    unittest.main()
