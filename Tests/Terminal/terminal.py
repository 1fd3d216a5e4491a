#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a program on a terminal of its own, and types when it says something.

  terminal.py [--on WORD KEYS]... -- PROGRAM ARGUMENT...

KEYS may have escapes, such as \\x03 for Ctrl-C. Prints all that was on the terminal, and on standard error the program's
number. Ends as the program did: with its status, or with 128 and the number of the signal. A program that takes more than
a minute is killed: that is 99.
"""

import os
import pty
import select
import signal
import sys
import time

PATIENCE = 60


def main():
    words = sys.argv[1:]
    steps = []
    while words and words[0] == "--on":
        steps.append((words[1].encode(), words[2].encode().decode("unicode_escape").encode("latin-1")))
        words = words[3:]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(words[1], words[1:])
    print(f"process {pid}", file=sys.stderr)
    said = b""
    seen = 0
    deadline = time.monotonic() + PATIENCE
    while True:
        if steps and (place := said.find(steps[0][0], seen)) >= 0:
            seen = place + len(steps[0][0])
            os.write(terminal, steps.pop(0)[1])
            continue
        if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            sys.stdout.write(said.decode(errors="replace"))
            sys.exit(99)
        try:
            more = os.read(terminal, 65536)
        except OSError:
            break
        if not more:
            break
        said += more
    status = os.waitpid(pid, 0)[1]
    sys.stdout.write(said.decode(errors="replace").replace("\r\n", "\n"))
    if steps:
        print(f"never said {steps[0][0].decode()}")
    sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))


if __name__ == "__main__":
    main()
