# SPDX-License-Identifier: Apache-2.0
"""life.py AGENT: the endpoint's address from start to end: taken, moved, turned off and on, given back."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time

from agent import Agent, eventually, expect


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def taken_port(program):
    with socket.create_server(("127.0.0.1", 0)) as other:
        with Agent(program, f"127.0.0.1:{other.getsockname()[1]}", ready=False) as agent:
            code = agent.process.wait(30)
            expect(code == 1, f"ended with {code} at a taken port: {agent.text()}")
            expect("Address already in use" in agent.text(), agent.text())
            expect("programs attached" not in agent.text(), "the programs were loaded for nothing")
            probe = subprocess.run([program, "check", "--config", agent.config, "--probe"], capture_output=True, timeout=60)
            expect(probe.returncode == 78 and b"Address already in use" in probe.stderr, f"{probe}")
    print("a taken port ends the start with 1, and check --probe says so")


def moves(agent):
    first = agent.port
    with socket.create_server(("127.0.0.1", 0)) as other:
        agent.configure(f"127.0.0.1:{other.getsockname()[1]}")
        said = agent.reload()
        expect("not reloaded" in said and "Address already in use" in said, said)
        expect(agent.get("/healthz")[0] == 200, "the old address does not answer any more")
    path = f"{agent.folder}/run/http.sock"
    agent.configure(f"unix:{path}")
    expect("not reloaded" not in agent.reload(), agent.text())
    expect(agent.get("/healthz", unix=path)[0] == 200, "nobody answers at the socket")
    eventually("the old port is given back", lambda: refused(first))
    mode = os.stat(path)
    expect(stat.S_ISSOCK(mode.st_mode) and not mode.st_mode & 0o7, oct(mode.st_mode))
    agent.configure("")
    expect("not reloaded" not in agent.reload(), agent.text())
    eventually("the socket file is gone", lambda: not os.path.exists(path))
    agent.configure("127.0.0.1:0", 'expire_after = "1m"')
    expect("not reloaded" not in agent.reload(), agent.text())
    eventually("the endpoint is back, with a window", lambda: agent.get("/metrics")[0] == 200)
    print("reloads move the address, keep it when the new one is taken, and turn it off and on")


def keeps_descriptors(agent):
    def round_of_everything():
        for _ in range(10):
            agent.get("/metrics")
            agent.get("/")
        slow = socket.create_connection(("127.0.0.1", agent.port))
        slow.sendall(b"GET / HT")
        agent.configure(f"unix:{agent.folder}/run/http.sock")
        agent.reload()
        agent.get("/healthz", unix=f"{agent.folder}/run/http.sock")
        agent.configure("127.0.0.1:0")
        agent.reload()
        agent.get("/healthz")
        slow.close()

    round_of_everything()
    before = agent.descriptors()
    for _ in range(20):
        round_of_everything()
    eventually(f"{before} descriptors as before, not {agent.descriptors()}", lambda: agent.descriptors() <= before + 1, 20)
    print(f"{before} descriptors before and {agent.descriptors()} after 40 moves with clients")


def ends(agent):
    port = agent.port
    stalled = socket.create_connection(("127.0.0.1", port))
    stalled.sendall(b"GET /metrics HTTP/1.1\r\n")
    start = time.monotonic()
    agent.process.send_signal(signal.SIGTERM)
    eventually("the port is given back", lambda: refused(port), 30)
    gone = time.monotonic() - start
    expect(agent.process.wait(60) == 0, agent.text())
    stalled.close()
    print(f"SIGTERM: the port is free after {gone * 1000:.0f} ms, the agent gone after {time.monotonic() - start:.1f} s")


def main(program):
    taken_port(program)
    with Agent(program, "127.0.0.1:0") as agent:
        moves(agent)
        keeps_descriptors(agent)
        ends(agent)


if __name__ == "__main__":
    main(sys.argv[1])
