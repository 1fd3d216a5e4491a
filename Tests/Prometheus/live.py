# SPDX-License-Identifier: Apache-2.0
"""live.py AGENT: Prometheus scrapes a running agent, and is asked every query of every dashboard and rule (root)."""

import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Endpoint")]

from agent import Agent, eventually, expect, service  # noqa: E402
from queries import ROOT  # noqa: E402
from test_examples import RULES, VARIABLES, filled, rules, targets  # noqa: E402

# What has nothing to say of a host on which all is well, in its first minute.
SILENT = {
    "Alerts by rule", "Hosts and rules of this time", "Attempts that failed, by what went wrong", "Spool",
    "CPU of the programs in the kernel", "Reloads",
}  # fmt: skip
UNIT = "ot-live.service"


class Prometheus:
    def __init__(self, folder, target):
        unpacked = ROOT / ".build" / "prometheus" / "prometheus"
        program = unpacked if unpacked.exists() else shutil.which("prometheus")
        expect(program, "prometheus is missing: Tests/Prometheus/tools .build/prometheus")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        config = folder / "prometheus.yml"
        files = json.dumps([str(path) for path in RULES])
        config.write_text(
            f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: {files}\nscrape_configs:\n"
            f"  - job_name: otagent\n    static_configs: [{{targets: ['{target}']}}]\n",
            encoding="utf-8",
        )
        command = [program, f"--config.file={config}", f"--storage.tsdb.path={folder}/data", f"--web.listen-address={self.address}"]
        self.log = folder / "prometheus.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log)

    def ask(self, query):
        """The samples of an answer; nothing while it does not answer."""
        url = f"http://{self.address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                document = json.loads(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 503:  # it is not ready yet
                return []
            sys.exit(f"FAILED: {query}: {error.read().decode()}")
        except OSError:
            expect(self.process.poll() is None, self.log.read_text(encoding="utf-8"))
            return []
        expect(document["status"] == "success", f"{query}: {document}")
        return document["data"]["result"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def work(group, folder):
    """Writes and whatever else in the cgroup; how many writes, as the workload says itself."""
    scratch = folder / "scratch"
    scratch.mkdir()
    small = folder / "small"
    small.mkdir()
    command = [ROOT / ".build" / "debug" / "workload", "--cgroup", group, "--leave", group.parent.parent, "--dir", scratch]
    command += ["--only", "syscalls,uring,edges", "--uring", "async", "--small", small, "--repeat", "3"]
    # The small file system goes with the mount namespace.
    script = 'mount -t tmpfs -o size=64k small "$1" && shift && exec "$@"'
    words = ["unshare", "--mount", "sh", "-c", script, "sh", small, *command]
    truth = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=60).stdout)
    # It never syncs.
    script = 'echo $$ >"$1/cgroup.procs"; dd if=/dev/zero of="$2/synced" count=1 conv=fsync status=none; echo $$ >"$1/../../cgroup.procs"'
    subprocess.run(["sh", "-c", script, "sh", group, scratch], check=True, timeout=60)
    return truth["writes"] + 1


def main(program):
    VARIABLES.update({"$__rate_interval": "30s", "$__range": "1m"})
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ot-prometheus-")))
        group = stack.enter_context(service(UNIT))
        agent = stack.enter_context(Agent(program, "127.0.0.1:0", more='[[watch]]\nslice = "nothing-is-here.slice"'))
        prometheus = stack.enter_context(Prometheus(folder, f"127.0.0.1:{agent.port}"))
        # Others may run this, too.
        mine = f'unit="{UNIT}",slice="{group.parent.name}"'
        writes = f"sum(otagent_unit_writes_total{{{mine}}})"
        eventually("the agent is scraped", lambda: prometheus.ask("up == 1"))
        done = work(group, folder)
        eventually("its writes are scraped", lambda: prometheus.ask(f"{writes} == {done}"))
        # What a unit seldom does has a series from then on only, and a rate when it was scraped again.
        again = f"count_over_time(otagent_unit_syncs_total{{{mine}}}[30s]) > 2"
        eventually("rates", lambda: prometheus.ask(f"{again} and on () count_over_time(up[30s]) > 5"))
        silent, count = set(), 0
        for place, target in targets():
            title = place.split(": ", 1)[1]
            count += 1
            if not prometheus.ask(filled(target["expr"])):
                silent.add(title)
        expect(silent <= SILENT, f"nothing to be seen in {sorted(silent - SILENT)}")
        for path in RULES:
            for name, kind, query, _ in rules(path):
                count += 1
                prometheus.ask(query)
                if kind == "record":
                    eventually(f"{name} is recorded", lambda name=name: prometheus.ask(name))
        full = eventually(
            "an alert that there is no room",
            lambda: prometheus.ask(f'ALERTS{{alertname="UnitFullDisk",{mine},alertstate="firing"}}'),
        )
        expect({sample["metric"]["errno"] for sample in full} == {"ENOSPC"}, full)
        wrong = prometheus.ask('ALERTS{alertname=~"Otagent.*",severity="critical",alertstate="firing"}')
        expect(not wrong, f"a healthy agent is reported: {wrong}")
        agent.stop()
    print(f"{count} queries were answered; without anything to say: {', '.join(sorted(silent))}")


if __name__ == "__main__":
    main(sys.argv[1])
