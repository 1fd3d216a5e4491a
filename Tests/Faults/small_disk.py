# SPDX-License-Identifier: Apache-2.0
"""A state directory of 256 KiB in an outage: the agent lives, stays small, counts what it loses to the row, and recovers.

For a third of the time somebody else takes all the room there is. Runs itself by `unshare --mount`, so that the mount
ends with it.
"""
import os
import re
import subprocess
import sys
import time

import faults
from faults import check, wait

CONFIGURATION = """
[agent]
interval = "1s"
state_dir = "{folder}/state"
[outputs.collector]
type = "http"
url = "http://127.0.0.1:{port}/"
compression = "none"
timeout = "10s"
retry.initial = "50ms"
retry.max = "500ms"
max_batch_bytes = "16KiB"
[outputs.file]
type = "file"
path = "{folder}/batches.json"
format = "json"
max_batch_bytes = "16KiB"
rotate_size = "0"
rotate_every = "0s"
"""


def fill(path):
    """Takes all the room, and holds it."""
    with open(path, "wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass


def drive(place, options):
    folder, state = place.folder, place.folder / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", state], check=True)
    place.things.append(lambda: subprocess.run(["umount", "-l", state], check=True))
    place.keep(faults.Workers(folder, 60))
    collector = place.keep(faults.Collector(folder))
    config = folder / "agent.toml"
    config.write_text(CONFIGURATION.format(folder=folder, port=collector.port))
    agent = place.keep(faults.Agent(options.agent, config, folder / "agent.log")).wait_ready()
    wait(lambda: sum(r["taken"] for r in collector.look()) > 3, "some batches were taken")
    before, most, peak = agent.memory, 0, 0
    collector.order("down")
    start, filled = time.monotonic(), None
    while (gone := time.monotonic() - start) < options.seconds:
        check(agent.process.poll() is None, f"the agent ended: {agent.said}")
        if filled is None and gone > options.seconds / 3:
            filled = state / "somebody-else"
            fill(filled)
        elif filled and filled.exists() and gone > options.seconds * 2 / 3:
            filled.unlink()
        peak = max(peak, agent.memory)
        most = max(most, len(list((state / "spool/collector").glob("*.otb"))))
        time.sleep(0.2)
    wait(lambda: "nearly full" in agent.said or "space" in agent.said, "the agent says that the disk is full")
    windows = windows_of(collector)
    collector.order("up")
    wait(lambda: windows_of(collector) > windows + 2, "batches arrive again", 60)
    wait(lambda: not list((state / "spool/collector").glob("*.otb")), "the spool is empty again", 60)
    after = agent.memory
    agent.stop()
    judge(agent, collector, faults.documents(folder / "batches.json"))
    check(max(peak, after) - before < 8 << 10, f"the agent grew by {max(peak, after) - before} KiB")
    print(f"resident before {before} KiB, at most {peak} KiB in {options.seconds} s of outage, {after} KiB after it; "
          f"up to {most} batches in the spool")


def windows_of(collector):
    return sum(r["taken"] for r in collector.look())


def judge(agent, collector, written):
    requests = collector.look()
    faults.check_same(requests)
    taken = {r["key"]: faults.json.loads(r["plain"]) for r in requests if r["taken"]}
    check(taken.keys() <= written.keys(), "taken, but never written")
    for key, document in taken.items():
        check(document["units"] == written[key]["units"], f"{key}: other rows than in the file")
    lost = written.keys() - taken.keys()
    rows = sum(len(written[key]["units"]) for key in lost)
    check(lost, "nothing was lost: the disk was too large for this test")
    told = re.search(r"output 'collector': (\d+) batches \((\d+) rows\) were not delivered", agent.said)
    check(told and (int(told[1]), int(told[2])) == (len(lost), rows),
          f"{len(lost)} batches with {rows} rows are missing, the agent says {told and told[0]}")
    check("wait in the spool" not in agent.said, "something was left")
    print(f"{len(written)} batches with {sum(len(d['units']) for d in written.values())} rows were made, {len(taken)} "
          f"taken, {len(lost)} with {rows} rows dropped and counted")


if __name__ == "__main__":
    if os.environ.get("OT_FAULTS_MOUNTS") != "own":
        os.environ["OT_FAULTS_MOUNTS"] = "own"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv])
    faults.run(drive, faults.arguments(__doc__, seconds=(120, "how long the outage is")))
