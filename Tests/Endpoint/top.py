# SPDX-License-Identifier: Apache-2.0
"""top.py AGENT: otagent top in a terminal of tmux: it draws, sorts, follows the window's size, and leaves all as it was."""

import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "Page"))

from agent import Agent, eventually, expect
from fake_agent import FakeAgent, alert


class Tmux:
    def __init__(self, columns, lines):
        self.socket = tempfile.mktemp(prefix="ot-tmux-")
        self("new-session", "-d", "-x", str(columns), "-y", str(lines), "env PS1='$ ' /bin/sh")

    def __call__(self, *words):
        command = ["tmux", "-S", self.socket, "-f", "/dev/null", *words]
        return subprocess.run(command, check=True, capture_output=True, timeout=30).stdout.decode()

    def screen(self):
        return self("capture-pane", "-p").splitlines()

    def wait(self, sentence, look):
        def seen():
            lines = self.screen()
            return lines if look(lines) else None

        try:
            return eventually(sentence, seen, 30)
        except SystemExit as failure:
            sys.exit(f"{failure}\n" + "\n".join(self.screen()))

    def keys(self, *keys):
        self("send-keys", *keys)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        server = int(self("display-message", "-p", "#{pid}"))
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], check=False, capture_output=True, timeout=30)
        eventually("tmux has ended", lambda: not os.path.exists(f"/proc/{server}"), 20)
        if os.path.exists(self.socket):
            os.unlink(self.socket)


def has(words):
    return lambda lines: any(words in line for line in lines)


def plain(program, agent, url):
    end = subprocess.run([program, "top", "--url", url], capture_output=True, timeout=60, check=True, text=True)
    lines = end.stdout.splitlines()
    expect(lines[0].startswith("otagent top   until") and lines[1].endswith("UNIT"), end.stdout)
    expect("\x1b" not in end.stdout, "an escape sequence in plain text")
    end = subprocess.run([program, "top", "--url", url, "--writers"], capture_output=True, timeout=60, check=True, text=True)
    expect(end.stdout.splitlines()[1].endswith("PROGRAM"), end.stdout)
    nowhere = subprocess.run([program, "top", "--url", "unix:/none"], capture_output=True, timeout=60, text=True)
    expect(nowhere.returncode == 1 and "No such file" in nowhere.stderr, f"{nowhere}")
    for wrong in ([], ["--url", "ftp://x"], ["--config", agent.config]):
        end = subprocess.run([program, "top", *wrong], capture_output=True, timeout=60, text=True)
        expect(end.returncode == 2 and end.stderr, f"{wrong}: {end}")


def live(program, url):
    with Tmux(100, 20) as tmux:
        tmux.wait("a prompt", has("$"))
        tmux.keys(f"{shlex.quote(program)} top --url {url}; echo ended with $?; stty -a | grep -o '[-]*icanon'", "Enter")
        lines = tmux.wait("units", has("units by bytes written"))
        expect(lines[2].split()[:2] == ["WRITTEN/s", "WRITES/s"], "\n".join(lines))
        first = lines[0]
        tmux.wait("the next window", lambda lines: lines[0] != first and "until" in lines[0])
        tmux.keys("o")
        tmux.wait("sorted by opens", has("units by opens"))
        tmux.keys("t")
        tmux.wait("writers", has("PROGRAM"))
        tmux.keys("h")
        tmux.wait("help", has("arrows, PgUp, PgDn, Home"))
        tmux.keys("h")
        tmux.wait("writers again", has("PROGRAM"))
        tmux.keys("/")
        tmux.wait("a filter", has("filter: _"))
        tmux.keys("-l", "nobody-has-this-name")
        tmux.wait("nothing", has("none"))
        tmux.keys("Escape")
        tmux.wait("all again", lambda lines: " of " in lines[1])
        tmux("resize-window", "-x", "50", "-y", "8")
        lines = tmux.wait("a narrow screen", lambda lines: lines and lines[0].startswith("otagent top") and len(lines) <= 8)
        expect(all(len(line) <= 50 for line in lines), "\n".join(lines))
        tmux.keys("q")
        tmux.wait("the end", has("ended with 0"))
        tmux.wait("the terminal as it was", lambda lines: "icanon" in [line.strip() for line in lines])
        with tempfile.TemporaryDirectory() as folder:
            command = f"clear; sh -c 'echo $$ >{folder}/pid; exec {shlex.quote(program)} top --url {url}'; echo left with $?"
            tmux.keys(f"{command}; stty -a | grep -o '[-]*icanon'", "Enter")
            tmux.wait("units again", has("WRITTEN"))
            with open(f"{folder}/pid", encoding="utf-8") as file:
                os.kill(int(file.read()), signal.SIGTERM)
            tmux.wait("the end by a signal", has("left with 0"))
            tmux.wait("the terminal as it was", lambda lines: "icanon" in [line.strip() for line in lines])


