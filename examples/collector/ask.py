#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks what collector.py has stored. The questions are files in questions/: one of your own put there can be asked, too."""

import argparse
import datetime
import json
import pathlib
import sqlite3
import sys
import urllib.parse

from collector import UNITS, printable, quantity
from store import stamp

QUESTIONS = pathlib.Path(__file__).with_name("questions")


def questions():
    """Name to (SQL, what its first line says of it)."""
    found = {}
    for path in sorted(QUESTIONS.glob("*.sql")):
        sql = path.read_text(encoding="utf-8")
        found[path.stem] = (sql, sql.split("\n", 1)[0].removeprefix("-- "))
    return found


def moment(text):
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-11-22T12:00:00Z") from None


def answer(db, sql, name=None, since=3600, now=None, limit=20):
    """The column names and the rows."""
    now = now or datetime.datetime.now(datetime.timezone.utc)
    length = datetime.timedelta(seconds=since)
    times = {"before": stamp(now - 2 * length), "from": stamp(now - length), "to": stamp(now)}
    found = db.execute(sql, times | {"name": name, "limit": limit})
    return [column[0] for column in found.description], found.fetchall()


def table(columns, rows):
    # Names on a host may be anything: nothing of them may reach the terminal as a control character.
    cells = [columns] + [["-" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    numeric = [
        bool(rows) and all(isinstance(row[n], (int, float, type(None))) for row in rows) for n in range(len(columns))
    ]
    for line in cells:
        padded = [cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(line, widths, numeric)]
        yield "  ".join(padded).rstrip()


def main():
    known = questions()
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="questions:\n" + "\n".join(f"  {about}" for _, about in known.values()),
    )
    parser.add_argument("question", choices=known, metavar="QUESTION")
    parser.add_argument("name", nargs="?", metavar="NAME", help="of the unit or slice, for the questions that take one")
    parser.add_argument("--db", default="otagent.db", metavar="FILE", help="the database (otagent.db)")
    parser.add_argument(
        "--since",
        type=quantity(UNITS, "a time such as 90m"),
        default=3600,
        metavar="TIME",
        help="how far to look back: 10m, 7d (1h)",
    )
    parser.add_argument("--now", type=moment, metavar="TIME", help="look back from then, not from now")
    parser.add_argument("--limit", type=int, default=20, metavar="N", help="lines at the most (20)")
    parser.add_argument("--json", action="store_true", help="an object for each line")
    options = parser.parse_args()
    sql, about = known[options.question]
    if (":name" in sql) != (options.name is not None):
        parser.error(f"it is asked like this: {about.split(':')[0]}")
    try:
        path = urllib.parse.quote(str(pathlib.Path(options.db).absolute()))
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        columns, rows = answer(db, sql, options.name, options.since, options.now, options.limit)
    except (sqlite3.Error, OverflowError) as error:
        print(f"error: {options.db}: {error}", file=sys.stderr)
        return 1
    if options.json:
        for row in rows:
            print(json.dumps(dict(zip(columns, row))))
    else:
        print("\n".join(table(columns, rows)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
