# SPDX-License-Identifier: Apache-2.0
"""The rules and dashboards of the examples: each metric and label is one the agent has, and promtool takes all of it."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from queries import ROOT, Wrong, asked, catalogue

RULES = sorted((ROOT / "examples" / "prometheus").glob("*.rules.yml"))
TESTS = sorted(pathlib.Path(__file__).resolve().parent.glob("*.test.yml"))
BOARDS = sorted((ROOT / "examples" / "grafana").glob("*.json"))
VARIABLES = {"$job": "otagent", "$instance": ".*", "$slice": ".*", "$unit": ".*", "$__rate_interval": "5m", "$__range": "3h"}


def promtool(*arguments):
    unpacked = ROOT / ".build" / "prometheus" / "promtool"
    tool = os.environ.get("OT_PROMTOOL") or (unpacked if unpacked.exists() else shutil.which("promtool"))
    if not tool:
        raise AssertionError("promtool is missing: Tests/Prometheus/tools .build/prometheus")
    end = subprocess.run([tool, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    return end.returncode, end.stdout


def rules(path):
    """Name, kind, expression and the rest of each rule; the files are plain enough to be read by lines."""
    for text in re.split(r"^      - ", path.read_text(encoding="utf-8"), flags=re.M)[1:]:
        kind, name = re.match(r"(record|alert): (\S+)\n", text).groups()
        block = re.search(r"^        expr: \|\n((?:          .*\n)+)", text, re.M)
        query = block.group(1) if block else re.search(r"^        expr: (.+)\n", text, re.M).group(1)
        yield name, kind, query, text


def known():
    """The catalogue, with what the recording rules make of it."""
    names = catalogue()
    for path in RULES:
        for name, kind, query, _ in rules(path):
            if kind == "record":
                names[name] = asked(query, names)[1]
    return names


def panels(path):
    return json.loads(path.read_text(encoding="utf-8"))["panels"]


def targets():
    for path in BOARDS:
        for panel in panels(path):
            for target in panel.get("targets", []):
                yield f"{path.name}: {panel['title']}", target


def filled(query):
    for variable in sorted(VARIABLES, key=len, reverse=True):
        query = query.replace(variable, VARIABLES[variable])
    return query


class Queries(unittest.TestCase):
    def test_a_query_for_what_there_is_not_is_refused(self):
        names = catalogue()
        self.assertGreater(len(names), 60)
        for query in (
            "otagent_unit_reads_total", "rate(otagent_unit_writes[5m])", 'otagent_windows_total{unit="a"}',
            "sum by (output) (otagent_unit_writes_total)", "sum by (colour) (otagent_unit_writes_total)", "vector(1)",
            'otagent_unit_writes_total{unit="a"', "otagent_unit_writes_total # and more",
        ):  # fmt: skip
            with self.assertRaises(Wrong, msg=query):
                asked(query, names)
        metrics, labels = asked('sum by (unit) (rate(otagent_unit_writes_total{slice=~"a{b}"}[5m])) > 1e3', names)
        self.assertEqual((list(metrics), labels), (["otagent_unit_writes_total"], {"unit"}))


class Rules(unittest.TestCase):
    def test_every_rule_asks_for_what_the_agent_has(self):
        names, count = known(), 0
        for path in RULES:
            for name, _, query, text in rules(path):
                with self.subTest(name):
                    labels = asked(query, names)[1]
                    self.assertLessEqual(set(re.findall(r"\$labels\.(\w+)", text)), labels)
                    count += 1
        self.assertGreater(count, 20)

    def test_promtool_takes_them_and_their_tests_pass(self):
        for arguments in (["check", "rules", *RULES], ["test", "rules", *TESTS]):
            status, said = promtool(*arguments)
            self.assertEqual(status, 0, said)
            self.assertIn("SUCCESS", said)

    def test_every_rule_is_in_a_test(self):
        tests = "".join(path.read_text(encoding="utf-8") for path in TESTS)
        for path in RULES:
            for name, _, _, _ in rules(path):
                self.assertTrue(re.search(rf'["\s]{re.escape(name)}["\s{{]', tests), f"{path.name}: {name}")


class Dashboards(unittest.TestCase):
    def test_every_query_asks_for_what_the_agent_has(self):
        names, count = catalogue(), 0
        for place, target in targets():
            with self.subTest(f"{place} {target['refId']}"):
                labels = asked(filled(target["expr"]), names)[1]
                self.assertNotIn("$", filled(target["expr"]))
                self.assertLessEqual(set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])), labels)
                count += 1
        self.assertGreater(count, 50)

    def test_every_variable_asks_for_what_the_agent_has(self):
        names = catalogue()
        for path in BOARDS:
            variables = json.loads(path.read_text(encoding="utf-8"))["templating"]["list"]
            self.assertEqual([variable["name"] for variable in variables][:3], ["datasource", "job", "instance"])
            self.assertEqual(variables[0]["type"], "datasource")
            for variable in variables[1:]:
                match = re.fullmatch(r"label_values\((.*), (\w+)\)", filled(variable["query"]["query"]))
                with self.subTest(f"{path.name}: {variable['name']}"):
                    self.assertIn(match.group(2), asked(match.group(1), names)[1])
            # Those that are used are there.
            used = set(re.findall(r"\$(\w+)", json.dumps(panels(path)))) - {"__rate_interval", "__range"}
            self.assertLessEqual(used, {variable["name"] for variable in variables}, path.name)

    def test_promtool_takes_every_query(self):
        text = "groups:\n  - name: all\n    rules:\n"
        for number, (_, target) in enumerate(targets()):
            text += f"      - record: query:{number}\n        expr: {json.dumps(filled(target['expr']))}\n"
        with tempfile.NamedTemporaryFile("w", prefix="ot-test-", suffix=".yml") as file:
            file.write(text)
            file.flush()
            status, said = promtool("check", "rules", file.name)
        self.assertEqual(status, 0, said)

    def test_they_can_be_imported(self):
        self.assertEqual([path.stem for path in BOARDS], ["otagent-agent", "otagent-services", "otagent-slices", "otagent-writers"])
        for path in BOARDS:
            with self.subTest(path.name):
                board = json.loads(path.read_text(encoding="utf-8"))
                self.assertEqual((board["uid"], board["schemaVersion"], board["__inputs"]), (path.stem, 42, []))
                self.assertNotIn("id", board)
                ids = [panel["id"] for panel in board["panels"]]
                self.assertEqual(len(set(ids)), len(ids))
                taken = set()
                for panel in board["panels"]:
                    place = panel["gridPos"]
                    cells = {
                        (x, y)
                        for x in range(place["x"], place["x"] + place["w"])
                        for y in range(place["y"], place["y"] + place["h"])
                    }
                    self.assertFalse(cells & taken, panel["title"])
                    self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
                    taken |= cells
                    for holder in [panel, *panel.get("targets", [])] if panel["type"] not in ("row", "text") else []:
                        self.assertEqual(holder["datasource"], {"type": "prometheus", "uid": "${datasource}"}, panel["title"])

    def test_columns_of_tables_are_called_what_their_units_are_for(self):
        for path in BOARDS:
            for panel in panels(path):
                if panel["type"] == "table":
                    organized = [t["options"] for t in panel["transformations"] if t["id"] == "organize"]
                    names = list(organized[0]["renameByName"].values())
                    self.assertEqual(names, [o["matcher"]["options"] for o in panel["fieldConfig"]["overrides"]], panel["title"])
                    self.assertEqual(len(panel["targets"]), len(names), panel["title"])


if __name__ == "__main__":
    unittest.main()
