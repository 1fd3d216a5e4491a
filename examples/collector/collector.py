#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A collector to try otagent with: takes its batches by HTTP and stores them in SQLite. See README.md beside it."""

import argparse
import datetime
import hmac
import http.server
import pathlib
import re
import signal
import socket
import sqlite3
import ssl
import sys
import threading
import time

import documents
from documents import Refused
from store import Store

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SIZES = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
RETRY_AFTER = "5"


def say(text):
    print(text, file=sys.stderr, flush=True)


class Request(http.server.BaseHTTPRequestHandler):
    # 1.1, so that a client with a big body is told to go on; every answer closes the connection all the same.
    protocol_version = "HTTP/1.1"
    server_version = "otagent-example-collector"
    timeout = 30
    is_unread = True

    def do_POST(self):
        try:
            self.check_sender()
            batch, is_new = self.store(self.body())
        except Refused as refused:
            return self.answer(refused.status, refused.reason)
        except sqlite3.Error as error:
            # Locked, full or broken: what was sent stays with the agent.
            say(f"error: the database: {error}")
            return self.answer(503, f"the database: {error}", {"Retry-After": RETRY_AFTER})
        self.answer(200, "stored" if is_new else "was stored before")
        self.server.took(batch, is_new)

    def store(self, body):
        headers, server = self.headers, self.server
        # One after the other: a document in memory is several times as big as its bytes.
        with server.work:
            body = documents.unpacked(
                body, headers.get("Content-Encoding", "").strip().lower(), server.options.max_document
            )
            batch = documents.batch(body, headers.get("Content-Type", ""))
            key = headers.get("Idempotency-Key")
            if key is not None and key.strip('"') != batch["batch_id"]:
                raise Refused(400, "Idempotency-Key is not the batch_id")
            return batch, server.store.add(batch)

    def check_sender(self):
        """What can be said before the body is read."""
        options = self.server.options
        if self.path.split("?")[0] != options.path:
            raise Refused(404, f"batches are posted to {options.path}")
        if options.token_file:
            # Read at every request, so a new token needs no restart.
            try:
                token = options.token_file.read_bytes().strip()
            except OSError as error:
                say(f"error: {error}")
                raise Refused(503, "the collector cannot read its token") from None
            given = self.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if not token or not hmac.compare_digest(given, b"Bearer " + token):
                raise Refused(401, "a bearer token is needed, and this is not it")

    def body(self):
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,18}", length) or "Transfer-Encoding" in self.headers:
            raise Refused(411, "a Content-Length is needed")
        if int(length) > self.server.options.max_body:
            raise Refused(413, f"the body has more than {self.server.options.max_body} bytes")
        self.is_unread = False
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Refused(400, "the body ends too early")
        return body

    def answer(self, status, text, headers={}):
        body = (text + "\n").encode("utf-8", "backslashreplace")
        self.close_connection = True
        self.send_response(status)
        for name, value in {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **headers,
        }.items():
            self.send_header(name, value)
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)
        if self.is_unread:
            self.drain()
        if status >= 400 and self.server.options.verbose:
            say(f"{status}: {printable(text)}")

    def drain(self):
        """Reads on for a moment: closing now would reset the connection, and the answer might never be seen."""
        end = time.monotonic() + 2
        self.connection.settimeout(2)
        while time.monotonic() < end and self.rfile.read1(1 << 16):
            pass

    def handle(self):
        try:
            super().handle()
        except OSError as error:
            # The other side went away, or took too long.
            if self.server.options.verbose:
                say(f"connection: {error}")

    def log_message(self, *_):
        pass


