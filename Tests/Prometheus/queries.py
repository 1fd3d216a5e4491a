# SPDX-License-Identifier: Apache-2.0
"""What there is to ask for: the catalogue of docs/endpoint.md, which a test holds against /metrics; and what a query asks."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What Prometheus adds to all it scrapes.
SCRAPED = {"job", "instance"}
OPERATORS = {"and", "or", "unless", "offset", "bool", "inf", "nan"}
GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
AGGREGATIONS = {"sum", "min", "max", "avg", "count", "topk", "bottomk", "group", "quantile"}
TOKEN = re.compile(
    r'(?P<space>\s+)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<time>\[[^\]]*\])|(?P<number>[0-9][0-9a-z.]*)'
    r"|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<sign>[-+*/%^(){},]|[=!<>]=?~?)"
)


class Wrong(Exception):
    pass


def catalogue():
    """The labels of each metric."""
    text = (ROOT / "docs" / "endpoint.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| (?:counter|gauge|info) \| ([^|]*) \|", text, re.M)
    return {name: set(re.findall(r"`([a-z_]+)`", labels)) | SCRAPED for name, labels in rows} | {"up": SCRAPED}


def tokens(query):
    place = 0
    while place < len(query):
        match = TOKEN.match(query, place)
        if not match:
            raise Wrong(f"at {query[place:]!r}")
        place = match.end()
        if match.lastgroup != "space":
            yield match.lastgroup, match.group()


def asked(query, known):
    """The metrics of a query and the labels its answer may have; refuses what `known` does not have."""
    metrics, grouped = {}, None
    rest = list(tokens(query))
    last = None
    while rest:
        kind, word = rest.pop(0)
        following = rest[0][1] if rest else ""
        if kind == "name" and word in GROUPING:
            if following == "(":
                words = names_until(rest, ")")
                for label in words:
                    if not any(label in labels for labels in known.values()):
                        raise Wrong(f"no metric has the label {label}")
                if word == "by":
                    grouped = words if grouped is None else grouped | words
        elif kind == "sign" and word == "{":
            if last not in metrics:
                raise Wrong("labels of no metric")
            for label in names_until(rest, "}"):
                if label not in metrics[last]:
                    raise Wrong(f"{last} has no label {label}")
        elif kind == "name" and following != "(" and word not in OPERATORS | AGGREGATIONS:
            if word not in known:
                raise Wrong(f"there is no metric {word}")
            metrics[word] = known[word]
            last = word
    if not metrics:
        raise Wrong("it asks for no metric")
    everything = set().union(*metrics.values())
    if grouped is not None and not grouped <= everything:
        raise Wrong(f"these metrics have no labels {sorted(grouped - everything)}")
    return metrics, everything if grouped is None else grouped


def names_until(rest, end):
    names = set()
    while rest:
        kind, word = rest.pop(0)
        if word == end:
            return names
        if kind == "name":
            names.add(word)
    raise Wrong(f"without an end: {end}")
