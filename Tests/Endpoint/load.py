# SPDX-License-Identifier: Apache-2.0
"""load.py AGENT [SECONDS]: windows end when they should, while many scrape and some never finish."""

import socket
import sys
import threading
import time

from agent import Agent, expect


def scrape(agent, until, counted):
    path = "/metrics"
    while time.monotonic() < until:
        start = time.monotonic()
        status, _, _ = agent.get(path)
        expect(status in (200, 503), f"{path}: {status}")
        counted.append(time.monotonic() - start)
        path = "/api/v1/units" if path == "/metrics" else "/metrics"
        time.sleep(max(0, 0.1 - (time.monotonic() - start)))


def late(batches):
    """By how many seconds windows ended after a boundary."""
    return sorted(float(batch["window"]["end"][17:-1]) % 1 for batch in batches)


def shown(times):
    return f"{times[len(times) // 2] * 1000:.0f} ms in the median and {times[-1] * 1000:.0f} ms at most"


def main(program, seconds):
    with Agent(program, "127.0.0.1:0") as agent:
        time.sleep(seconds)  # the same without anybody
        quiet = int(time.time()) + 1
        stalled = socket.socket()
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stalled.connect(("127.0.0.1", agent.port))
        stalled.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        slow = socket.create_connection(("127.0.0.1", agent.port))
        slow.sendall(b"GET ")
        until, counted = time.monotonic() + seconds, []
        threads = [threading.Thread(target=scrape, args=(agent, until, counted)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        batches = agent.stop()
        stalled.close()
        slow.close()
    sequences = [batch["sequence"] for batch in batches]
    expect(sequences == list(range(1, len(batches) + 1)), f"windows are missing: {sequences}")
    border = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(quiet))
    whole = batches[1:-1]  # the first is cut, and the last one was closed by the signal
    alone = late([batch for batch in whole if batch["window"]["end"] <= border])
    busy = late([batch for batch in whole if batch["window"]["end"] > border])
    expect(len(alone) > 1 and len(busy) > 1, f"too few windows: {[batch['window'] for batch in batches]}, {border}")
    counted.sort()
    print(
        f"{len(counted) / seconds:.0f} scrapes a second, the median answered after {counted[len(counted) // 2] * 1000:.1f} ms; "
        f"{len(alone)} windows before were late by {shown(alone)}, {len(busy)} meanwhile by {shown(busy)}"
    )
    # Other programs on the machine may make any window late: the endpoint would make most of them late.
    expect(busy[len(busy) // 2] < 0.05, f"most windows were late: {busy}")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 8)
