# SPDX-License-Identifier: Apache-2.0
"""Batches for the tests of the examples, small and with known figures."""

import json

COUNTERS = (
    "opens opens_for_write path_opens open_failures creates writes write_bytes write_failures deletes renames mkdirs"
    " mknods symlinks links truncates allocates syncs shared_maps device_writes"
).split()
VIA = {"opens": 0, "creates": 0, "writes": 0, "write_bytes": 0}


def row(unit, slice="system.slice", run=None, exe="/usr/bin/dd", uring=None, **figures):
    counters = {name: 0 for name in COUNTERS} | {"open_errors": {}, "write_errors": {}} | figures
    writer = {name: counters[name] for name in ("opens_for_write", "creates", "writes", "write_bytes")}
    absent = dict.fromkeys(
        "user_unit user_unit_series user_slice owner_uid subgroup template instance container pod".split()
    )
    return {
        "unit": unit,
        "unit_series": unit,
        "kind": "service",
        "slice": slice,
        "invocation_id": run,
        **absent,
        "cgroup": {"id": 4711, "path": f"/{slice}/{unit}"},
        **counters,
        "io_uring": {"inline": VIA | (uring or {}), "worker": dict(VIA), "sqpoll": dict(VIA)},
        "pseudo": {"opens": 0, "writes": 0, "write_bytes": 0},
        "writers": [{"exe": exe, "comm": "dd", "uid": 0, **writer}],
    }


def batch(
    instance="i",
    sequence=1,
    end="2026-11-22T12:00:10.000Z",
    units=(),
    alerts=(),
    part=(1, 1),
    group_by=(),
    host="web-1",
    gap_before=0.0,
    loss=None,
):
    grouping = "@" + "+".join(group_by) if group_by else ""
    loss = {
        "ring_records": 0,
        "detail_overflow": 0,
        "unresolved_cgroups": 0,
        "container_lookups": 0,
        "io_uring_unknown_results": 0,
        "aio_unknown_results": 0,
        "unknown_file": 0,
        "watch_records": 0,
        "alerts_suppressed": 0,
        "missed_runs": {"write": 0},
    } | (loss or {})
    return {
        "schema": "otagent.batch/1",
        "batch_id": f"{instance}-{sequence}{grouping}",
        "sequence": sequence,
        "part": list(part),
        "group_by": list(group_by),
        "agent": {
            "version": "0.1.0",
            "instance": instance,
            "backend": "tracepoint",
            "started": "2026-11-22T11:00:00.000Z",
        },
        "host": {"name": host, "id": None, "kernel": "6.18.44"},
        "window": {"start": end, "end": end, "seconds": 10.0, "gap_before": gap_before, "clock_step": 0.0},
        "coverage": {"not_seen": ["mmap stores"], "programs": {"attached": 46, "missing": [], "cost": None}},
        "loss": loss,
        "totals": {name: sum(unit[name] or 0 for unit in units) for name in COUNTERS},
        "self": {"opens": 3, "writes": 2, "write_bytes": 512, "drain_cpu_seconds": 0.001},
        "units": list(units),
        "alerts": list(alerts),
    }


def ndjson(document):
    apart = {name: document[name] for name in ("batch_id", "sequence", "host")}
    lines = [{"type": "batch"} | {name: value for name, value in document.items() if name not in ("units", "alerts")}]
    lines += [{"type": "unit", **apart, "window": document["window"], **unit} for unit in document["units"]]
    lines += [{"type": "alert", **apart, **alert} for alert in document["alerts"]]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)
