# SPDX-License-Identifier: Apache-2.0
"""The recipes: every configuration parses, by its engine where that is installed; the README tells about each."""

import pathlib
import re
import shutil
import subprocess
import tomllib
import unittest

RECIPES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples" / "recipes"
FOLDERS = sorted(path.name for path in RECIPES.iterdir() if path.is_dir())

# What each engine says of a configuration, on a machine that has the engine; {} is the file.
CHECKS = {
    "clickhouse/schema.sql": ["clickhouse-format", "--multiquery", "--quiet", "--queries-file", "{}"],
    "fluent-bit/fluent-bit.yaml": ["fluent-bit", "--dry-run", "-c", "{}"],
    "opentelemetry-collector/config.yaml": ["otelcol", "validate", "--config", "{}"],
    "prometheus/prometheus.yml": ["promtool", "check", "config", "{}"],
    "telegraf/telegraf.conf": ["telegraf", "config", "check", "--config", "{}"],
    "vector/vector.yaml": ["vector", "validate", "--no-environment", "{}"],
    "victoria-metrics/scrape.yml": [
        "vmagent",
        "-dryRun",
        "-promscrape.config={}",
        "-remoteWrite.url=http://127.0.0.1:1/",
    ],
}


def yaml_problems(text):
    """What is wrong with the plain YAML that the recipes keep to: indents of two, maps, lists and lists in one line."""
    indents = [0]
    for number, line in enumerate(text.splitlines(), 1):
        content = line.split(" #")[0].rstrip()
        if not content or content.lstrip().startswith("#"):
            continue
        indent = len(content) - len(content.lstrip())
        item = content.lstrip()
        if "\t" in line or indent % 2 or indent > indents[-1] + 2:
            yield f"line {number}: indented by {indent}"
        while indents[-1] > indent:
            indents.pop()
        if item.startswith("- "):
            indent, item = indent + 2, item[2:]
        if not re.fullmatch(
            r"""[\w.]+:( ("[^"]*"|\[[^\[\]]*\]|[^\s"'\[\]{}&*!|>%@`][^"\[\]{}]*|\.type == "unit"))?""", item
        ):
            yield f"line {number}: {item}"
        if indent > indents[-1]:
            indents.append(indent)


class Recipes(unittest.TestCase):
    def test_every_configuration_parses(self):
        for path in sorted(RECIPES.rglob("*")):
            with self.subTest(path.relative_to(RECIPES)):
                if path.suffix == ".toml" or path.name == "telegraf.conf":
                    tomllib.loads(path.read_text(encoding="utf-8"))
                elif path.suffix in (".yaml", ".yml"):
                    self.assertEqual(list(yaml_problems(path.read_text(encoding="utf-8"))), [])
                elif path.suffix == ".sql":
                    statements = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
                    self.assertEqual(statements.count("("), statements.count(")"))
                    self.assertEqual(statements.count("'") % 2, 0)
                    self.assertTrue(statements.rstrip().endswith(";"))
                elif path.is_file():
                    self.assertIn(path.name, ("README.md", "parsers.conf"))

    def test_the_check_of_yaml_sees_mistakes(self):
        for text in ("a:\n   b: 1", "a\n", "a:\n      b: 1\n", "a: [1\n", "a: {b: 1\n", 'a: "b\n', "\ta: 1\n"):
            self.assertNotEqual(list(yaml_problems(text)), [], text)

    def test_every_engine_that_is_here_takes_its_configuration(self):
        for file, command in CHECKS.items():
            self.assertTrue((RECIPES / file).is_file(), file)
            if shutil.which(command[0]):
                with self.subTest(file):
                    command = [argument.replace("{}", str(RECIPES / file)) for argument in command]
                    end = subprocess.run(
                        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
                    )
                    self.assertEqual(end.returncode, 0, end.stdout)

    def test_every_folder_has_a_configuration_of_the_agent_and_a_check(self):
        self.assertEqual(sorted({file.split("/")[0] for file in CHECKS}), FOLDERS)
        for folder in FOLDERS:
            outputs = tomllib.loads((RECIPES / folder / "otagent.toml").read_text(encoding="utf-8"))["outputs"]
            self.assertTrue(outputs)

    def test_the_table_of_the_readme_names_every_folder_and_says_what_was_run(self):
        rows = re.findall(
            r"^\| \[[^\]]+\]\(([\w-]+)/\) \|([^|]+)\|([^|]+)\|([^|]+)\|$",
            (RECIPES / "README.md").read_text(encoding="utf-8"),
            re.M,
        )
        self.assertEqual(sorted(row[0] for row in rows), FOLDERS)
        for folder, version, run, seen in rows:
            self.assertRegex(run.strip(), "^(run|partly|not run)$", folder)
            self.assertGreater(len(seen.strip()), 20, folder)


if __name__ == "__main__":
    unittest.main()
