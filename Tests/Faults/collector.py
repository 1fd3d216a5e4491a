# SPDX-License-Identifier: Apache-2.0
"""A collector that does what it is told: collector.py RECORD [--seed N]

A line for each request is in RECORD before its answer goes out. On standard output: the port, then a line for each order
that was followed.
On standard input: an order a line. The end of standard input ends it.

    mode 200 | 503 ...          that status
    mode after:2 | date:2       429 with Retry-After, in seconds or as a date
    mode hang | trickle | reset
    mode big:200 | big:503      with 5 MiB of body
    mode rows:1                 413 for more rows than that
    mode plain                  415 for packed bodies
    mode token:TEXT             401 without this bearer token, or the password of the same text
    mode redirect:URL
    mode partial:1              200, as OTLP says that so many points were not wanted
    mode storm                  one of the above by chance each time, every other time 200
    down | up                   connections are refused
"""
import asyncio
import base64
import email.utils
import gzip
import hashlib
import json
import os
import random
import socket
import struct
import sys
import time

STORM = ["503", "hang", "reset", "after:0", "500"]


class Collector:
    def __init__(self, record, seed):
        self.record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.chance = random.Random(seed)
        self.mode = "200"
        self.port = 0
        self.server = None
        self.open = set()

    async def up(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=1 << 26, reuse_address=True)
        self.port = self.server.sockets[0].getsockname()[1]

    async def down(self):
        self.server.close()
        # Not by a reset, which would take answers with it that are on their way.
        for writer in self.open:
            writer.close()

    async def serve(self, reader, writer):
        self.open.add(writer)
        try:
            while await self.answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open.discard(writer)
            writer.close()

    async def answer(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {n.lower(): v.strip() for n, v in (line.split(":", 1) for line in head[1:] if line)}
        if headers.get("expect"):
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        mode = self.mode
        if mode == "storm":
            mode = self.chance.choice(STORM) if self.chance.random() < 0.5 else "200"
        packed = headers.get("content-encoding") == "gzip"
        plain = gzip.decompress(body) if packed else body
        document = json.loads(plain)
        status, more, content = self.status(mode, document, packed, headers)
        # From here to the answer nothing else runs: what is written down as taken is told to be.
        if writer.is_closing():
            return False
        line = {
            "key": headers.get("idempotency-key"), "path": head[0].split()[1], "mode": mode, "status": status,
            "taken": 200 <= status < 300, "sha": hashlib.sha256(body).hexdigest(), "packed": packed,
            "plain": plain.decode(), "auth": headers.get("authorization"),
        }
        data = (json.dumps(line) + "\n").encode()
        while data:
            data = data[os.write(self.record, data):]
        if mode == "hang":
            await reader.read()
            return False
        if mode == "reset":
            self.reset(writer)
            return False
        if mode == "trickle":
            # Headers that never end: a final status whose headers have come counts, whatever its body does.
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nX-Slow: ")
            while not reader.at_eof() and not writer.is_closing():
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
            return False
        writer.write(f"HTTP/1.1 {status} So\r\nContent-Length: {len(content)}\r\n{more}\r\n".encode() + content)
        await writer.drain()
        return True

    def status(self, mode, document, packed, headers):
        """The status, further headers and the body of the answer; 0 when there is none."""
        word, _, value = mode.partition(":")
        # Whatever proves the sender is quoted, as some servers do.
        quoted = f"no: {headers.get('authorization')}".encode()
        if word in ("hang", "reset", "trickle"):
            return 0, "", b""
        if word == "after":
            return 429, f"Retry-After: {value}\r\n", quoted
        if word == "date":
            return 429, f"Retry-After: {email.utils.formatdate(time.time() + int(value), usegmt=True)}\r\n", quoted
        if word == "big":
            return int(value), "", quoted * (1 + (5 << 20) // len(quoted))
        if word == "rows":
            return 413 if len(document["units"]) > int(value) else 200, "", b""
        if word == "plain":
            return 415 if packed else 200, "", b""
        if word == "token":
            kind, _, proof = (headers.get("authorization") or " ").partition(" ")
            right = proof == value if kind == "Bearer" else base64.b64decode(proof).decode().endswith(":" + value)
            return 200 if right else 401, 'WWW-Authenticate: Bearer realm="x"\r\n', quoted
        if word == "redirect":
            return 307, f"Location: {value}\r\n", b""
        if word == "partial":
            answer = json.dumps({"partialSuccess": {"rejectedDataPoints": value, "errorMessage": quoted.decode()}})
            return 200, "Content-Type: application/json\r\n", answer.encode()
        return int(word), "", quoted if int(word) >= 300 else b""

    @staticmethod
    def reset(writer):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


async def main(record, seed):
    collector = Collector(record, seed)
    await collector.up()
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(collector.port, flush=True)
    while order := (await orders.readline()).decode().split():
        if order[0] == "mode":
            collector.mode = order[1]
        elif order[0] == "up":
            await collector.up()
        else:
            await collector.down()
        print("done", flush=True)
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[3]) if len(sys.argv) > 3 else 0))
