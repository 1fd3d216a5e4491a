# SPDX-License-Identifier: Apache-2.0
"""The judges are held to what they are for: each breach that is planted has to be found, and nothing else."""

import base64
import copy
import json
import unittest

import kernel_log
import rows
from compare import KINDS, Comparison
from suite import Suite

NOTHING_MISSED = dict.fromkeys([*KINDS, "io_uring", "aio"], 0)
WRITTEN = {"opens": 3, "open_failures": 1, "open_errors": {"EFAULT": 1}, "writes": 9, "write_bytes": 90, "write_failures": 0}
TRUTH = WRITTEN | {
    "name": "ends", "cgroup_id": 7, "also_cgroup_id": 8, "write_errors": {}, "skipped": ["IOPOLL"],
    "io_uring": {"plain_total": {"writes": 4, "write_bytes": 4}},
    "declared": {"unseen": 1, "cancelled": 2, "doubtful": 2},
}  # fmt: skip


def shipped(declared, missed=None, **changes):
    """One batch: a third of it in another cgroup, of which the truth knows."""
    row = WRITTEN | {"write_errors": {}, "io_uring": {"inline": {"writes": 3, "write_bytes": 3}}} | changes
    other = {"opens": 1, "io_uring": {"worker": {"writes": 1, "write_bytes": 1}}, "cgroup": {"id": 8}}
    row = copy.deepcopy(row) | {"opens": row["opens"] - 1, "cgroup": {"id": 7}}
    loss = {"io_uring_unknown_results": declared, "aio_unknown_results": 0, "unknown_file": 0}
    return [{"units": [row, other], "loss": loss | {"missed_runs": NOTHING_MISSED | (missed or {})}}]


def complaints(batches, tells_refusals=True):
    suite = Suite(batches, tells_refusals)
    suite.add("suite", TRUTH)
    return suite.complaints


class SuiteTests(unittest.TestCase):
    def test_what_is_declared_is_held_to_the_unit(self):
        self.assertEqual(complaints(shipped(3)), [])
        self.assertEqual(len(complaints(shipped(2))), 1)
        self.assertEqual(len(complaints(shipped(4))), 1)

    def test_a_cancelled_write_is_a_failure_or_declared(self):
        failed = {"write_failures": 1, "write_errors": {"ECANCELED": 1}}
        self.assertEqual(complaints(shipped(2, **failed)), [])
        self.assertEqual(len(complaints(shipped(3, **failed))), 1)

    def test_a_doubtful_write_is_a_write_or_declared(self):
        lacks = {"writes": 8, "write_bytes": 89, "io_uring": {"inline": {"writes": 2, "write_bytes": 2}}}
        self.assertEqual(complaints(shipped(4, **lacks)), [])
        self.assertNotEqual(complaints(shipped(3, **lacks)), [])
        self.assertNotEqual(complaints(shipped(4, **(lacks | {"write_bytes": 90}))), [])

    def test_any_figure_that_differs_is_told(self):
        for figure in ("opens", "writes", "write_bytes", "write_failures", "open_failures"):
            for by in (1, -1):
                value = WRITTEN[figure] + by
                self.assertTrue(value < 0 or complaints(shipped(3, **{figure: value})), f"{figure} {by}")

    def test_missed_runs_explain_what_lacks_and_no_more(self):
        self.assertEqual(complaints(shipped(3, {"open": 1}, opens=2)), [])
        self.assertNotEqual(complaints(shipped(3, {"open": 1}, opens=1)), [])
        self.assertNotEqual(complaints(shipped(3, {"delete": 1}, opens=2)), [])
        self.assertNotEqual(complaints(shipped(3, {"open": 1}, opens=4)), [])
        self.assertEqual(complaints(shipped(2, {"io_uring": 1})), [])
        self.assertNotEqual(complaints(shipped(1, {"io_uring": 1})), [])

    def test_who_did_a_request_is_held_to_unless_nobody_knows(self):
        truth = {"cgroup_id": 7, "writes": 9, "io_uring": {"worker": {"writes": 3}, "inline": {"writes": 0}}}
        row = {"writes": 9, "io_uring": {"inline": {"writes": 1}, "worker": {"writes": 2}}, "cgroup": {"id": 7}}
        for tells_worker in (True, False):
            for inline in (1, 2):
                row["io_uring"]["inline"]["writes"] = inline
                comparison = Comparison([shipped(0)[0] | {"units": [row]}])
                comparison.add("async", truth, tells_worker)
                self.assertEqual(comparison.complaints == [], not tells_worker and inline == 1)

    def test_a_suite_leaves_open_who_did_it_only_where_nobody_knows(self):
        truth = copy.deepcopy(TRUTH) | {"name": "async", "io_uring": {"inline": {"writes": 0}, "worker": {"writes": 4}}}
        del truth["declared"]
        truth["declared"] = {"unseen": 0, "cancelled": 0, "doubtful": 0}
        for tells_worker in (True, False):
            batches = shipped(0, io_uring={"inline": {"writes": 3}, "worker": {"writes": 0}})
            batches[0]["units"][1]["io_uring"] = {"worker": {"writes": 1}}
            suite = Suite(batches, True, tells_worker)
            suite.add("suite", truth)
            self.assertEqual(suite.complaints == [], not tells_worker)

    def test_a_refusal_that_is_not_told_explains_a_failure_and_nothing_else(self):
        lacks = {"open_failures": 0, "open_errors": {}}
        self.assertNotEqual(complaints(shipped(4, **lacks)), [])
        self.assertEqual(complaints(shipped(4, **lacks), tells_refusals=False), [])
        self.assertNotEqual(complaints(shipped(3, **lacks), tells_refusals=False), [])
        self.assertNotEqual(complaints(shipped(4, opens=2), tells_refusals=False), [])
        self.assertNotEqual(complaints(shipped(4, writes=4), tells_refusals=False), [])
        self.assertNotEqual(complaints(shipped(2), tells_refusals=False), [])

    def test_other_refusals_that_are_not_told_have_a_bound(self):
        rare = TRUTH | {"name": "plain-rare"}
        for declared, is_good in ((3, True), (12, True), (13, False), (2, False)):
            suite = Suite(shipped(declared), tells_refusals=False)
            suite.add("suite", rare)
            self.assertEqual(not suite.complaints, is_good, declared)

    def test_polled_writes_are_declared_where_their_completions_are_not_told(self):
        rare = copy.deepcopy(TRUTH) | {"name": "plain-rare", "skipped": []}
        rare["writes"] += 4
        rare["write_bytes"] += 4 * 4096
        rare["io_uring"]["plain_total"] = {"writes": 8, "write_bytes": 4 + 4 * 4096}
        for declared, is_good in ((15, True), (14, False)):
            suite = Suite(shipped(declared), tells_refusals=False)
            suite.add("suite", rare)
            self.assertEqual(not suite.complaints, is_good, declared)


