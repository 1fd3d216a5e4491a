# SPDX-License-Identifier: Apache-2.0
"""What is printed: a line for each guest, and the verifier's cost of each program on each kernel."""

import re

from judge import DEFAULT_LIMIT, FILE_SYSTEMS

COLUMNS = {
    "KERNEL": 18, "PREEMPTION": 10, "CGROUPS": 7, "CPUS": 4, "ATTACHED": 8, "MISSING": 7, "DOCTOR SAW": 10,
    "FILE SYSTEMS": 12, "ROWS EQUAL": 10, "FIGURES EQUAL": 13, "LACKING": 7, "MISSED RUNS": 14, "UNKNOWN RESULTS": 15,
    "SUITE": 8, "TRACES": 7, "WATCHED": 7,
    "MIB HELD": 8, "RUNS": 4, "SECONDS": 7, "RESULT": 8,
}  # fmt: skip


def print_cells(cells, columns):
    print("  ".join(str(cells.get(name, "-")).ljust(width) for name, width in columns.items()).rstrip(), flush=True)


def print_header():
    print_cells({name: name for name in COLUMNS}, COLUMNS)


def spread(values):
    """One value, or from the least to the greatest of several; a dash without any."""
    known = sorted({value for value in values if value is not None})
    return "-" if not known else f"{known[0]}" if len(known) == 1 else f"{known[0]}..{known[-1]}"


def mebibytes(size):
    return f"{size / (1 << 20):.1f}"


def missed(comparisons):
    """How many runs the kernel skipped, and how many that is of the operations that the workload did."""
    if not all(comparison.tells_missed for comparison in comparisons):
        return "not told"
    runs = sum(comparison.missed for comparison in comparisons)
    operations = sum(comparison.operations for comparison in comparisons)
    return f"{runs} ({100 * runs / operations:.3f} %)" if runs and operations else runs


def suite_result(guest, verdicts):
    """Equal: truth = rows + declared. Declared: only with what the kernel missed, or with what 5.10 does not tell."""
    suites = [verdict.suite for verdict in verdicts]
    if guest.systemd:
        return None  # those without do it on the same kernel
    if not all(suites) or any(suite.complaints for suite in suites):
        return "FAILED"
    return "equal" if all(suite.is_equal for suite in suites) else "declared"


def print_guest(guest, release, verdicts, seconds):
    """The line of a guest, all its runs together."""
    cells = {
        "KERNEL": release + (" systemd" if guest.systemd else ""), "CGROUPS": guest.cgroups,
        "CPUS": spread(verdict.possible_cpus for verdict in verdicts),
        "PREEMPTION": spread(verdict.preemption for verdict in verdicts),
        "ATTACHED": spread(verdict.attached for verdict in verdicts),
        "MISSING": spread(verdict.missing for verdict in verdicts),
        "MIB HELD": spread(
            mebibytes(verdict.memory[DEFAULT_LIMIT]) for verdict in verdicts if DEFAULT_LIMIT in verdict.memory
        ),
        "SECONDS": f"{seconds / len(verdicts):.0f}",
    }  # fmt: skip
    if all(verdict.doctor for verdict in verdicts):
        cells["DOCTOR SAW"] = spread("/".join(map(str, verdict.doctor)) for verdict in verdicts)
    if any(verdict.file_systems for verdict in verdicts):
        mounted = spread(len(verdict.file_systems) for verdict in verdicts)
        cells["FILE SYSTEMS"] = f"{mounted}/{len(FILE_SYSTEMS)}"
    comparisons = [verdict.comparison for verdict in verdicts if verdict.comparison]
    if comparisons:
        cells |= {
            "ROWS EQUAL": f"{sum(c.equal_rows for c in comparisons)}/{sum(c.rows for c in comparisons)}",
            "FIGURES EQUAL": f"{sum(c.equal_figures for c in comparisons)}/{sum(c.figures for c in comparisons)}",
            "LACKING": sum(c.lacking for c in comparisons),
            "MISSED RUNS": missed(comparisons),
            "UNKNOWN RESULTS": sum(c.unknown for c in comparisons),
        }
    if result := suite_result(guest, verdicts):
        cells["SUITE"] = result
    if traces := [verdict.traces for verdict in verdicts if verdict.traces]:
        cells["TRACES"] = spread(f"{right}/{cases}" for right, cases in traces)
    if cases := [verdict.watched for verdict in verdicts if verdict.watched]:
        cells["WATCHED"] = spread(f"{right}/{cases}" for right, cases in cases)
    good = sum(not verdict.complaints for verdict in verdicts)
    is_equal = len(comparisons) == len(verdicts) and all(c.equal_rows == c.rows for c in comparisons)
    is_equal = is_equal and cells.get("SUITE", "equal") == "equal"
    cells["RUNS"] = f"{good}/{len(verdicts)}"
    cells["RESULT"] = "FAILED" if good < len(verdicts) else "equal" if is_equal else "declared"
    print_cells(cells, COLUMNS)
    for number, verdict in enumerate(verdicts, start=1):
        prefix = f"    run {number}: " if len(verdicts) > 1 else "    "
        for limit, size in sorted(verdict.memory.items()):
            if number == 1 and limit != DEFAULT_LIMIT:
                print(f"    max_kernel_memory = {limit}: {mebibytes(size)} MiB held", flush=True)
        for sentence in verdict.notes + verdict.complaints:
            print(prefix + sentence.strip().replace("\n", "\n        "), flush=True)


