# SPDX-License-Identifier: Apache-2.0
"""Every question about a database with known figures, and the answers."""

import contextlib
import datetime
import io
import pathlib
import re
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parent.parent / "examples" / "collector"
sys.path.insert(0, str(EXAMPLE))
sys.dont_write_bytecode = True
import ask  # noqa: E402
from made import batch, row  # noqa: E402
from store import Store  # noqa: E402

NOW = datetime.datetime(2026, 11, 22, 12, 10, tzinfo=datetime.timezone.utc)
FIRST, SECOND = "1" * 32, "2" * 32


def filled(path):
    """Two minutes of one host, one window of another, and windows outside of the hour that is asked about."""
    store = Store(path)
    web, db, job = "web.service", "db.service", "job.service"
    for document in [
        batch(
            sequence=1,
            end="2026-11-22T12:00:10.000Z",
            units=[
                row(
                    web,
                    slice="web.slice",
                    run=FIRST,
                    exe="/usr/sbin/nginx",
                    writes=10,
                    write_bytes=1000,
                    creates=1,
                    opens=4,
                ),
                row(
                    db,
                    slice="web-db.slice",
                    exe="/usr/bin/postgres",
                    writes=4,
                    write_bytes=4000,
                    uring={"writes": 3, "write_bytes": 1000},
                    write_failures=2,
                    write_errors={"ENOSPC": 2},
                ),
            ],
        ),
        batch(
            sequence=2,
            end="2026-11-22T12:00:20.000Z",
            units=[
                row(web, slice="web.slice", run=FIRST, exe="/usr/sbin/nginx", writes=1, write_bytes=10, opens=1),
                row(web, slice="web.slice", run=SECOND, exe="/usr/sbin/nginx", writes=2, write_bytes=20, opens=2),
            ],
        ),
        batch(
            sequence=5,
            end="2026-11-22T12:01:10.000Z",
            loss={"ring_records": 3, "missed_runs": {"write": 2, "open": None}},
            units=[
                row(web, slice="web.slice", run=SECOND, exe="/usr/sbin/nginx", writes=5, write_bytes=50, opens=5),
                row(
                    db,
                    slice="web-db.slice",
                    exe="/usr/bin/postgres",
                    write_failures=3,
                    write_errors={"ENOSPC": 1, "EDQUOT": 2},
                ),
                row(
                    job,
                    slice="webby.slice",
                    exe=None,
                    writes=1,
                    write_bytes=7,
                    open_failures=9,
                    open_errors={"ENOENT": 9},
                ),
            ],
        ),
        # The same operations once more, by slice: no question may count them twice. The loss is the window's own.
        batch(
            sequence=5,
            end="2026-11-22T12:01:10.000Z",
            group_by=["slice"],
            loss={"ring_records": 3, "missed_runs": {"write": 2, "open": None}},
            units=[row(None, slice="-.slice", writes=6, write_bytes=57)],
        ),
        batch(
            instance="j",
            host="web-2",
            end="2026-11-22T12:05:00.000Z",
            gap_before=4.5,
            units=[
                row(
                    job,
                    slice="system.slice",
                    exe="/usr/bin/rsync",
                    writes=1,
                    write_bytes=1,
                    open_failures=1,
                    open_errors={"EACCES": 1},
                )
            ],
        ),
        # The hour before: web-2's job failed as often then.
        batch(
            instance="k",
            host="web-2",
            end="2026-11-22T10:30:00.000Z",
            units=[row(job, open_failures=1, open_errors={"EACCES": 1})],
        ),
        batch(
            instance="l", host="web-1", end="2026-11-22T13:00:00.000Z", units=[row(job, writes=100, write_bytes=10**6)]
        ),
    ]:
        store.add(document)
    return store


