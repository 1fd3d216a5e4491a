# SPDX-License-Identifier: Apache-2.0
"""The baseline before a workload that goes on as it is: no alert; and one for each writer that is new at the end.

The workload rotates logs, makes files with random names, with numbers and with dates, starts a new process each time, and
runs transient units, each with a name of its own.
"""
import pathlib
import subprocess
import time

import faults
from faults import check, wait

CONFIGURATION = """
[agent]
interval = "1s"
state_dir = "{folder}/state"
[outputs.file]
type = "file"
path = "{folder}/batches.json"
format = "json"
rotate_every = "0s"
[baseline]
enabled = true
learn_for = "{learn}s"
"""

SERVICES = {
    "web.service": """
        mkdir -p web; n=0
        while :; do
            echo line >> web/access.log; echo line >> web/error.log; n=$((n + 1))
            if [ $((n % 40)) = 0 ]; then mv web/access.log web/access.log.$((n / 40 % 5)); fi
            sleep 0.1
        done""",
    "db.service": """
        mkdir -p db/base/16384 db/wal; n=0
        while :; do
            n=$((n + 1)); echo row >> db/base/16384/$((16385 + n % 7)); echo log > db/wal/00000001$(printf %08X $n)
            [ $n -le 5 ] || rm -f db/wal/00000001$(printf %08X $((n - 5)))
            sleep 0.15
        done""",
    "build.service": """
        while :; do
            d=$(mktemp -d build-XXXXXXXX); t=$(mktemp $d/ccXXXXXX.o); echo object > $t; mv $t $d/a.out; rm -r $d
            sleep 0.2
        done""",
    "report.service": """
        while :; do
            d=reports/$(date +%Y-%m-%d)/$(date +%H%M); mkdir -p $d; date > $d/report-$(date +%s%N).txt
            sleep 0.5
        done""",
}
# Each time another unit, as of systemd-run.
TRANSIENT = """
n=0
while :; do
    unit={slice}/run-r$(cat /proc/sys/kernel/random/uuid | tr -d -).service; mkdir $unit
    sh -c "echo \\$\\$ > $unit/cgroup.procs; mkdir -p jobs; date > jobs/last"
    rmdir $unit; sleep 0.4
done"""


class Steady:
    def __init__(self, place, options):
        self.folder, self.options, self.processes = place.folder, options, []
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        mount = next(m.split()[4] for m in mounts if " - cgroup2 " in m)
        self.slice = pathlib.Path(mount, f"otsteady{place.folder.name[-6:].replace('-', '')}.slice".lower())
        self.slice.mkdir()
        place.things.append(self.end)
        self.work = self.folder / "work"
        self.work.mkdir()
        config = self.folder / "agent.toml"
        config.write_text(CONFIGURATION.format(folder=self.folder, learn=options.learn))
        self.agent = place.keep(faults.Agent(options.agent, config, self.folder / "agent.log")).wait_ready()

    def start(self, script):
        self.processes.append(subprocess.Popen(
            ["/bin/sh", "-c", script], cwd=self.work, preexec_fn=faults.die_with_parent, stderr=subprocess.DEVNULL))

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for cgroup in [*self.slice.iterdir(), self.slice]:
            if cgroup.is_dir():
                faults.Workers.remove(str(cgroup))

    def join(self, unit):
        cgroup = self.slice / unit
        cgroup.mkdir(exist_ok=True)
        return f"echo $$ > {cgroup}/cgroup.procs\n"

    def alerts(self):
        """Those of the workload: what else this host does is not ours to judge."""
        documents = faults.documents(self.folder / "batches.json").values()
        return [a for d in documents for a in d["alerts"] if a["slice"] == self.slice.name]

    def lost(self):
        return sum(d["loss"]["watch_records"] for d in faults.documents(self.folder / "batches.json").values())

    def run(self):
        for unit, script in SERVICES.items():
            self.start(self.join(unit) + script)
        self.start(TRANSIENT.format(slice=self.slice))
        began = time.monotonic()
        while time.monotonic() - began < self.options.learn + 5 + self.options.seconds:
            check(self.agent.process.poll() is None, f"the agent ended: {self.agent.said}")
            check(not (alerts := self.alerts()), f"after {time.monotonic() - began:.0f} s: {alerts}")
            time.sleep(1)
        windows = len(faults.documents(self.folder / "batches.json"))
        # What is new: another writer in a known directory, and a known writer in another directory.
        news = [("web.service", "/usr/bin/touch web/access.log.new"), ("db.service", "mkdir elsewhere; echo x > elsewhere/file")]
        for unit, script in news:
            subprocess.run(["/bin/sh", "-c", self.join(unit) + script], cwd=self.work, check=True)
        wait(lambda: len(self.alerts()) >= 2, "what is new is told", 20)
        self.agent.stop()
        found = sorted((a["unit"], a["comm"], a["alert"]) for a in self.alerts())
        # Its mkdir has made a directory there before.
        expected = [("db.service", "sh", "new_writer"), ("web.service", "touch", "new_writer")]
        check(found == expected, f"{found} instead of {expected}")
        print(f"learned for {self.options.learn} s, then {self.options.seconds} s and {windows} windows without an alert; two "
              f"new writers told once each; {self.lost()} sightings lost")


if __name__ == "__main__":
    faults.run(lambda place, options: Steady(place, options).run(), faults.arguments(
        __doc__, seconds=(600, "how long nothing may be told"), learn=(60, "how long is learned")))
