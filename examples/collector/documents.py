# SPDX-License-Identifier: Apache-2.0
"""Reads the body of a request as a batch: bounded, and with a reason for everything that is not one."""

import json
import re
import zlib

SCHEMA = "otagent.batch/1"
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
# What an INTEGER of SQLite holds.
LARGEST = (1 << 63) - 1

COUNTERS = (
    "opens opens_for_write path_opens open_failures creates writes write_bytes write_failures deletes renames mkdirs"
    " mknods symlinks links truncates allocates syncs shared_maps device_writes"
).split()
WRITER_COUNTERS = "opens_for_write creates writes write_bytes".split()
VIA_COUNTERS = "opens creates writes write_bytes".split()


class Refused(Exception):
    """A request that is answered with this status, and with the reason as a line of text."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status
        self.reason = reason


def unpacked(body, encoding, most):
    """The body without its Content-Encoding, of `most` bytes at the most: a small body may unpack to a huge one."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise Refused(415, f"Content-Encoding {encoding!r}: this collector takes gzip, or none")
    out, rest = bytearray(), body
    # A gzip file may have several members, one after the other.
    while rest:
        stream = zlib.decompressobj(wbits=31)
        try:
            out += stream.decompress(rest, most + 1 - len(out))
        except zlib.error as error:
            raise Refused(400, f"the body is not gzip: {error}") from None
        if len(out) > most:
            raise Refused(413, f"the body unpacks to more than {most} bytes")
        if not stream.eof:
            raise Refused(400, "the gzip data end too early")
        rest = stream.unused_data
    return bytes(out)


def batch(body, content_type):
    """The batch in a body, as one document whichever the format was."""
    kind = content_type.split(";")[0].strip().lower()
    if kind == "application/json":
        document = parsed(body, "the body")
    elif kind == "application/x-ndjson":
        document = joined(body)
    else:
        raise Refused(415, f"Content-Type {kind!r}: this collector takes application/json and application/x-ndjson")
    check(document)
    return document


def parsed(text, what):
    try:
        document = json.loads(text.decode("utf-8"), parse_constant=no_number)
        # Half of a surrogate pair, escaped, is JSON but no text; 1e999 is JSON but no number here.
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"{what} is not JSON in UTF-8: {error}") from None
    if not isinstance(document, dict):
        raise Refused(400, f"{what} is not a JSON object")
    return document


def no_number(name):
    raise ValueError(f"{name} is no number of JSON")


def joined(body):
    """The lines of a batch put together to what `json` would have sent."""
    lines = [parsed(line, f"line {n}") for n, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if not lines or lines[0].get("type") != "batch":
        raise Refused(400, "the first line is not of type batch")
    document = lines[0] | {"units": [], "alerts": []}
    del document["type"]
    for number, line in enumerate(lines[1:], 2):
        if line.get("batch_id") != document.get("batch_id"):
            raise Refused(400, f"line {number} belongs to another batch")
        if line.get("type") == "unit":
            apart = ("type", "batch_id", "sequence", "host", "window")
            document["units"].append({name: value for name, value in line.items() if name not in apart})
        elif line.get("type") == "alert":
            apart = ("type", "batch_id", "sequence", "host")
            document["alerts"].append({name: value for name, value in line.items() if name not in apart})
        else:
            raise Refused(400, f"line {number} is neither of type unit nor of type alert")
    return document


def check(document):
    """Refuses what the tables could not hold or would hold wrongly. Members it does not know it leaves alone."""
    if document.get("schema") != SCHEMA:
        raise Refused(400, f"schema is {document.get('schema')!r}, not {SCHEMA!r}")
    text(document, "batch_id")
    integer(document, "sequence")
    if not document["batch_id"]:
        raise Refused(400, "batch_id is empty")
    part = document.get("part")
    if not isinstance(part, list) or len(part) != 2 or not all(whole(n) for n in part) or not 1 <= part[0] <= part[1]:
        raise Refused(400, "part is not [k, n]")
    keys = document.get("group_by")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise Refused(400, "group_by is not a list of words")
    for name in ("agent", "host", "window", "coverage", "loss", "totals", "self"):
        table(document, name)
    text(document["agent"], "instance", "agent.instance")
    text(document["host"], "name", "host.name")
    for name in ("start", "end"):
        if not TIME.fullmatch(text(document["window"], name, f"window.{name}")):
            raise Refused(400, f"window.{name} is not a time such as 2026-11-22T12:00:00.000Z")
    for name in ("seconds", "gap_before", "clock_step"):
        number(document["window"], name, f"window.{name}")
    losses = dict(document["loss"])
    for name, count in table(losses, "missed_runs", "loss.missed_runs").items():
        counter(losses["missed_runs"], name, f"loss.missed_runs.{name}")
    for name in losses.keys() - {"missed_runs"}:
        counter(losses, name, f"loss.{name}")
    for name in COUNTERS:
        counter(document["totals"], name, f"totals.{name}")
    for index, row in enumerate(rows(document, "units")):
        check_row(row, f"units[{index}]")
    for index, alert in enumerate(rows(document, "alerts")):
        for name in ("alert", "id", "rule", "time"):
            text(alert, name, f"alerts[{index}].{name}")


def check_row(row, where):
    text(row, "kind", f"{where}.kind")
    for name in ("unit", "unit_series", "slice", "user_unit", "user_slice", "invocation_id"):
        if row.get(name) is not None:
            text(row, name, f"{where}.{name}")
    for name in COUNTERS:
        counter(row, name, f"{where}.{name}")
    for name in ("container", "pod", "cgroup"):
        if row.get(name) is not None:
            table(row, name, f"{where}.{name}")
    if row["cgroup"] is not None:
        counter(row["cgroup"], "id", f"{where}.cgroup.id")
    for name in ("open_errors", "write_errors"):
        if row.get(name) is not None:
            for error in table(row, name, f"{where}.{name}"):
                counter(row[name], error, f"{where}.{name}.{error}")
    rings = table(row, "io_uring", f"{where}.io_uring")
    for via in ("inline", "worker", "sqpoll"):
        for name in VIA_COUNTERS:
            counter(table(rings, via, f"{where}.io_uring.{via}"), name, f"{where}.io_uring.{via}.{name}")
    for index, writer in enumerate(rows(row, "writers", f"{where}.writers")):
        text(writer, "comm", f"{where}.writers[{index}].comm")
        for name in WRITER_COUNTERS:
            counter(writer, name, f"{where}.writers[{index}].{name}")


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def member(table, name, where, kind, what):
    value = table.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Refused(400, f"{where or name} is not {what}" if name in table else f"{where or name} is missing")
    return value


def text(of, name, where=None):
    return member(of, name, where, str, "a string")


def table(of, name, where=None):
    return member(of, name, where, dict, "an object")


def number(of, name, where=None):
    return member(of, name, where, (int, float), "a number")


def integer(of, name, where=None):
    if not whole(member(of, name, where, int, "an integer")):
        raise Refused(400, f"{where or name} is not from 0 to {LARGEST}")


def counter(of, name, where):
    """Null is a value: nothing feeds this counter on that host. Absent is a mistake."""
    if name not in of or of[name] is not None:
        integer(of, name, where)


def rows(of, name, where=None):
    value = member(of, name, where, list, "a list")
    if not all(isinstance(row, dict) for row in value):
        raise Refused(400, f"{where or name} has something else than objects in it")
    return value
