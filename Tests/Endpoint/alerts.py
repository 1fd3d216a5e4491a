# SPDX-License-Identifier: Apache-2.0
"""alerts.py AGENT: an unexpected writer with ugly names is at the endpoint what it is in the batch, once, and harmless (root)."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from agent import Agent, cgroup_root, eventually, expect, service

NAME = "x<script>\n\x1b[2J"
PROGRAM = "<b>\x1b[31m"


def write(group, program, file):
    """A program writes a file, twice, while it is in the cgroup."""
    script = 'echo $$ >"$1/cgroup.procs"; echo a >"$2"; echo b >>"$2"; echo $$ >"$3"'
    home = cgroup_root() / "cgroup.procs"
    subprocess.run([program, "-c", script, "sh", group, file, home], check=True, timeout=60)


def main(program):
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ot-alerts-")))
        (folder / "watched").mkdir()
        shell = folder / PROGRAM
        shutil.copy(os.path.realpath("/bin/sh"), shell)
        group = stack.enter_context(service("ot-alerts.service"))
        rule = f'[[watch]]\nslice = "{group.parent.name}"\npaths = ["{folder}/watched/**"]\nops = ["create", "write"]'
        agent = stack.enter_context(Agent(program, "127.0.0.1:0", more=rule))
        labels = 'alert="unexpected_writer",rule="watch[0]"'
        count = lambda: agent.series().get(("otagent_alerts_total", labels))
        eventually("the rule's series, at zero", lambda: count() == 0)
        expect(agent.document("alerts")["alerts"] == [], "alerts of nobody")
        write(group, shell, folder / "watched" / NAME)
        shown = eventually("an alert", lambda: agent.document("alerts")["alerts"])
        write(group, shell, folder / "watched" / NAME)  # it has been told of
        end = agent.series()[("otagent_windows_total", "")]
        eventually("two more windows", lambda: agent.series()[("otagent_windows_total", "")] >= end + 2)
        document = agent.document("alerts")
        expect(document["alerts"] == shown, f"{document['alerts']} after {shown}")
        expect(count() == len(shown), f"{count()} counted, {len(shown)} shown")
        url = f"http://127.0.0.1:{agent.port}/"
        text = subprocess.run([program, "top", "--url", url, "--alerts"], check=True, capture_output=True, timeout=60).stdout.decode()
        expect(r"x<script>\x0a\x1b[2J" in text and "\x1b" not in text, text)
        batches = agent.stop()
    told = [alert for batch in batches for alert in batch["alerts"]]
    expect(sorted(told, key=str) == sorted(shown, key=str), f"in the batches: {told}, shown: {shown}")
    first = shown[-1]
    expect(first["unit"] == "ot-alerts.service" and first["slice"] == group.parent.name, first)
    expect(first["exe"] == str(shell) and first["comm"] == PROGRAM[:15] and first["uid"] == 0, first)
    expect(first["path"] == f"{folder}/watched/{NAME}" and first["path_source"] == "file", first)
    ids = [alert["id"] for alert in shown]
    expect(len(set(ids)) == len(ids), f"told twice: {ids}")
    print(f"{len(shown)} alerts of one writer, the same at the endpoint, in top and in {len(batches)} batches")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
