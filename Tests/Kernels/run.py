#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Boots Debian kernels in QEMU and holds the agent's figures in each against the truth. Needs neither root nor KVM.

Result: "equal"; "declared" when operations are lacking, but no more than the batches declare as lost; else FAILED."""

import argparse
import functools
import pathlib
import shutil
import subprocess
import sys
import time

from contents import HERE, make_disks, make_initramfs
from guest import Guest, boot
from judge import FILE_SYSTEMS, judge
from judge_machine import judge_machine
from machine import make_machine_initramfs, make_root
from table import print_guest, print_header, print_instructions, print_residents

GUESTS = [
    Guest("5.10"),
    Guest("6.1", cgroups="hybrid"),
    Guest("6.12"),
    Guest("6.12", preemption="full"),
    Guest("6.12", possible_cpus=64, limits=("1MiB", "4MiB", "16MiB", "128MiB")),
    Guest("6.12", systemd=True),
    Guest("6.18"),
    Guest("7"),
    Guest("7", preemption="full"),
    Guest("7", systemd=True),
]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", default="", help="series, such as '5.10 6.12'; all of them by default")
    parser.add_argument("--guests", default="", help="only these, such as '6.12-full 7'; all of the kernels by default")
    parser.add_argument("--runs", type=int, default=1, help="boots of each guest")
    # More than there are CPUs: only then is there somebody for whom a thread can be preempted.
    parser.add_argument("--threads", type=int, default=8, help="threads of the workload, on two CPUs")
    parser.add_argument("--repeat", type=int, default=9, help="rounds of the workload on tmpfs; a third on the others")
    parser.add_argument("--suites", default=" ".join(FILE_SYSTEMS), help="the file systems that the whole suite is run on, too")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path(".build/kernels"), help="fetched kernels")
    parser.add_argument("--binaries", type=pathlib.Path, default=pathlib.Path(".build/release"))
    contained = pathlib.Path(".build/containers/workload")
    parser.add_argument("--contained", type=pathlib.Path, default=contained, help="the workload, linked statically")
    options = parser.parse_args()
    options.folder = options.folder.resolve()
    options.suites = options.suites.split()
    wanted = options.kernels.split() or list(dict.fromkeys(guest.series for guest in GUESTS))
    ours = [guest for guest in GUESTS if guest.series in wanted]
    # A series that is not among ours is tried as it is.
    ours += [Guest(series) for series in wanted if series not in {guest.series for guest in GUESTS}]
    options.guests = [guest for guest in ours if guest.name in (options.guests.split() or [guest.name])]
    if not options.guests:
        parser.error("no such guest; there are: " + " ".join(guest.name for guest in ours))
    return options


def keep(sent, folder):
    """What the guest sent, for whoever wants to look closer."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, text in sent.items():
        (folder / name).write_text(text)


class Contents:
    """What guests boot from: made when the first of them wants it."""

    def __init__(self, options):
        self.options = options

    @functools.cached_property
    def plain(self):
        """The initial RAM disk, and the disks."""
        initramfs = self.options.folder / "initramfs"
        make_initramfs(self.options.binaries, initramfs)
        return initramfs, make_disks(self.options.folder / "disks")

    @functools.cached_property
    def machine(self):
        """The same of those with a systemd."""
        initramfs, root = self.options.folder / "machine-initramfs", self.options.folder / "machine-root"
        make_machine_initramfs(initramfs)
        make_root(self.options.binaries, self.options.contained, root)
        return initramfs, [root]


def try_guest(options, guest, contents):
    """The verdicts about all its runs."""
    kernel = options.folder / guest.series
    config = (kernel / "config").read_text() if (kernel / "config").exists() else ""
    verdicts = []
    initramfs, disks = contents.machine if guest.systemd else contents.plain
    begin = time.monotonic()
    for _ in range(options.runs):
        sent = boot(guest, options.folder, initramfs, disks, options.threads, options.repeat, options.suites)
        if guest.systemd:
            verdicts.append(judge_machine(guest, sent, config))
        else:
            verdicts.append(judge(guest, sent, config, options.suites))
        keep(sent, options.folder / f"last-{guest.name}")
        if verdicts[-1].complaints:  # a later good run is not to cover what a failed one left
            keep(sent, options.folder / f"failed-{guest.name}")
    release = (kernel / "release").read_text().strip().removesuffix("-cloud-amd64")
    print_guest(guest, release, verdicts, time.monotonic() - begin)
    if verdicts[-1].residents:
        print_residents(verdicts[-1].residents)
    return verdicts


def are_judges_good():
    """A judge that lets a planted breach pass would find none in a guest either."""
    command = [sys.executable, "-B", "-m", "unittest", "test_judges", "test_machine"]
    tests = subprocess.run(command, cwd=HERE, stderr=subprocess.PIPE)
    if tests.returncode:
        print(tests.stderr.decode())
    return tests.returncode == 0


def main():
    options = arguments()
    if not are_judges_good():
        return 1
    series = dict.fromkeys(guest.series for guest in options.guests)
    if subprocess.run([HERE / "fetch", options.folder, *series]).returncode:
        return 1  # fetch has said why
    contents = Contents(options)
    print_header()
    instructions, is_good = {}, True
    for guest in options.guests:
        verdicts = try_guest(options, guest, contents)
        instructions.setdefault(guest.series, {}).update(verdicts[0].instructions)
        is_good = is_good and not any(verdict.complaints for verdict in verdicts)
    print_instructions(instructions)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