class Collector(http.server.ThreadingHTTPServer):
    daemon_threads = True
    MOST = 32

    def __init__(self, options, store):
        self.options, self.store = options, store
        self.left = options.batches
        self.free, self.work = threading.BoundedSemaphore(self.MOST), threading.Lock()
        self.is_stopping = False
        host = options.listen[0]
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__(options.listen, Request)

    def process_request(self, request, address):
        # More at once wait in the kernel, so memory stays bounded.
        while not self.free.acquire(timeout=0.1):
            if self.is_stopping:
                return self.shutdown_request(request)
        try:
            super().process_request(request, address)
        except BaseException:
            self.free.release()
            raise

    def shutdown(self):
        self.is_stopping = True
        super().shutdown()

    def handle_error(self, request, address):
        say(f"connection from {address[0]}: {sys.exc_info()[1]}")

    def process_request_thread(self, request, address):
        try:
            if self.options.tls_cert:
                request.settimeout(Request.timeout)
                request = self.tls.wrap_socket(request, server_side=True)
            super().process_request_thread(request, address)
        except OSError as error:
            # No TLS, or none that both know. Not said twice: what goes wrong later is the request's own affair.
            say(f"connection from {address[0]}: {error}")
            self.shutdown_request(request)
        finally:
            self.free.release()

    def took(self, batch, is_new):
        if self.options.verbose:
            window, again = batch["window"], "" if is_new else " (again)"
            say(
                printable(
                    f"{batch['batch_id']} {batch['host']['name']} {window['end']} {len(batch['units'])} units{again}"
                )
            )
        if is_new and self.left is not None:
            self.left -= 1
            if self.left <= 0:
                threading.Thread(target=self.shutdown).start()


def printable(text):
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quantity(units, example):
    def read(text):
        found = re.fullmatch(r"([0-9]+)([A-Za-z]*)", text)
        if not found or found[2] not in units:
            raise argparse.ArgumentTypeError(f"{text!r} is not {example}")
        return int(found[1]) * units[found[2]]

    return read


def address(text):
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address such as 127.0.0.1:8080")
    return host.strip("[]"), int(port)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--listen",
        type=address,
        default=("127.0.0.1", 8080),
        metavar="ADDRESS:PORT",
        help="127.0.0.1:8080 by default; port 0: a free one",
    )
    parser.add_argument("--path", default="/ingest", help="where batches are posted to (/ingest)")
    parser.add_argument("--db", default="otagent.db", metavar="FILE", help="the database (otagent.db)")
    parser.add_argument(
        "--keep",
        type=quantity(UNITS, "a time such as 7d"),
        metavar="TIME",
        help="delete what is older, such as 12h or 7d; without it everything is kept",
    )
    parser.add_argument(
        "--token-file", type=pathlib.Path, metavar="FILE", help="the bearer token that agents must show"
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate, PEM: serve https")
    parser.add_argument("--tls-key", metavar="FILE", help="its key, if it is not in the same file")
    parser.add_argument(
        "--max-body",
        type=quantity(SIZES, "a size such as 8MiB"),
        default=8 << 20,
        metavar="SIZE",
        help="of a request as it is sent (8MiB)",
    )
    parser.add_argument(
        "--max-document",
        type=quantity(SIZES, "a size such as 32MiB"),
        default=32 << 20,
        metavar="SIZE",
        help="of a request when it is unpacked (32MiB)",
    )
    parser.add_argument("--batches", type=int, metavar="N", help="end after so many new batches")
    parser.add_argument(
        "--verbose", action="store_true", help="a line for each batch and each refusal, on standard error"
    )
    options = parser.parse_args()
    if options.listen[0] not in ("127.0.0.1", "localhost", "::1") and not options.token_file:
        parser.error("beyond this host a --token-file is needed: whoever reaches the port could fill the disk")
    if options.tls_key and not options.tls_cert:
        parser.error("--tls-key needs --tls-cert")
    return options


def main():
    options = arguments()
    try:
        if options.token_file and not options.token_file.read_bytes().strip():
            raise OSError(f"{options.token_file} is empty")
        keep = None if options.keep is None else datetime.timedelta(seconds=options.keep)
        store = Store(options.db, keep)
        server = Collector(options, store)
        if options.tls_cert:
            server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.tls.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, sqlite3.Error) as error:
        say(f"error: {error} (database {options.db}, address {options.listen[0]}:{options.listen[1]})")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        # From a thread of its own: the loop that it stops is the one that a signal interrupts.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    # Whoever started this may have blocked them.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
    host, port = server.server_address[:2]
    scheme = "https" if options.tls_cert else "http"
    say(f"ready: {scheme}://{f'[{host}]' if ':' in host else host}:{port}{options.path}, storing in {options.db}")
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
