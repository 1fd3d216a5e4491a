# SPDX-License-Identifier: Apache-2.0
"""Kills the agent at moments of chance, and asks others than the agent what became of every closed window.

A window is closed when the agent handed it over: then `last-window` names its end, and the file after the collector in
the configuration has it. All these windows, and every one before them, must have been taken or be in the spool, in all
their parts.
"""
import random
import signal
import time

import faults
from faults import check

CONFIGURATION = """
[agent]
interval = "1s"
state_dir = "{folder}/state"
shutdown_timeout = "{shutdown}ms"
[trace]
max_units = {units}
[outputs.collector]
type = "http"
url = "http://127.0.0.1:{port}/ingest"
timeout = "500ms"
max_batch_bytes = "{bytes}KiB"
retry.initial = "20ms"
retry.max = "200ms"
spool.max_bytes = "{spool}MiB"
[outputs.file]
type = "file"
path = "{folder}/batches.json"
format = "json"
max_batch_bytes = "{bytes}KiB"
rotate_size = "0"
rotate_every = "0s"
"""


class Killing:
    def __init__(self, place, options):
        self.folder, self.program, self.kills = place.folder, options.agent, options.kills
        self.place, self.chance = place, random.Random(options.seed)
        self.collector = place.keep(faults.Collector(self.folder, seed=options.seed))
        self.config, self.log = self.folder / "agent.toml", self.folder / "agent.log"
        self.spool = self.folder / "state/spool/collector"
        # Ends of windows that were handed over, in milliseconds; what was in the spool after any kill.
        self.closed, self.seen = set(), {}
        self.start_up = 1.0
        self.when = {}
        self.lived, self.waited = options.lived, 0

    def configure(self):
        text = CONFIGURATION.format(
            folder=self.folder, port=self.collector.port, units=self.chance.randint(1000, 2000), bytes=8,
            spool=self.chance.randint(64, 70), shutdown=self.chance.randint(1, 400))
        # As an editor does: a half-written file would be refused.
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.rename(self.config)

    def life(self):
        """One life that ends by SIGKILL; answers in what it was."""
        self.collector.mode(self.chance.choice(["storm", "storm", "503"]))
        self.configure()
        started = time.monotonic()
        agent = self.place.keep(faults.Agent(self.program, self.config, self.log))
        # Each in turn; every other round waits for a window first, so that there is one to lose.
        what, self.lived = ["start", "run", "reload", "finish"][self.lived % 4], self.lived + 1
        if what == "start":
            # Up to a little beyond readiness.
            time.sleep(self.chance.uniform(0, self.start_up * 1.1))
        else:
            agent.wait_ready()
            self.start_up = time.monotonic() - started
            if self.lived % 8 < 4:
                self.waited += 1
                before = self.last()
                faults.wait(lambda: self.last() != before, "a window has been closed", 60)
            # Some near the end of a window, which is when things happen.
            time.sleep(self.chance.choice([self.chance.uniform(0, 2.2), 1.0 - time.time() % 1.0]))
            if what == "reload":
                self.configure()
                agent.signal(signal.SIGHUP)
            if what == "finish":
                agent.signal(signal.SIGTERM)
            time.sleep(self.chance.choice([0, self.chance.uniform(0, 0.02), self.chance.uniform(0, 0.3)]))
        agent.kill()
        self.place.things.pop()
        # 0 when it was done with finishing.
        check(agent.process.returncode in (-signal.SIGKILL, 0), f"ended with {agent.process.returncode}: {agent.said}")
        return what

    def after(self):
        """What can be seen when nobody runs."""
        self.seen.update(faults.spooled(self.spool))
        for aside in ("corrupt", "rejected"):
            folder = self.spool / aside
            check(not folder.exists() or not any(folder.iterdir()), f"something is in {aside}/")
        if last := self.last():
            self.closed.add(last)

    def last(self):
        """When the last window ended that was handed over."""
        path = self.folder / "state/last-window"
        text = path.read_text() if path.exists() else ""
        return int(text) // 1_000_000 if text else None

    def run(self):
        for _ in range(self.kills):
            what = self.life()
            self.when[what] = self.when.get(what, 0) + 1
            self.after()
        left = faults.spooled(self.spool)
        self.collector.mode("200")
        command = [self.program, "spool", "drain", "--config", self.config, "--timeout", "60s"]
        drained = faults.subprocess.run(command, capture_output=True, text=True)
        check(drained.returncode == 0, f"drain: {drained.stderr}")
        check(not faults.spooled(self.spool), "drain left something")
        self.judge(len(left))

    def judge(self, left):
        requests = self.collector.look()
        again = faults.check_same(requests)
        taken = {r["key"]: faults.json.loads(r["plain"]) for r in requests if r["taken"]}
        for request in requests:
            if request["key"] in self.seen:
                same = faults.json.loads(request["plain"]) == self.seen[request["key"]]["document"]
                check(same, f"{request['key']}: what was sent is not what was spooled")
        lost = self.seen.keys() - taken.keys()
        check(not lost, f"once in the spool, never taken: {sorted(lost)[:5]}")
        lives = {}
        for document in taken.values():
            windows = lives.setdefault(document["agent"]["instance"], {})
            windows.setdefault(document["sequence"], {})[document["part"][0]] = document
        ends = set()
        for instance, windows in lives.items():
            last = max(windows)
            check(sorted(windows) == list(range(1, last + 1)), f"{instance} has holes: {sorted(windows)}")
            for sequence, parts in windows.items():
                document = next(iter(parts.values()))
                if len(parts) == document["part"][1]:
                    ends.add(round(faults.instant(document["window"]["end"]) * 1000))
                else:
                    check(sequence == last, f"{instance}-{sequence} has only the parts {sorted(parts)}")
        check(self.closed <= ends, f"closed, but not all there: {sorted(self.closed - ends)}")
        written = faults.documents(self.folder / "batches.json")
        missing = written.keys() - taken.keys()
        check(not missing, f"in the file, but not with the collector: {sorted(missing)[:5]}")
        for key, document in written.items():
            check(document["units"] == taken[key]["units"], f"{key}: other rows in the file")
        check(len(lives) >= self.waited, f"{len(lives)} lives are known, {self.waited} closed a window")
        print(f"{self.kills} kills ({self.when}), {len(lives)} lives with {sum(map(len, lives.values()))} windows in "
              f"{len(taken)} batches, {len(self.closed)} ends remembered; {len(requests)} requests, {again} of them "
              f"more than one for a batch; {len(self.seen)} batches were in the spool after a kill, {left} after the "
              f"last; nothing lost")


def drive(place, options):
    place.keep(faults.Workers(place.folder, 6))
    Killing(place, options).run()


if __name__ == "__main__":
    faults.run(drive, faults.arguments(
        __doc__, kills=(100, "how often"), lived=(0, "where in the turn of eight kinds of lives to begin")))
