# SPDX-License-Identifier: Apache-2.0
"""figures.py AGENT: what the endpoint shows is what the batches say, under ugly names too, and clean to promtool."""

import os
import pathlib
import shutil
import subprocess
import sys

from agent import Agent, cgroup_root, eventually, expect, series

COUNTERS = {
    "opens": "opens", "creates": "creates", "writes": "writes", "write_bytes": "write_bytes",
    "open_failures": "open_failures", "write_failures": "write_failures", "deletes": "deletes", "renames": "renames",
}  # fmt: skip
WORK = """
import os, sys
with open(sys.argv[1], "w") as procs: procs.write(str(os.getpid()))
os.chdir(sys.argv[2])
for number in range(7):
    with open(f"file-{number}", "wb", buffering=0) as file: file.write(b"x" * (number + 1))
    os.rename(f"file-{number}", "other"); os.unlink("other")
try: open("none")
except OSError: pass
with open(sys.argv[3], "w") as procs: procs.write(str(os.getpid()))
"""


def check_with_promtool(text):
    unpacked = pathlib.Path(__file__).resolve().parent.parent.parent / ".build" / "prometheus" / "promtool"
    promtool = os.environ.get("OT_PROMTOOL") or (unpacked if unpacked.exists() else shutil.which("promtool"))
    expect(promtool, "promtool is missing: Tests/Prometheus/tools .build/prometheus")
    end = subprocess.run([promtool, "check", "metrics"], input=text.encode(), capture_output=True, timeout=60)
    said = (end.stdout + end.stderr).decode()
    expect(end.returncode == 0 and not said.strip(), f"promtool: {said}")
    print("promtool has nothing to say")


def main(program):
    name = b'ot-endpoint-%d-"<b>\\\xff' % os.getpid()
    cgroup = os.fsencode(cgroup_root()) + b"/" + name
    home = os.fsencode(cgroup_root()) + b"/cgroup.procs"
    os.mkdir(cgroup)
    try:
        with Agent(program, "127.0.0.1:0") as agent:
            run = [sys.executable, "-c", WORK, cgroup + b"/cgroup.procs", str(agent.folder), home]
            for _ in range(2):
                subprocess.run(run, check=True, timeout=60)
            escaped = name.decode(errors="replace").replace("\\", "\\\\").replace('"', '\\"')
            labels = f'slice="-.slice",cgroup="/{escaped}"'
            eventually(
                "fourteen renames of the ugly cgroup",
                lambda: agent.series().get(("otagent_unit_renames_total", labels)) == 14,
            )
            status, kind, text = agent.get("/metrics")
            expect((status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8"), f"{status} {kind}")
            shown = series(text)
            check_with_promtool(text)
            kind, openmetrics = agent.get("/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"})[1:]
            expect(kind.startswith("application/openmetrics-text; version=1.0.0"), kind)
            expect(openmetrics.endswith("\n# EOF\n"), "OpenMetrics without an end")
            series(openmetrics)
            units = agent.document("units")["units"]
            mine = [unit for unit in units if unit["cgroup"] == "/" + name.decode(errors="replace")]
            expect(len(mine) == 1, f"{len(mine)} units are the ugly cgroup")
            for document in ("status", "alerts", "health"):
                agent.document(document)
            batches = agent.stop()
        rows = [row for batch in batches for row in batch["units"] if (row["cgroup"] or {}).get("path") == mine[0]["cgroup"]]
        for metric, member in COUNTERS.items():
            truth = sum(row[member] for row in rows)
            seen = shown[(f"otagent_unit_{metric}_total", labels)]
            expect(seen == truth == mine[0]["total"][member], f"{metric}: {seen} shown, {truth} in the batches")
        expect(mine[0]["total"]["writes"] >= 14 and mine[0]["total"]["write_bytes"] >= 56, "less than was done")
        print(f"{len(shown)} series, {len(units)} units; the figures are those of {len(batches)} batches")
    finally:
        os.rmdir(cgroup)


if __name__ == "__main__":
    main(sys.argv[1])
