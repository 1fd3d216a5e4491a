# SPDX-License-Identifier: Apache-2.0
"""Holds what the agent shipped against what the workload knows it did."""

# Members of a row that are no counters of the row itself.
PARTS = {"writers", "cgroup", "container", "pod", "declared"}
# Each operation is counted in exactly one of these; the other figures say more about the same operations. By the name under
# which the programs that count it as a system call tell their missed runs: only these may explain its lack.
KINDS = {
    "open": {"opens", "path_opens", "open_failures", "pseudo.opens"},
    "write": {"writes", "write_failures", "pseudo.writes", "device_writes"},
    "delete": {"deletes"}, "rename": {"renames"}, "mkdir": {"mkdirs"}, "mknod": {"mknods"}, "symlink": {"symlinks"},
    "link": {"links"}, "truncate": {"truncates"}, "allocate": {"allocates"}, "sync": {"syncs"},
    "shared_map": {"shared_maps"},
}  # fmt: skip
# With each missed run of AIO so many operations may lack: as many as the workload submits at once.
IN_A_CALL = 200
KIND_OF = {figure: kind for kind, figures in KINDS.items() for figure in figures}


def figures(document, prefix=""):
    """The numbers of a truth or a row, under names such as io_uring.worker.writes."""
    for name, value in document.items():
        if name in PARTS or name in ("cgroup_id", "also_cgroup_id"):
            continue
        if isinstance(value, dict):
            yield from figures(value, f"{prefix}{name}.")
        elif isinstance(value, int):
            yield prefix + name, value


def summed(batches, cgroup):
    """The rows of one cgroup over all windows, added up."""
    total = {}
    for unit in (unit for batch in batches for unit in batch["units"]):
        if (unit["cgroup"] or {}).get("id") == cgroup:
            for name, value in figures(unit):
                total[name] = total.get(name, 0) + value
    return total


def join_rings(figures_of_row):
    """Leaves open which requests were done inline and which by a worker."""
    for name in [name for name in figures_of_row if name.startswith(("io_uring.inline.", "io_uring.worker."))]:
        joined = "io_uring.plain_total." + name.rsplit(".", 1)[1]
        figures_of_row[joined] = figures_of_row.get(joined, 0) + figures_of_row.pop(name)


class Comparison:
    """Sums of rows against truths. A difference is allowed only as far as the batches declare a loss."""

    def __init__(self, batches):
        self.batches = batches
        self.rows = self.equal_rows = self.figures = self.equal_figures = self.operations = 0
        self.lacking_of = dict.fromkeys(KINDS, 0)
        self.different = []
        self.impossible = []
        missed = [batch["loss"]["missed_runs"] for batch in batches]
        self.tells_missed = any(value is not None for runs in missed for value in runs.values())
        self.missed_of = {kind: sum(runs[kind] or 0 for runs in missed) for kind in missed[0]}
        if unknown := (KINDS.keys() | {"io_uring", "aio"}) - self.missed_of.keys():
            raise ValueError(f"the batches tell no missed runs of {', '.join(sorted(unknown))}")
        losses = [batch["loss"] for batch in batches]
        self.unknown = sum(loss["io_uring_unknown_results"] + loss["aio_unknown_results"] for loss in losses)

    @property
    def missed(self):
        return sum(self.missed_of.values())

    @property
    def lacking(self):
        return sum(self.lacking_of.values())

    def add(self, name, truth, tells_worker=True):
        """tells_worker: whether the truth knows which requests were done inline and which by a worker."""
        counted, true = summed(self.batches, truth["cgroup_id"]), dict(figures(truth))
        if not tells_worker:
            join_rings(counted)
            join_rings(true)
        self.hold(name, counted, true)

    def hold(self, name, counted, true):
        """Holds the figures of a row against the true ones."""
        # The kernel's own affair in a plain ring; and a hand-over to a worker may be among what was missed.
        if any(figure.startswith("io_uring.plain_total") for figure in true) or self.missed_of["io_uring"]:
            join_rings(counted)
            join_rings(true)
        equal_before, figures_before = self.equal_figures, self.figures
        for figure in sorted(counted.keys() | true.keys()):
            lacking = true.get(figure, 0) - counted.get(figure, 0)
            if kind := KIND_OF.get(figure):
                self.lacking_of[kind] += lacking
                self.operations += true.get(figure, 0)
            self.figures += 1
            self.equal_figures += lacking == 0
            if lacking:
                sentence = f"{name}: {figure}: counted {counted.get(figure, 0)}, true is {true.get(figure, 0)}"
                (self.different if lacking > 0 else self.impossible).append(sentence)
        self.rows += 1
        self.equal_rows += self.equal_figures - equal_before == self.figures - figures_before

    @property
    def is_declared(self):
        """Whether no more operations lack than were declared, of each kind: a request may be of any."""
        in_requests = self.missed_of["io_uring"] + self.missed_of["aio"] * IN_A_CALL + self.unknown
        beyond = {kind: max(0, lacking - self.missed_of[kind]) for kind, lacking in self.lacking_of.items()}
        return self.lacking > 0 and sum(beyond.values()) <= in_requests

    @property
    def complaints(self):
        """What is not explained by a declared loss: too much, or lacking more operations than were declared."""
        return self.impossible + ([] if self.is_declared else self.different)
