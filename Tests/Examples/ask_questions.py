# SPDX-License-Identifier: Apache-2.0
"""ask_questions.py OTAGENT [FIRST WORDS OF A QUESTION]...: the commands of examples/questions, as they stand there, while
services do what the questions are about (root). In a mount namespace of its own, with an empty /run.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
QUESTIONS = ROOT / "examples" / "questions"
HOSTILE = "evil\x1b[2J.service"
TAG = f"ot-test-{os.getpid()}"
# A name of its own: the same program of the same unit in the same directory is told of once, on the whole host.
SURPRISE = f"surprise-{os.getpid()}.service"


def fail(sentence):
    sys.exit(f"FAILED: {sentence}")


def sections():
    """The commands of each section of the README."""
    for text in re.split(r"^## ", (QUESTIONS / "README.md").read_text(encoding="utf-8"), flags=re.M)[1:]:
        blocks = re.findall(r"^```console\n(.*?)^```", text, re.M | re.S)
        yield text.split("\n", 1)[0], re.findall(r"^# (.*(?:\n .*)*)", "".join(blocks), re.M)


class Cgroups:
    """Services of a slice that is gone afterwards."""

    def __init__(self):
        mounts = [line.split(" - ") for line in open("/proc/self/mountinfo", encoding="utf-8")]
        self.root = pathlib.Path(next(before.split()[4] for before, after in mounts if after.startswith("cgroup2 ")))
        self.top = self.root / f"{TAG}.slice"

    def __enter__(self):
        self.top.mkdir()
        return self

    def __exit__(self, *_):
        for folder in [*self.top.iterdir(), self.top]:
            if folder.is_dir():
                deadline = time.monotonic() + 10
                while folder.exists() and time.monotonic() < deadline:
                    with contextlib.suppress(OSError):
                        folder.rmdir()

    def run(self, unit, script, folder):
        """A shell script in the cgroup of a unit; the shell goes home before it ends."""
        cgroup = self.top / unit
        cgroup.mkdir(exist_ok=True)
        words = ["/bin/sh", "-c", f'echo $$ >"$0/cgroup.procs"; {script}\necho $$ >{self.root}/cgroup.procs', cgroup]
        end = subprocess.run(words, cwd=folder, stderr=subprocess.PIPE, timeout=60, check=False)
        if end.returncode != 0:
            fail(f"{unit}: {end.stderr.decode(errors='replace')}")


# What each service does, again and again.
STORM = """python3 -c '
import os
with open("journal", "wb", buffering=0) as file:
    for _ in range(50): file.write(b"x" * 4096); os.fsync(file.fileno())
'"""
SERVICES = {
    "hungry.service": "dd if=/dev/zero of=big$$ bs=1M count=1 status=none",
    "full.service": "dd if=/dev/zero of=small/file bs=16k count=9 status=none 2>dd.said && exit 1; grep -q space dd.said",
    "db.service": STORM,
    HOSTILE: "dd if=/dev/zero of=own bs=1k count=1 conv=fsync status=none",
    # To be refused, as the rule for /etc has them, and to be told of.
    "apt-daily-upgrade.service": f"cp /etc/hostname /etc/{TAG}-allowed; rm /etc/{TAG}-allowed",
    SURPRISE: f"cp /etc/hostname /etc/{TAG}-surprise; rm /etc/{TAG}-surprise",
}


def ring(cgroups, folder):
    """The workload of the other tests goes into the cgroup and leaves it by itself."""
    cgroup = cgroups.top / "ring.service"
    cgroup.mkdir(exist_ok=True)
    words = [ROOT / ".build" / "debug" / "workload", "--cgroup", cgroup, "--leave", cgroups.root, "--dir", folder]
    words += ["--only", "uring", "--uring", "async"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=60)