def encoded(name):
    return base64.b64encode(name).decode()


def case(**members):
    return json.dumps({"pid": 7, "tid": 0, "comm": None, "op": "open", "return": 3, "filename": encoded(b"a")} | members)


def row(**members):
    names = dict.fromkeys(rows.NAMES) | {"filename": "a", "comm": "cases"}
    return json.dumps({"pid": 7, "tid": 9, "op": "open", "return": 3} | names | members)


def traced(*between):
    return "\n".join([row(filename="before"), row(filename="begin"), *between, row(filename="end"), row(filename="after")])


class RowTests(unittest.TestCase):
    def test_each_case_is_one_row(self):
        cases = "\n".join([case(), case(filename=encoded(b"\xff")), case(**{"return": None})])
        raw = row(filename="\ufffd", filename_raw=encoded(b"\xff"))
        late = row(**{"return": None})
        self.assertEqual(rows.differences("opens", traced(row(), raw) + "\n" + late, cases, True), ([], 3))
        self.assertEqual(rows.differences("opens", traced(row(), raw, row(pid=8)) + "\n" + late, cases, True), ([], 3))

    def test_a_row_too_many_too_few_or_other_is_told(self):
        for between in ([], [row(), row()], [row(**{"return": -2})], [row(filename="b")]):
            self.assertNotEqual(rows.differences("opens", traced(*between), case(), True)[0], [], between)
        self.assertNotEqual(rows.differences("opens", row(), case(), True)[0], [])
        self.assertNotEqual(rows.differences("opens", traced(), "", True)[0], [])

    def test_a_case_may_need_an_event_that_the_kernel_lacks(self):
        refused = case(needs="io_uring/io_uring_req_failed", filename=encoded(b"b"))
        cases = case() + "\n" + refused
        self.assertEqual(rows.differences("rings", traced(row()), cases, False), ([], 1))
        self.assertEqual(len(rows.differences("rings", traced(row()), cases, True)[0]), 1)

    def test_losses_are_read_off_the_last_line(self):
        self.assertEqual(rows.lost("opentrace: 1,204 rows, 0 filtered, 1,012 lost\n"), 1012)
        self.assertEqual(rows.lost(""), 0)


class KernelLogTests(unittest.TestCase):
    OURS = f"[ 9.1] {kernel_log.BEGINS}\n[ 9.2] EXT4-fs: mounted\n"

    def test_a_splat_is_told_once_with_what_follows(self):
        splat = self.OURS + "[ 9.3] WARNING: CPU: 0 PID: 1 at kernel/bpf/memalloc.c\n[ 9.4] RIP: alloc\n"
        found = kernel_log.complaints(splat, splat)
        self.assertEqual(len(found), 1)
        self.assertIn("RIP: alloc", found[0])

    def test_what_was_before_us_and_a_cpu_without_time_are_no_complaints(self):
        before = "[ 1.0] WARNING: at boot\n" + self.OURS + "[ 9.3] watchdog: BUG: soft lockup - CPU#1 stuck\n"
        self.assertEqual(kernel_log.complaints(before, before), [])

    def test_a_log_without_our_line_is_a_complaint(self):
        self.assertEqual(len(kernel_log.complaints("", "")), 1)


if __name__ == "__main__":
    unittest.main()
