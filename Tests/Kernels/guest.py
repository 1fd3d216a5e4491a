# SPDX-License-Identifier: Apache-2.0
"""A guest: its kernel and its peculiarities, one boot of it, and what it sent back."""

import dataclasses
import io
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import time

# Seconds a guest may take, and until something of ours runs: it is emulated, and the host may have other work.
LONGEST, BOOTING = 600, 120
LONGEST_OF_SYSTEMD, BOOTING_OF_SYSTEMD = 1500, 240
# Emulated CPUs now and then run code that another one is patching, most of all while the kernel boots: it oopses, or goes
# round in circles. That says nothing about us as long as nothing of ours has run, so such a guest is booted again; not when
# it falls later.
BOOTS = 3
OURS_RUNS = "the guest's own process runs"
PANIC = "Kernel panic"


@dataclasses.dataclass(frozen=True)
class Guest:
    series: str
    preemption: str = ""  # empty: the kernel's own, which is lazy from 7.0 on
    cgroups: str = "unified"
    possible_cpus: int = 2
    limits: tuple[str, ...] = ()  # values of max_kernel_memory that are tried besides the default
    systemd: bool = False  # a real one, with units and containers, instead of the one process

    @property
    def name(self):
        cpus = f"{self.possible_cpus}cpus" if self.possible_cpus != 2 else ""
        hybrid = self.cgroups if self.cgroups != "unified" else ""
        return "-".join(filter(None, (self.series, self.preemption, hybrid, cpus, "systemd" if self.systemd else "")))

    def words(self, threads, repeat, suites):
        """The kernel's command line. Without a hypervisor that it knows, a kernel from 6.9 on does not believe in CPUs that
        may come later (QEMU's own maxcpus): so all are there, and it starts two."""
        words = "console=ttyS0 quiet oops=panic panic=-1 maxcpus=2"
        words += f" preempt={self.preemption}" if self.preemption else ""
        if self.systemd:
            words += " systemd.unit=guest.target systemd.unified_cgroup_hierarchy=1 systemd.show_status=0"
            return words + " systemd.condition-needs-update=no"
        words += f" cgroups={self.cgroups} threads={threads} repeat={repeat} suites={','.join(suites)}"
        return words + (f" limits={','.join(self.limits)}" if self.limits else "")

    @property
    def patience(self):
        """The seconds it has until something of ours runs, and all in all."""
        return (BOOTING_OF_SYSTEMD, LONGEST_OF_SYSTEMD) if self.systemd else (BOOTING, LONGEST)


def boot(*arguments):
    """Runs one guest to its end; the text of the files it sent, by name."""
    for again in range(BOOTS):
        sent, is_worth_another = boot_once(*arguments)
        if not is_worth_another:
            break
    return sent | ({"booted-again": str(again)} if again else {})


def boot_once(guest, folder, initramfs, disks, threads, repeat, suites):
    """What the guest sent, and whether its kernel fell or stood still before anything of ours ran."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        console, sent, archive = (pathlib.Path(scratch, name) for name in ("console", "sent", "initramfs"))
        with open(archive, "wb") as whole:  # the kernel unpacks one archive after the other
            for part in (folder / guest.series / "modules.cpio", initramfs):
                with open(part, "rb") as file:
                    shutil.copyfileobj(file, whole)
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024"]
        command += ["-smp", str(guest.possible_cpus), "-nodefaults", "-display", "none", "-no-reboot"]
        command += ["-kernel", folder / guest.series / "vmlinuz", "-initrd", archive]
        command += ["-append", guest.words(threads, repeat, suites)]
        command += ["-serial", f"file:{console}", "-serial", f"file:{sent}"]
        for disk in disks:
            command += ["-drive", f"file={disk},if=virtio,format=raw,snapshot=on"]
        try:
            status = wait(subprocess.Popen(command, stdin=subprocess.DEVNULL), console, *guest.patience)
        except FileNotFoundError:
            return {"failure": "qemu-system-x86_64 is not installed: make deps-kernels"}, False
        if status:
            return {"failure": f"qemu-system-x86_64 ended with {status}"}, False
        said = console.read_text(errors="replace")
        had = guest.patience[OURS_RUNS in said] if status is None else None
        return unpacked(sent.read_bytes(), said, had), OURS_RUNS not in said


def wait(qemu, console, booting, longest):
    """QEMU's status when the guest has switched itself off; None when it was stopped for taking too long."""
    begin, is_ours = time.monotonic(), False
    try:
        while qemu.poll() is None:
            is_ours = is_ours or (console.exists() and OURS_RUNS in console.read_text(errors="replace"))
            if time.monotonic() - begin > (longest if is_ours else booting):
                return None
            time.sleep(0.2)
        return qemu.returncode
    finally:
        qemu.kill()
        qemu.wait()


def unpacked(sent, console, had):
    """had: the seconds after which it was stopped, if it was."""
    try:
        with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
            files = [member for member in archive if member.isfile()]
            return {
                file.name.removeprefix("./"): archive.extractfile(file).read().decode(errors="replace")
                for file in files
            }
    except tarfile.TarError:
        why = "its kernel panicked" if PANIC in console else f"it had {had} s" if had else "it went off"
        return {"failure": f"the guest sent nothing, {why}; the end of its console:\n{console[-2000:]}", "console": console}
