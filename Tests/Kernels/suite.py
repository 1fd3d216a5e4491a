# SPDX-License-Identifier: Apache-2.0
"""Holds the suite's figures against its truth: truth = rows + declared, to the unit.

The declarations are the guest's, so all that used io_uring or AIO under that agent has to be among the truths."""

import copy

from compare import IN_A_CALL, Comparison, figures, join_rings, summed

# What a write that was cancelled before it began fails with, where its failure is seen.
CANCELLED = ("ECANCELED", "EINTR")
# What may lack where refusals are not told, each operation declared: what was refused; and writes with a user_data that a
# polled request had, the end of which nobody saw, on a ring that was made where that one's was.
UNTOLD = ("open_failures", "open_errors.", "write_failures", "write_errors.", "writes", "write_bytes", "io_uring.")
# Where refusals are not told, polled completions are not either. The suite's, of so many bytes each, and those that try it.
POLLED_IN, POLLED, POLLED_BYTES, TRIED = "plain-rare", 4, 4096, 8
# There the suite's other refused requests on one file system, neither open nor write: each of them may be declared.
REFUSED_OTHERS = 8
# And the polled write that is tried where the file system takes O_DIRECT but does not poll: btrfs, overlay.
REFUSED_POLLED = 1
DECLARATIONS = ("io_uring_unknown_results", "aio_unknown_results", "unknown_file")


def rows_of(batches, truth):
    """What was counted in a truth's cgroup, or in both of its cgroups together."""
    total = {}
    for cgroup in (truth["cgroup_id"], truth.get("also_cgroup_id")):
        for figure, value in summed(batches, cgroup).items() if cgroup else ():
            total[figure] = total.get(figure, 0) + value
    return total


def explained(truth, counted):
    """What the rows have to be, given which way the undecided ones went, and how many are then left to be declared."""
    expected, declared = dict(figures(truth)), truth["declared"]

    def more(figure, number):
        expected[figure] = expected.get(figure, 0) + number

    failures = 0
    for figure in ("write_errors." + error for error in CANCELLED):
        beyond = counted.get(figure, 0) - expected.get(figure, 0)
        seen = max(0, min(beyond, declared["cancelled"] - failures))
        if seen:
            more(figure, seen)
            more("write_failures", seen)
        failures += seen
    lacking = max(0, min(expected["writes"] - counted.get("writes", 0), declared["doubtful"]))
    more("writes", -lacking)
    more("write_bytes", -lacking)
    if "io_uring.plain_total.writes" in expected:
        joined = dict(counted)
        join_rings(joined)
        beyond = expected["io_uring.plain_total.writes"] - joined.get("io_uring.plain_total.writes", 0)
        of_ring = max(0, min(beyond, lacking))
        more("io_uring.plain_total.writes", -of_ring)
        more("io_uring.plain_total.write_bytes", -of_ring)
    return expected, declared["unseen"] + declared["cancelled"] - failures + lacking


def without_polled(truth):
    """The truth without what was polled, and how many of it there were, with those outside the cgroup."""
    if truth["name"] != POLLED_IN or "IOPOLL" in truth["skipped"]:
        return truth, 0
    less = copy.deepcopy(truth)
    for figures_of in (less, less["io_uring"]["plain_total"]):
        figures_of["writes"] -= POLLED
        figures_of["write_bytes"] -= POLLED * POLLED_BYTES
    return less, POLLED + TRIED


class Suite:
    """All truths that one agent saw.

    `tells_refusals`: whether the kernel has an event for a request it refuses. `tells_worker`: whether a request that asks for
    a worker always gets one.
    """

    def __init__(self, batches, tells_refusals, tells_worker=True):
        self.comparison = Comparison(batches)
        self.tells_refusals, self.tells_worker = tells_refusals, tells_worker
        self.declared = sum(batch["loss"][name] for batch in batches for name in DECLARATIONS)
        self.owed = self.others = 0
        self.skipped = set()

    def add(self, name, truth):
        counted = rows_of(self.comparison.batches, truth)
        if not self.tells_refusals:
            truth, polled = without_polled(truth)
            self.owed += polled
            if truth["name"] == POLLED_IN:
                self.others += REFUSED_OTHERS + REFUSED_POLLED * ("IOPOLL" in truth["skipped"])
        expected, owed = explained(truth, counted)
        if not self.tells_worker and truth["name"].startswith("async"):
            join_rings(counted)
            join_rings(expected)
        self.comparison.hold(f"{name}: {truth['name']}", counted, expected)
        self.owed += owed
        self.skipped |= set(truth["skipped"])

    @property
    def undeclared(self):
        """Requests of which nobody knows whether they were seen: each missed run is one, or a call with many."""
        return self.comparison.missed_of["io_uring"] + self.comparison.missed_of["aio"] * IN_A_CALL

    @property
    def is_equal(self):
        return not self.comparison.different and not self.comparison.impossible and self.declared == self.owed

    @property
    def complaints(self):
        if self.is_equal:
            return []
        missed, lacking = self.comparison.missed_of, self.comparison.lacking_of
        surplus, room, different = self.declared - self.owed, self.undeclared, self.comparison.different
        if not self.tells_refusals:
            # What the kernel refused is declared instead of counted as a failure.
            room += sum(lacking.values())
            different = [line for line in different if not line.split(": ")[2].startswith(UNTOLD)]
            surplus -= sum(lacking.values())
            surplus -= max(0, min(surplus, self.others))
        complaints = list(self.comparison.impossible)
        if (different and not self.comparison.missed) or sum(
            max(0, lacking[kind] - missed[kind]) for kind in lacking
        ) > room:
            complaints += self.comparison.different
        if abs(surplus) > self.undeclared:
            complaints.append(f"suite: declared {self.declared}, to be declared {self.declared - surplus}")
        return complaints