def shortened(text):
    """Ids say little and take much room."""
    return re.sub(r"[0-9a-f]{64}", lambda found: found[0][:8] + "...", text)


def print_residents(residents):
    """Of each container and unit in a guest with a systemd, what its last row said, and how many of its figures were equal."""
    rows = [{name: name for name in ("RESIDENT", "KIND", "UNIT", "SLICE", "CONTAINER", "POD", "FIGURES EQUAL")}]
    for name, row, equal in residents:
        container, pod = row.get("container") or {}, row.get("pod") or {}
        unit = "/".join(filter(None, (row.get("unit"), row.get("subgroup"))))
        cells = {
            "RESIDENT": name, "KIND": row.get("kind"), "UNIT": unit, "SLICE": row.get("slice"),
            "CONTAINER": " ".join(str(container[key]) for key in ("runtime", "name", "image")) if container else None,
            "POD": " ".join(str(pod[key]) for key in ("uid", "namespace", "name", "qos") if pod[key]) if pod else None,
            "FIGURES EQUAL": equal,
        }  # fmt: skip
        rows.append({name: shortened(value) for name, value in cells.items() if value})
    widths = {name: max(len(cells.get(name, "-")) for cells in rows) for name in rows[0]}
    for cells in rows:
        print("    ", end="")
        print_cells(cells, widths)


def print_instructions(by_kernel):
    """How many instructions the verifier went through: by kernel, then by program. A dash: not loaded there."""
    columns, rows = {"VERIFIED INSTRUCTIONS": 21}, {}
    sums = {"VERIFIED INSTRUCTIONS": "all together"}
    for kernel, programs in by_kernel.items():
        if not programs:
            continue
        # A hook's program is one of two, by what the kernel lets it read; never both, so they share a row.
        title = f"{kernel} (probed)" if any(name.endswith("_probed") for name in programs) else kernel
        columns[title] = max(len(title), 8)
        for name, count in programs.items():
            hook = name.removesuffix("_probed")
            rows.setdefault(hook, {"VERIFIED INSTRUCTIONS": hook})[title] = "not told" if count is None else count
        sums[title] = sum(count or 0 for count in programs.values())
    if not rows:
        return
    columns["VERIFIED INSTRUCTIONS"] = max(21, *map(len, rows))
    print()
    for cells in [{name: name for name in columns}, *rows.values(), sums]:
        print_cells(cells, columns)
