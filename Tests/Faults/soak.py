# SPDX-License-Identifier: Apache-2.0
"""A long run with a collector that comes and goes, reloads and rotating files: nothing grows, nothing is lost.

Memory and descriptors are sampled; the medians of the first and the last quarter are compared, without the first ten
seconds. The agent knows all cgroups of the host: when others make more than there were before, it takes more memory,
and the comparison begins after that.
"""
import random
import signal
import statistics
import time

import faults
from faults import check, wait

CONFIGURATION = """
[agent]
interval = "1s"
state_dir = "{folder}/state"
[trace]
max_units = {units}
[outputs.collector]
type = "http"
url = "http://127.0.0.1:{port}/"
timeout = "1s"
retry.initial = "50ms"
retry.max = "500ms"
spool.max_bytes = "{spool}MiB"
[outputs.file]
type = "file"
path = "{folder}/batches.json"
format = "json"
rotate_size = "128KiB"
keep_files = 3
"""
MODES = ["200", "200", "503", "hang", "reset", "storm", "trickle", "down"]


class Soak:
    def __init__(self, place, options):
        self.folder, self.options = place.folder, options
        self.chance = random.Random(options.seed)
        self.collector = place.keep(faults.Collector(self.folder, seed=options.seed))
        place.keep(faults.Workers(self.folder, 8))
        self.config = self.folder / "agent.toml"
        self.configure()
        self.agent = place.keep(faults.Agent(options.agent, self.config, self.folder / "agent.log")).wait_ready()
        self.is_down, self.reloads, self.changes = False, 0, 0
        self.samples = []

    def configure(self):
        """Every other time the output is another, and starts anew on the spool of the one before it."""
        text = CONFIGURATION.format(
            folder=self.folder, port=self.collector.port, units=self.chance.randint(1000, 2000),
            spool=self.chance.choice([64, 65]))
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.rename(self.config)

    def change(self):
        mode = self.chance.choice(MODES)
        self.changes += 1
        if self.is_down:
            self.collector.order("up")
        self.is_down = mode == "down"
        if self.is_down:
            self.collector.order("down")
        else:
            self.collector.mode(mode)

    def reload(self):
        self.configure()
        self.agent.signal(signal.SIGHUP)
        self.reloads += 1
        wait(lambda: self.agent.said.count(" reloaded; outputs") >= self.reloads, "reloaded", 60)

    def run(self):
        start = time.monotonic()
        next_change, next_reload = start, start + 10
        while (now := time.monotonic()) - start < self.options.seconds:
            check(self.agent.process.poll() is None, f"the agent ended: {self.agent.said}")
            if now >= next_change:
                self.change()
                next_change = now + self.chance.uniform(1, 6)
            if now >= next_reload:
                self.reload()
                next_reload = now + self.chance.uniform(5, 20)
            self.samples.append((now - start, self.agent.own_memory, *self.agent.descriptors(), self.agent.memory,
                                 time.time()))
            time.sleep(0.5)
        if self.is_down:
            self.collector.order("up")
        self.collector.mode("200")
        spool = self.folder / "state/spool/collector"
        taken = sum(r["taken"] for r in self.collector.look())
        wait(lambda: sum(r["taken"] for r in self.collector.look()) > taken, "batches arrive again", 60)
        wait(lambda: not list(spool.glob("*.otb")), "the spool is empty", 60)
        self.agent.stop()
        self.judge()

    def judge(self):
        requests = self.collector.look()
        again = faults.check_same(requests)
        taken = {r["key"]: faults.json.loads(r["plain"]) for r in requests if r["taken"]}
        sequences = sorted(document["sequence"] for document in taken.values())
        missing = sorted(set(range(1, sequences[-1] + 1)) - set(sequences))
        tried = [(r["key"], r["mode"], r["status"]) for r in requests if sequence_of(r["key"]) in missing]
        check(not missing, f"windows were not taken: {missing}; what was tried: {tried}")
        check(len(sequences) == len(set(sequences)), "a window was taken under two keys")
        archives = list(self.folder.glob("batches-*"))
        check(1 <= len(archives) <= 3, f"{len(archives)} archives are kept")
        crowd, crowded = self.last_crowd(taken)
        rested = [sample for sample in self.samples if sample[0] > 10 and sample[5] > crowded + 10] or self.samples
        check(len(rested) > len(self.samples) / 2, f"others made {crowd} cgroups too late for a verdict: run it again")
        quarter = max(len(rested) // 4, 1)
        first, last = rested[:quarter], rested[-quarter:]

        def medians(column):
            return [statistics.median(sample[column] for sample in part) for part in (first, last)]
        memory, files, sockets, resident = medians(1), medians(2), medians(3), medians(4)
        least = [min(sample[3] for sample in part) for part in (first, last)]
        print(f"{self.options.seconds} s: {len(sequences)} windows, {len(requests)} requests ({again} beyond one for a "
              f"batch), {self.changes} changes of the collector, {self.reloads} reloads; nothing lost; first and last "
              f"quarter: {memory[0]:.0f} and {memory[1]:.0f} KiB of its own ({resident[0]:.0f} and {resident[1]:.0f} "
              f"with what is mapped), {files[0]:g} and {files[1]:g} descriptors, "
              f"{sockets[0]:g} and {sockets[1]:g} sockets (at least {least[0]} and {least[1]}); at most {crowd} cgroups "
              f"known, the last {rested[-1][0] - rested[0][0]:.0f} s were compared")
        check(memory[1] - memory[0] < self.options.growth << 10, "the agent grows")
        check(files[1] <= files[0], "descriptors are left open")
        # How many connections are open at once is chance: one or two more while an output is replaced in an outage. A
        # socket that is left is there in every sample after that, so the fewest of a quarter tell it, by one.
        check(least[1] <= least[0] and sockets[1] <= sockets[0] + 1, "sockets are left open")

    @staticmethod
    def last_crowd(taken):
        """The most cgroups that were known at once, and when that last became a thousand more than ever before."""
        most, when = 0, 0
        for key in sorted(taken, key=sequence_of):
            known = taken[key]["self"]["resolver"]["known_cgroups"]
            if known > most + 1000:
                when = faults.instant(taken[key]["window"]["end"])
            most = max(most, known)
        return most, when


def sequence_of(key):
    return int(key.rpartition("-")[2].partition("/")[0])


def drive(place, options):
    Soak(place, options).run()


if __name__ == "__main__":
    faults.run(drive, faults.arguments(
        __doc__, seconds=(1200, "how long"), growth=(4, "MiB that the last quarter's median may be above the first's")))
