#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""crate.py FOLDER: validates the ro-crate-metadata.json in it against Process Run Crate 0.5 and what that builds on.

Prints what fails, that which is only recommended included, and ends with 1 if there is anything. Asks no other host: the
meaning of the terms, which the profile would fetch, comes with the package rocrate.
"""

import importlib.resources
import json
import sys

from rocrate.rocrate import ROCrate
from rocrate_validator import models, services
from rocrate_validator.utils import document_loader, http

TERMS = json.loads((importlib.resources.files("rocrate") / "data" / "ro-crate.jsonld").read_text())
# What is recommended and a trace cannot know: where a program comes from and its version, licences, authors and publishers, the
# formats of files.
EXCUSED = {
    "process-run-crate-0.5_3.2", "process-run-crate-0.5_4.1", "process-run-crate-0.5_5.1", "ro-crate-1.1_22.1", "ro-crate-1.1_22.2", "ro-crate-1.1_22.3",
    "ro-crate-1.1_27.1",
}


def terms(url):
    if url.startswith("https://w3id.org/ro/crate/1.1/context"):
        return TERMS
    raise ValueError(f"the crate wants to fetch {url}")


class Answer:
    """What would be fetched from the place of the terms."""

    status_code = 200
    headers = {"Content-Type": "application/ld+json"}

    def __init__(self, url, **more):
        self.terms = terms(url)

    def json(self):
        return self.terms


def main(folder):
    document_loader._fetch_json_ld = terms
    http.HttpRequester.get = Answer
    crate = ROCrate(folder)
    actions = [entity for entity in crate.contextual_entities if entity.type == "CreateAction"]
    if len(actions) != 1:
        print(f"{len(actions)} actions, and there is one run", file=sys.stderr)
        return 1
    result = services.validate(
        services.ValidationSettings(
            rocrate_uri=folder,
            profile_identifier="process-run-crate-0.5",
            requirement_severity=models.Severity.RECOMMENDED,
            skip_availability_check=True,
        )
    )
    found = [issue for issue in result.get_issues() if issue.check.identifier not in EXCUSED]
    for issue in found:
        print(f"{issue.severity.name} {issue.check.identifier}: {issue.message}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
