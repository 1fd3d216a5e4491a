# SPDX-License-Identifier: Apache-2.0
"""What the drivers share: an agent, a collector of its own process, work in cgroups, and what must have arrived."""
import argparse
import ctypes
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
FILE = re.compile(r"\d{20}[a-z]*-(\d+)-(\d+)-(\d+)\.otb")


class Wrong(Exception):
    """What should hold does not."""


def check(holds, sentence):
    if not holds:
        raise Wrong(sentence)


def wait(what, sentence, seconds=30, pause=0.01):
    """What `what` answers once it is true."""
    deadline = time.monotonic() + seconds
    while not (answer := what()):
        check(time.monotonic() < deadline, f"after {seconds} s still not: {sentence}")
        time.sleep(pause)
    return answer


def instant(stamp):
    """Seconds since 1970 of a time in a document."""
    time = datetime.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return time.timestamp()


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Collector:
    def __init__(self, folder, name="collector", seed=0):
        self.record = folder / f"{name}.record"
        self.process = subprocess.Popen(
            [sys.executable, "-B", HERE / "collector.py", self.record, "--seed", str(seed)], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        self.port = int(self.process.stdout.readline())
        self.requests = []
        self.read_to = 0

    def order(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        check(self.process.stdout.readline() == "done\n", f"the collector did not follow {words}")

    def mode(self, word):
        self.order("mode", word)

    def look(self):
        """All requests until now, in their order."""
        with open(self.record, "rb") as file:
            file.seek(self.read_to)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self.read_to += len(line)
                self.requests.append(json.loads(line))
        return self.requests

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Agent:
    """One life."""

    def __init__(self, program, config, log, *arguments):
        self.log, self.said_before = log, log.stat().st_size if log.exists() else 0
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                [program, "run", "--config", config, *arguments], stdin=subprocess.DEVNULL,
                stdout=file, stderr=file, preexec_fn=die_with_parent)

    @property
    def said(self):
        with open(self.log, errors="replace") as file:
            file.seek(self.said_before)
            return file.read()

    def wait_ready(self):
        def ready():
            check(self.process.poll() is None, f"the agent ended: {self.said}")
            return "ready:" in self.said
        wait(ready, "the agent is ready", 150)
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=60):
        self.signal(signal.SIGTERM)
        check(self.process.wait(seconds) == 0, f"the agent ended with {self.process.returncode}: {self.said}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    @property
    def memory(self):
        """Resident, in KiB."""
        return self.status("VmRSS")

    @property
    def own_memory(self):
        """Resident, in KiB, without what is mapped: the counters in the kernel, of which a busy host takes more."""
        return self.status("RssAnon")

    def status(self, name):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{name}:\s+(\d+)", text)[1])

    def descriptors(self):
        """How many are open besides sockets, and how many sockets."""
        folder, targets = f"/proc/{self.process.pid}/fd", []
        for name in os.listdir(folder):
            try:
                targets.append(os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:
                pass
        sockets = sum(target.startswith("socket:") for target in targets)
        return len(targets) - sockets, sockets


class Workers:
    """Processes that write to a file each, five times a second, in as many cgroups."""

    def __init__(self, folder, count):
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        self.mount = next(m.split()[4] for m in mounts if " - cgroup2 " in m)
        self.sweep()
        self.cgroups, self.processes = [], []
        for number in range(count):
            cgroup = f"{self.mount}/ot-faults-{os.getpid()}-{number}"
            os.mkdir(cgroup)
            self.cgroups.append(cgroup)
            script = f"echo $$ > {cgroup}/cgroup.procs; while :; do echo > {folder}/work-{number}; sleep 0.2; done"
            self.processes.append(subprocess.Popen(["/bin/sh", "-c", script], preexec_fn=die_with_parent))

    def end(self):
        for process in self.processes:
            process.kill()
            process.wait()
        for cgroup in self.cgroups:
            self.remove(cgroup)

    @staticmethod
    def remove(cgroup):
        def gone():
            try:
                pathlib.Path(cgroup, "cgroup.kill").write_text("1")
            except OSError:
                pass
            try:
                os.rmdir(cgroup)
            except OSError:
                return not os.path.exists(cgroup)
            return True
        wait(gone, f"{cgroup} is gone")

    def sweep(self):
        """What drivers that were killed have left."""
        for name in os.listdir(self.mount):
            if (match := re.fullmatch(r"ot-faults-(\d+)-\d+", name)) and not os.path.exists(f"/proc/{match[1]}"):
                self.remove(f"{self.mount}/{name}")


class Place:
    """A folder, and all that a driver started: gone at its end, whatever that is."""

    def __init__(self, folder=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ot-faults-", dir=folder))
        self.things = []

    def __enter__(self):
        # So that the end comes here, too.
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda number, _: sys.exit(128 + number))
        return self

    def __exit__(self, *_):
        for end in reversed(self.things):
            try:
                end()
            except Exception as error:
                print(f"while cleaning up: {error}", file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, thing):
        self.things.append(thing.end if hasattr(thing, "end") else thing.kill)
        return thing


def spooled(folder):
    """The batches in the folder of one output, by id; each held against its checksum, as docs/delivery.md says."""
    found = {}
    for name in sorted(os.listdir(folder)) if folder.exists() else []:
        path = folder / name
        if path.is_dir() or name.startswith(".tmp-"):
            continue
        match = FILE.fullmatch(name)
        check(match, f"{name} in the spool has a name of its own")
        try:
            head, _, body = path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            continue
        header = json.loads(head)
        covered, _, _ = head.rpartition(b',"crc32":')
        check(int(header["crc32"], 16) == zlib.crc32(body, zlib.crc32(covered)), f"{name}: the checksum is wrong")
        check(header["bytes"] == len(body) and header["rows"] == int(match[1]), f"{name}: header and file differ")
        plain = zlib.decompress(body, 31) if header["encoding"] == "gzip" else body
        found[header["id"]] = {"header": header, "body": body, "document": json.loads(plain)}
    return found


def documents(path):
    """Whole lines of a file of the agent's own documents, by id."""
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return {document["batch_id"]: document for document in map(json.loads, lines)}


def check_same(requests):
    """Each key stood for the same all the time; packed or not, its bytes were the same."""
    known = {}
    for request in requests:
        key = (request["path"], request["key"])
        check(request["key"], "a request has no Idempotency-Key")
        check(known.setdefault(key, request["plain"]) == request["plain"], f"{key} came with two bodies")
        packed = (*key, request["packed"])
        check(known.setdefault(packed, request["sha"]) == request["sha"], f"{key} came with two bodies")
    return len(requests) - len({(r["path"], r["key"]) for r in requests if r["taken"]})


def whole_of(key, known):
    """What this was cut from, if it was cut: the id without what halving added."""
    while key not in known and "/" in key:
        key = key.rpartition("/")[0]
    return key


def check_rows(expected, taken):
    """Row by row what was written to the file is what was taken, halves put together."""
    arrived = {}
    for key in sorted(taken, key=lambda key: [part.zfill(20) for part in key.split("/")]):
        whole = whole_of(key, expected)
        check(whole in expected, f"{key} was taken but never written")
        arrived.setdefault(whole, []).extend(taken[key]["units"])
    missing = [key for key in expected if key not in arrived]
    check(not missing, f"{len(missing)} of {len(expected)} never arrived: {missing[:5]}")
    for key, units in arrived.items():
        check(units == expected[key]["units"], f"{key}: the rows that arrived are others than those that were written")
    return sum(map(len, arrived.values()))


def arguments(description, **more):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("agent", help="the otagent to hold against it")
    parser.add_argument("--dir", help="where to make the temporary folder")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    for name, (default, text) in more.items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help=text)
    return parser.parse_args()


def run(driver, options):
    """Ends with 1 and a sentence when something does not hold; the agent's last words are with it."""
    try:
        with Place(options.dir) as place:
            try:
                driver(place, options)
            except BaseException:
                for log in place.folder.glob("*.log"):
                    print(f"--- {log.name}, its end", *log.read_text(errors="replace").splitlines()[-30:],
                          sep="\n", file=sys.stderr)
                raise
    except Wrong as wrong:
        sys.exit(f"seed {options.seed}: {wrong}")
