# SPDX-License-Identifier: Apache-2.0
"""How fast a backlog is delivered on loopback: batches are put into a spool as docs/delivery.md has it, and drained.

The collector reads each request and answers 200, nothing else. Timed from the first byte to the last answer. Never a pass
or fail, but for batches that are missing.
"""
import gzip
import json
import os
import socket
import subprocess
import threading
import time
import zlib

import faults

CONFIGURATION = """
[agent]
state_dir = "{folder}/state"
[outputs.collector]
type = "http"
url = "http://127.0.0.1:{port}/"
"""


def backlog(spool, count, units):
    spool.mkdir(parents=True)
    rows = [{"unit": f"bench-{n}.service", "id": os.urandom(8).hex(), "writes": 67890 * n} for n in range(units)]
    body = gzip.compress(json.dumps({"units": rows}).encode(), 6)
    now = int(time.time()) * 1000

    def stamp(at):
        return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at / 1000)) + ".000Z"
    for number in range(1, count + 1):
        header = json.dumps({
            "spool": 1, "id": f"0123456789abcdef-{number}", "sequence": number, "rows": units,
            "window_start": stamp(now - 10_000), "window_end": stamp(now), "content_type": "application/json",
            "encoding": "gzip", "bytes": len(body)}, separators=(",", ":")).encode()[:-1]
        seal = f',"crc32":"{zlib.crc32(body, zlib.crc32(header)):08x}"}}\n'.encode()
        (spool / f"{number:020}-{units}-{now - 10_000}-{now}.otb").write_bytes(header + seal + body)
    return len(body)


def collect(listener, times):
    """One connection after the other: the agent has one at a time."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = b""
        while piece := client.recv(1 << 18):
            times.setdefault("first", time.monotonic())
            data += piece
            while (end := data.find(b"\r\n\r\n")) >= 0:
                head = data[:end].lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                if len(data) < end + 4 + length:
                    break
                data = data[end + 4 + length:]
                client.sendall(answer)
                times["count"] = times.get("count", 0) + 1
                times["last"] = time.monotonic()


def drive(place, options):
    listener = socket.create_server(("127.0.0.1", 0))
    times = {}
    threading.Thread(target=collect, args=(listener, times), daemon=True).start()
    config = place.folder / "agent.toml"
    config.write_text(CONFIGURATION.format(folder=place.folder, port=listener.getsockname()[1]))
    size = backlog(place.folder / "state/spool/collector", options.batches, options.units)
    os.sync()
    start = time.monotonic()
    done = subprocess.run(
        [options.agent, "spool", "drain", "--config", config, "--timeout", "5m"], capture_output=True, text=True)
    whole = time.monotonic() - start
    faults.check(done.returncode == 0 and times.get("count") == options.batches, f"{times} {done.stderr}")
    seconds = times["last"] - times["first"]
    print(f"{options.batches} batches of {options.units} units ({size} bytes packed) in {seconds:.2f} s: "
          f"{options.batches / seconds:.0f} a second; the program as a whole ran for {whole:.2f} s")


if __name__ == "__main__":
    faults.run(drive, faults.arguments(__doc__, batches=(2000, "how many"), units=(20, "rows in each")))
