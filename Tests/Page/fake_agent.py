# SPDX-License-Identifier: Apache-2.0
"""Serves the page as the agent does, with as many made-up units as wanted, ugly ones among them."""

import http.server
import json
import pathlib
import re
import threading

PAGE = pathlib.Path(__file__).resolve().parent.parent.parent / "Sources" / "CPage"
FILES = {
    "/": (["page.html"], "text/html; charset=utf-8"),
    "/page.css": (["page.css"], "text/css; charset=utf-8"),
    # One after the other, as they are embedded.
    "/page.js": (re.findall(r'"(\w+\.js)"', (PAGE / "page.c").read_text(encoding="utf-8")), "text/javascript; charset=utf-8"),
}
# As Sources/Render/Endpoint/ResponseHead.swift has it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
UGLY = [
    "<img src=x onerror=alert(1)>.service",
    "<script>document.title='owned'</script>.service",
    "a\u202eecivres.service",
    "bell\u0007and\u001b[31mred.service",
    '"quotes" & \'apostrophes\'.service',
    "\ufffd\ufffd.service",
    "x" * 240 + ".service",
]
COUNTERS = [
    "opens", "opens_for_write", "path_opens", "open_failures", "creates", "writes", "write_bytes", "write_failures",
    "deletes", "renames", "mkdirs", "mknods", "symlinks", "links", "truncates", "allocates", "syncs", "shared_maps",
    "device_writes",
]  # fmt: skip


def counters(scale):
    values = {name: (len(name) * scale) % 977 for name in COUNTERS}
    values["write_bytes"] = scale * 4099
    values["write_failures"] = scale % 3 // 2
    ring = {"opens": 0, "creates": 0, "writes": values["writes"] // 8, "write_bytes": 0}
    return values | {
        "open_errors": {"ENOENT": 1},
        "write_errors": {"ENOSPC": 1} if values["write_failures"] else {},
        "io_uring": {"inline": ring, "worker": ring, "sqpoll": ring},
        "pseudo": {"opens": 0, "writes": 0, "write_bytes": 0},
    }


def unit(number, window):
    slices = ["system.slice", "system-shop.slice", "user-1000.slice", "machine.slice", "-.slice"]
    name = UGLY[number] if number < len(UGLY) else f"service-{number}.service"
    scale = 0 if number % 5 == 4 else (number * 7919 + window * 31) % 1009
    none = {name: 0 for name in COUNTERS}
    quiet = counters(1) | none | {"open_errors": {}, "write_errors": {}}
    for via in quiet["io_uring"]:
        quiet["io_uring"][via] = {"opens": 0, "creates": 0, "writes": 0, "write_bytes": 0}
    writer = {"exe": f"/usr/sbin/program-{number % 17}", "comm": name[:15], "uid": number % 7, "opens_for_write": 1}
    return {
        "unit": None if number % 50 == 49 else name,
        "user_unit": None,
        "slice": slices[number % len(slices)],
        "container": f"web-{number}" if number % 10 == 9 else None,
        "cgroup": f"/bare/{name}" if number % 50 == 49 else None,
        "since": "2026-11-22T12:00:00.000Z",
        "window": counters(scale) if scale else quiet,
        "total": counters(scale * 100 + 1),
        "recent_write_bytes": [(number * step * 37 + window) % 5003 for step in range(30)],
        "writers": [writer | {"creates": 1, "writes": 3, "write_bytes": 4096}] if scale else [],
    }


def alert(number, **members):
    return {
        "alert": "unexpected_writer",
        "id": f"{number:016x}",
        "rule": "watch[0]",
        "time": f"2026-11-22T11:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "slice": "system.slice",
        "unit": f"service-{number}.service",
        "user_unit": None,
        "container": None,
        "pod": None,
        "cgroup": {"id": 4000 + number, "path": f"/system.slice/service-{number}.service"},
        "exe": "/usr/bin/python3.11",
        "comm": "backup.py",
        "uid": 0,
        "pid": 4242 + number,
        "parents": ["cron", "systemd"],
        "op": "create",
        "via": "syscall",
        "path": f"/etc/cron.d/file-{number}",
        "path_source": "file",
        "root": "host",
    } | members


class FakeAgent:
    """Answers on a free port of 127.0.0.1 until it is closed."""

    def __init__(self, units, token=None, alerts=()):
        self.token, self.alerts, self.dropped, self.window, self.asked = token, list(alerts), 0, 0, []
        agent = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                agent.asked.append(self.path)
                if self.path in FILES:
                    names, kind = FILES[self.path]
                    return self.send(200, kind, b"".join((PAGE / name).read_bytes() for name in names))
                if agent.token and self.headers.get("Authorization") != f"Bearer {agent.token}":
                    return self.send(401, "text/plain", b"a token is needed\n")
                document = agent.document(self.path)
                if document is None:
                    return self.send(404, "text/plain", b"there is no such page\n")
                return self.send(200, "application/json", document.encode())

            def send(self, status, kind, body):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", POLICY)
                self.send_header("X-Content-Type-Options", "nosniff")
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # the page was closed

            def log_message(self, *_):
                pass

        # Made before anybody asks: the page is measured, not this.
        self.made = [json.dumps([unit(number, window) for number in range(units)]) for window in (1, 2)]
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def document(self, path):
        window = {"start": "2026-11-22T12:00:00.000Z", "end": "2026-11-22T12:00:10.000Z", "seconds": 1.0}
        window |= {"gap_before": 0.0, "clock_step": 0.0}
        if path == "/api/v1/units":
            self.window += 1
            return f'{{"window": {json.dumps(window)}, "windows": [], "units": {self.made[self.window % 2]}}}'
        if path == "/api/v1/alerts":
            return json.dumps({"alerts": self.alerts, "dropped": self.dropped, "suppressed": 0, "waiting": 0, "lost_records": 0})
        if path == "/api/v1/status":
            loss = {"ring_records": 0, "detail_overflow": 2, "missed_runs": {"write": 0, "open": None}}
            output = {"name": "collector", "state": "ready", "rows": {"waiting": 3}}
            status = {
                "agent": {"version": "0", "backend": "tracepoint", "started": "2026-11-22T11:00:00.000Z"},
                "host": {"name": "web-1 <b>", "kernel": "6.18"},
                "last": {"loss": loss, "coverage": {"not_seen": ["mmap stores"]}, "self": {"outputs": [output]}},
                "totals": {"loss": loss},
            }
            return json.dumps(status)
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
