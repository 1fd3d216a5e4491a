#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""provenance.py FILE FOLDER: reads PROV-JSON with the library prov and follows the program that was built back to its source.

Says what is wrong and ends with 1 if there is anything.
"""

import sys

from prov.model import ProvActivity, ProvDerivation, ProvDocument, ProvEntity, ProvGeneration, ProvUsage


def main(file, folder):
    document = ProvDocument.deserialize(file, format="json")
    if document.flattened() != document:
        return "there are bundles, and nobody made any"
    entities = {record.identifier: record for record in document.get_records(ProvEntity)}
    activities = {record.identifier for record in document.get_records(ProvActivity)}
    for kind in (ProvUsage, ProvGeneration):
        for record in document.get_records(kind):
            for value in record.args[:2]:
                if value not in entities and value not in activities:
                    return f"{record} names {value}, which is nothing"
    names = {identifier: str(next(iter(record.get_attribute("prov:location")), "")) for identifier, record in entities.items()}
    sources = {}
    for record in document.get_records(ProvDerivation):
        sources.setdefault(record.args[0], set()).add(record.args[1])
    todo = [identifier for identifier, name in names.items() if name == f"{folder}/app"]
    seen = set()
    while todo:
        identifier = todo.pop()
        if identifier not in seen:
            seen.add(identifier)
            todo += sources.get(identifier, ())
    reached = {names[identifier] for identifier in seen}
    for source in ("src/a b.c", "src/a.h"):
        if f"{folder}/{source}" not in reached:
            return f"{source} is not among what app is derived from: {sorted(reached)}"
    # It can be written again in its other forms.
    return None if "wasDerivedFrom(" in document.get_provn() else "no derivation in PROV-N"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
