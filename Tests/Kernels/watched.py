# SPDX-License-Identifier: Apache-2.0
"""Holds the alerts of a guest's agent against what watch-cases did: each operation once, in the folder of its name."""

import collections
import json
import pathlib


def differences(batches, cases):
    """How many of the cases are as they must be, how many there are, and a sentence for each difference."""
    documents = [json.loads(line) for line in batches.splitlines()]
    told = collections.defaultdict(list)
    for alert in (alert for document in documents for alert in document["alerts"]):
        told[pathlib.PurePath(alert["path"] or "?").parent.name].append(alert["op"])
    sentences = [
        f"{document['loss']['watch_records']} sightings were lost" for document in documents if document["loss"]["watch_records"]
    ]
    right = 0
    outcomes = dict(line.split() for line in cases.splitlines())
    for name, status in outcomes.items():
        expected = [name.rpartition("-")[0]] if status == "0" else []
        right += told[name] == expected
        if told[name] != expected:
            sentences.append(f"{name} ended with {status} and was reported as {told[name]}")
    sentences += [f"{operations} in {name}, where nothing was done" for name, operations in told.items() if name not in outcomes]
    if "0" not in outcomes.values():
        sentences.append("not a single operation was done")
    return right, len(outcomes), sentences
