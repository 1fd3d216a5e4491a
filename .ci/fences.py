#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves the direction of dependency and a few habits; prints file:line: sentence for each breach."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Which of our own modules each target may import. Anything else is an arrow that points the wrong way.
MAY_IMPORT = {
    "Model": set(),
    "Render": {"Model"},
    "BPF": {"CLibbpf"},
    "Kernel": {"Model", "BPF", "KernelABI"},
    "Machine": {"Model", "CLinux"},
    "Export": {"Model", "Render", "CAlert", "CCurl", "CPage"},
    "Agent": {"Model", "Render", "Kernel", "Machine", "Export", "CSystemd", "CSelfTest"},
    "Tracer": {"Model", "Render", "Kernel", "Machine", "CChild", "CCrypto", "CSQLite"},
    "Commands": {"Agent", "Render"},
    "otagent": {"Model", "Agent", "Commands"},
    "opentrace": {"Model", "Agent", "Commands", "CStart", "Kernel", "Machine", "Render", "Tracer"},
}
# The C modules, and who besides the target above may see them.
C_MODULES = {"CLibbpf": set(), "CCurl": {"ExportTests"}, "CSystemd": set(), "CSelfTest": set(), "CStart": set(), "CAlert": set(), "CChild": set(), "CCrypto": set(), "CSQLite": set(), "CLinux": set(), "CPage": set(), "KernelABI": {"KernelTests"}}
OURS = set(MAY_IMPORT) | set(C_MODULES)
# Targets that import nothing from outside the package: values in, values out.
PURE = {"Model", "Render"}

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|protocol|func|let|var|typealias|actor|macro)\s+)?(\w+)"
)
BANNED = {
    "@unchecked": re.compile(r"@unchecked\b"),
    "nonisolated(unsafe)": re.compile(r"\bnonisolated\s*\(\s*unsafe\s*\)"),
    "try!": re.compile(r"\btry!"),
}
LONGEST = 400


def import_breach(area, target, module):
    if area == "Tests":
        if module in C_MODULES and target not in C_MODULES[module]:
            return f"only the target around {module} imports it"
        return None
    if module in OURS:
        if target not in MAY_IMPORT:
            return f"say in .ci/fences.py what {target} may import"
        if module not in MAY_IMPORT[target]:
            return f"{target} must not import {module}"
    elif target in PURE:
        return f"{target} is pure and must not import {module}"
    return None


def breaches_in(path):
    area, target = path.parts[0], path.parts[1]
    text = (ROOT / path).read_text(encoding="utf-8")
    lines = text.splitlines()
    if len(lines) > LONGEST:
        yield 1, f"{len(lines)} lines; {LONGEST} are the most a file may have"
    if path.suffix != ".swift":
        return
    for number, line in enumerate(lines, start=1):
        code = line.split("//", 1)[0]
        if found := IMPORT.match(code):
            if sentence := import_breach(area, target, found.group(1)):
                yield number, sentence
        if area == "Sources":
            for name, pattern in BANNED.items():
                if pattern.search(code):
                    yield number, f"{name} has no place outside tests"


def main():
    count = 0
    for area in ("Sources", "Tests", "bpf"):
        for path in sorted((ROOT / area).rglob("*")):
            relative = path.relative_to(ROOT)
            if path.suffix in {".swift", ".c", ".h", ".py"} and len(relative.parts) > 1:
                for number, sentence in breaches_in(relative):
                    print(f"{relative}:{number}: {sentence}", file=sys.stderr)
                    count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
