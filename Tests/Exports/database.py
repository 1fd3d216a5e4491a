#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""database.py FILE FOLDER: asks the SQLite database of a run what made the program in it; ends with 1 if anything is wrong."""

import sqlite3
import sys


def main(file, folder):
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    if (result := database.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
        return f"integrity: {result}"
    if result := database.execute("PRAGMA foreign_key_check").fetchall():
        return f"foreign keys: {result}"
    programs = database.execute(
        """
        SELECT a.value FROM file f JOIN use u ON u.file = f.id JOIN process p ON p.id = u.process
          JOIN argument a ON a.process = p.id AND a.program = 0 AND a.position = 0
        WHERE f.path = ? AND u.acts LIKE '%write%' AND f.class = 'created'
        """,
        (f"{folder}/app",),
    ).fetchall()
    if not any(name.endswith("ld") for (name,) in programs):
        return f"app was written by {programs}"
    names = database.execute(
        "SELECT n.path, n.is_current FROM name n JOIN file f ON f.id = n.file WHERE f.path = ? ORDER BY 2", (f"{folder}/app",)
    ).fetchall()
    if names != [(f"{folder}/app.tmp", 0), (f"{folder}/app", 1)]:
        return f"app was called {names}"
    events, opens = database.execute("SELECT count(*), sum(op = 'open') FROM event").fetchone()
    return None if events > opens > 0 else f"{events} events, {opens} opens"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