def alarmed(program):
    """An agent of this test's own, which has what it is told to have."""
    raised = [alert(number) for number in range(30, 0, -1)]
    raised.insert(0, alert(31, unit="a\x1b[2J\x07.service", comm="\x1b]0;x\x07sh", path="/etc/\n\x1b[31mx"))
    with FakeAgent(20, alerts=raised) as agent:
        for flag, columns, words in (
            ("--alerts", "TIME (UTC)", "11:00:30    create      /etc/cron.d/file-30  (backup.py, service-30.service)"),
            ("--directories", "  ALERTS  PROGRAMS", "      30         1  11:00:30    /etc/cron.d  (service-30.service, "),
        ):
            end = subprocess.run([program, "top", "--url", agent.url, flag], capture_output=True, timeout=60, check=True, text=True)
            lines = end.stdout.splitlines()
            expect(lines[1].startswith("! 31 unexpected writers, the last at 11:00:31: "), end.stdout)
            expect(lines[2].startswith(columns) and any(line.startswith(words) for line in lines), end.stdout)
            expect("\x1b" not in end.stdout and "\x07" not in end.stdout, "a name goes to the terminal as it is")
        with Tmux(110, 12) as tmux:
            tmux.wait("a prompt", has("$"))
            tmux.keys(f"{shlex.quote(program)} top --url {agent.url}; echo ended with $?", "Enter")
            lines = tmux.wait("an alert above the units", lambda lines: lines[1].startswith("! 31 unexpected writers"))
            expect("a\\x1b[2J" in lines[1] and lines[3].endswith("UNIT"), "\n".join(lines))
            tmux.keys("a")
            tmux.wait("alerts, as many as fit", lambda lines: lines[2].startswith("1-8 of 31") and "file-30" in lines[5])
            tmux.keys("NPage")
            tmux.wait("the next page", lambda lines: lines[2].startswith("9-16 of 31") and "file-23" in lines[4])
            tmux.keys("/")
            tmux.keys("-l", "file-7")
            tmux.wait("the one that was looked for", lambda lines: "1-1 of 1" in lines[2] and "service-7.service" in lines[4])
            tmux.keys("Escape")
            tmux.keys("d")
            tmux.wait("directories", lambda lines: lines[3].startswith("  ALERTS") and "/etc/cron.d" in lines[4])
            agent.alerts = []
            tmux.wait("no alert any more", lambda lines: lines[1].startswith("none") and lines[2].startswith("  ALERTS"))
            tmux.keys("d")
            tmux.wait("units again", lambda lines: lines[2].endswith("UNIT"))
            tmux.keys("q")
            tmux.wait("the end", has("ended with 0"))


def main(program):
    # Whoever starts this may have signals blocked, and a tmux that hears none does not end.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    alarmed(program)
    with Agent(program, "127.0.0.1:0") as agent:
        url = f"http://127.0.0.1:{agent.port}/"
        eventually("a window", lambda: agent.get("/metrics")[0] == 200)
        plain(program, agent, url)
        live(program, url)
        agent.stop()
    print("otagent top draws, alarms, sorts, filters, resizes and ends")


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