class Questions(unittest.TestCase):
    maxDiff = None

    EXPECTED = {
        ("top", None): [
            ("web-1", "db.service", 0, 4, 4000, 0),
            ("web-1", "web.service", 2, 18, 1080, 1),
            ("web-1", "job.service", 0, 1, 7, 0),
            ("web-2", "job.service", 0, 1, 1, 0),
        ],
        ("writers", "web.slice"): [
            ("web-1", "/usr/bin/postgres", "web-db.slice", 0, 4, 4000),
            ("web-1", "/usr/sbin/nginx", "web.slice", 1, 18, 1080),
        ],
        ("failing", None): [("web-1", "job.service", 0, 9, "ENOENT 9")],
        ("uring", None): [("web-1", "db.service", 4, 3, 75.0, 25.0)],
        ("full", None): [("web-1", "db.service", 3, 2, "2026-11-22T12:00:10.000Z", "2026-11-22T12:01:10.000Z")],
        ("gaps", None): [
            ("web-1", "i", None, "missed_runs.write", 2, 5, 5, "2026-11-22T12:01:10.000Z"),
            ("web-1", "i", None, "ring_records", 3, 5, 5, "2026-11-22T12:01:10.000Z"),
            ("web-1", "i", "", "windows", 2, 3, 4, "2026-11-22T12:01:10.000Z"),
            ("web-2", "j", "", "seconds", 4.5, 1, 1, "2026-11-22T12:05:00.000Z"),
        ],
        ("unit", "web.service"): [
            ("2026-11-22T12:00", "web-1", "11111111", 5, 1, 11, 1010),
            ("2026-11-22T12:00", "web-1", "22222222", 2, 0, 2, 20),
            ("2026-11-22T12:01", "web-1", "22222222", 5, 0, 5, 50),
        ],
    }

    def test_every_question_has_the_answer_that_the_figures_give(self):
        self.assertEqual({question for question, _ in self.EXPECTED}, set(ask.questions()))
        with tempfile.TemporaryDirectory(prefix="ot-test-") as folder:
            store = filled(f"{folder}/c.db")
            for (question, name), expected in self.EXPECTED.items():
                with self.subTest(question):
                    _, rows = ask.answer(store.db, ask.questions()[question][0], name, now=NOW)
                    self.assertEqual(rows, expected)
            _, all_writers = ask.answer(store.db, ask.questions()["writers"][0], "-.slice", now=NOW)
            self.assertEqual(len(all_writers), 4)
            store.close()

    def test_the_readme_shows_the_questions_as_they_are(self):
        text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
        shown = re.findall(r"```sql\n(.*?)```", text, re.S)
        self.assertEqual(sorted(shown), sorted(sql for sql, _ in ask.questions().values()))
        for question in ask.questions():
            self.assertRegex(text, rf"\n\$ python3 ask.py {question}\b")

    def test_an_answer_is_a_table_or_lines_of_json_and_hostile_names_are_escaped(self):
        with tempfile.TemporaryDirectory(prefix="ot-test-") as folder:
            store = Store(f"{folder}/c.db")
            store.add(batch(units=[row("\u001b]0;x\u0007\n.service", writes=1, write_bytes=1)]))
            store.close()
            printed = self.run_main("top", "--db", f"{folder}/c.db", "--now", "2026-11-22T12:10:00Z")
            self.assertEqual(printed.splitlines()[1], "web-1  \\x1b]0;x\\x07\\n.service     0       1      1        0")
            printed = self.run_main("top", "--db", f"{folder}/c.db", "--now", "2026-11-22T12:10:00Z", "--json")
            self.assertIn('"unit": "\\u001b]0;x\\u0007\\n.service"', printed)

    def test_asking_makes_no_database(self):
        with tempfile.TemporaryDirectory(prefix="ot-test-") as folder, contextlib.redirect_stderr(
            io.StringIO()
        ) as said:
            self.assertEqual(self.run_main("top", "--db", f"{folder}/none.db", status=1), "")
            self.assertIn("unable to open", said.getvalue())
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def run_main(self, *arguments, status=0):
        before, sys.argv = sys.argv, ["ask.py", *arguments]
        try:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                self.assertEqual(ask.main(), status)
            return printed.getvalue()
        finally:
            sys.argv = before


if __name__ == "__main__":
    unittest.main()
