#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A collector to try the agent with: prints a line for each batch, and knows a repeated one by its key.

usage: collector.py [PORT] [BATCHES]    8080 by default; ends after so many batches when that is given
"""
import gzip
import http.server
import json
import sys
import threading

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
wanted = int(sys.argv[2]) if len(sys.argv) > 2 else None
seen = set()


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        batch, key = json.loads(body), self.headers["Idempotency-Key"]
        again = "(again)" if key in seen else ""
        print(key, batch["window"]["end"], len(batch["units"]), "units", again, flush=True)
        seen.add(key)
        self.send_response(204)
        self.end_headers()
        if wanted is not None and len(seen) >= wanted:
            threading.Thread(target=self.server.shutdown).start()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Collector).serve_forever()