def container(folder):
    """One of runc alone, with the host's /etc in it: it writes into its own and into the host's."""
    bundle = folder / "bundle"
    (bundle / "rootfs" / "bin").mkdir(parents=True)
    for name in ("etc", "host", "proc", "dev", "sys", "tmp"):
        (bundle / "rootfs" / name).mkdir()
    shutil.copy("/bin/busybox", bundle / "rootfs" / "bin" / "busybox")
    (bundle / "rootfs" / "bin" / "sh").symlink_to("busybox")
    subprocess.run(["runc", "spec"], cwd=bundle, check=True)

    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
    config["process"] |= {"terminal": False, "args": ["/bin/sh", "-c", f"echo a >/etc/own; echo b >/host/{TAG}-container"]}
    config["process"].pop("rlimits", None)
    config["process"]["capabilities"] = {name: ["CAP_DAC_OVERRIDE"] for name in ("bounding", "effective", "permitted")}
    config["root"] |= {"readonly": False}
    config["mounts"] += [{"destination": "/host", "type": "bind", "source": "/etc", "options": ["rbind", "rw"]}]
    config["linux"]["cgroupsPath"] = f"/{TAG}.slice/runc-{TAG}-web.scope"
    config["linux"]["namespaces"] = [kind for kind in config["linux"]["namespaces"] if kind["type"] != "network"]
    (bundle / "config.json").write_text(json.dumps(config), encoding="utf-8")
    end = subprocess.run(["runc", "run", "--bundle", bundle, f"{TAG}-web"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    shutil.rmtree(bundle)
    pathlib.Path(f"/etc/{TAG}-container").unlink(missing_ok=True)
    if end.returncode != 0:
        fail(f"runc: {end.stderr.decode(errors='replace')}")


def act(cgroups, folder, over, with_container):
    while not over.is_set():
        for unit, script in SERVICES.items():
            cgroups.run(unit, script, folder)
        ring(cgroups, folder)
        if with_container:
            container(folder)
        over.wait(0.3)


def check(title, said):
    """Whether the answer is that of the question."""
    lines = [line.split("\t") for line in said.splitlines()]
    by_unit = {line[column]: line for line in lines for column in range(len(line)) if line[column].endswith(".service")}
    if "\x1b" in said:
        fail(f"{title}: a name goes to the terminal as it is")
    if title.startswith("Which service fills"):
        row = next(line for line in lines if line[4] in SERVICES)
        return row[4] == "hungry.service" and int(row[0]) % (1 << 20) == 0 and row[2] == row[1] and row[5] == "/usr/bin/dd"
    if title.startswith("Which service hits"):
        row = by_unit["full.service"]
        return row[1] == "ENOSPC" and int(row[0]) > 0 and row[3] <= row[4] and "hungry.service" not in by_unit
    if title.startswith("Who storms"):
        row, other = by_unit["db.service"], next(line for line in lines if line[4].endswith("/evil?[2J.service"))
        # One each; but the agent may go in between.
        same = abs(int(row[1]) - int(row[2])) <= 2 and 4000 < int(row[3]) < 4200
        return same and int(row[0]) > int(other[0]) and lines.index(row) < lines.index(other)
    if title.startswith("Who uses"):
        row = by_unit["ring.service"]
        return int(row[0]) > 0 and int(row[2]) > 0 and row[4].endswith("%") and "db.service" not in by_unit
    if title.startswith("Who writes to"):
        mine = [line for line in lines if TAG in "\t".join(line)]
        told = {(line[1], line[2], line[4], line[5]) for line in mine}
        wanted = {(SURPRISE, "cp", "create", f"/etc/{TAG}-surprise"), (SURPRISE, "rm", "delete", f"/etc/{TAG}-surprise")}
        return wanted <= told and "apt-daily-upgrade.service" not in by_unit and all("sh" in line[6] for line in mine)
    if title.startswith("Which container"):
        mine = [line for line in lines if TAG in "\t".join(line)]
        told = {(line[1], line[2], line[4], line[5]) for line in mine}
        return told == {(f"{TAG}-web", "sh", "create", f"/etc/{TAG}-container")} and SURPRISE not in by_unit
    return title.startswith("First")


def ask(title, commands, cgroups, folder, bin):
    over = threading.Event()
    acting = threading.Thread(target=act, args=(cgroups, folder, over, "container" in title))
    environment = os.environ | {"PATH": f"{bin}:{os.environ['PATH']}"}
    said = ""
    for command in commands:
        words = ["/bin/bash", "-c", f"set -o pipefail\n{command}"]
        with tempfile.TemporaryFile() as output:
            running = subprocess.Popen(words, cwd=QUESTIONS, env=environment, stdout=output, stderr=subprocess.PIPE, text=True)
            errors = ""
            for line in running.stderr:
                errors += line
                # Not before the agent counts: its programs are attached one after the other.
                if "ready:" in line:
                    acting.start()
            status = running.wait(60)
            over.set()
            if acting.ident:
                acting.join()
            if status != 0:
                fail(f"{command}: {errors}")
            output.seek(0)
            said = output.read().decode(errors="replace")
    print(f"## {title}\n{said}")
    if not check(title, said):
        fail(f"that is no answer to: {title}")


def main(otagent, *wanted):
    if os.environ.get("OT_OWN_MOUNTS") != "1":
        words = ["unshare", "--mount", "--propagation", "private", sys.executable, "-B", *sys.argv]
        os.execvpe(words[0], words, os.environ | {"OT_OWN_MOUNTS": "1"})
    subprocess.run(["mount", "-t", "tmpfs", "own", "/run"], check=True)
    found = 0
    with tempfile.TemporaryDirectory(prefix="ot-test-") as name, Cgroups() as cgroups:
        folder = pathlib.Path(name)
        (folder / "small").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "small", folder / "small"], check=True)
        try:
            for title, commands in sections():
                if commands and (not wanted or title.startswith(wanted)):
                    ask(title, commands, cgroups, folder, pathlib.Path(otagent).resolve().parent)
                    found += 1
        finally:
            subprocess.run(["umount", folder / "small"], check=True)
            for left in pathlib.Path("/etc").glob(f"{TAG}-*"):
                left.unlink()
    print(f"{found} questions were answered")


if __name__ == "__main__":
    main(*sys.argv[1:])
