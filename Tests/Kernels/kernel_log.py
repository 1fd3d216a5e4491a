# SPDX-License-Identifier: Apache-2.0
"""What a guest's kernel complained about from the moment something of ours ran."""

import re

BEGINS = "opentrace: begins"
# A CPU that got no time says nothing about us: it is emulated, and the host may have other work.
STARVED = re.compile(r"soft lockup|rcu.*(stall|self-detected)|clocksource|hung_task|blocked for more than")
SPLAT = re.compile(r"WARNING:|BUG:|UBSAN:|KASAN:|\bBPF\b|general protection fault|\bOops\b|Call Trace")
LINES = 14  # of each splat


def complaints(*logs):
    """Each splat once, with the lines that follow it; logs: the same kernel's, in the order in which they were read."""
    lines = list(dict.fromkeys(line for log in logs for line in log.splitlines()))
    begins = next((number for number, line in enumerate(lines) if BEGINS in line), None)
    if begins is None:
        return ["the kernel's log has no line of ours"]
    found, number = [], begins
    while number < len(lines):
        if SPLAT.search(lines[number]) and not STARVED.search(lines[number]):
            found.append("kernel: " + "\n".join(lines[number : number + LINES]))
            number += LINES
        else:
            number += 1
    return found
