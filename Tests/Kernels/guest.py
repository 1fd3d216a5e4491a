# SPDX-License-Identifier: Apache-2.0
"""A guest: its kernel and its peculiarities, one boot of it, and what it sent back."""

import dataclasses
import io
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

LONGEST = 600  # seconds a guest may take: it is emulated, and the host may have other work
# Emulated CPUs now and then run code that another one is patching, most of all while the kernel boots: it oopses. That says
# nothing about us as long as nothing of ours has run, so such a guest is booted again; not when it falls later.
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

    @property
    def name(self):
        cpus = f"{self.possible_cpus}cpus" if self.possible_cpus != 2 else ""
        hybrid = self.cgroups if self.cgroups != "unified" else ""
        return "-".join(filter(None, (self.series, self.preemption, hybrid, cpus)))

    def words(self, threads, repeat):
        """The kernel's command line. Without a hypervisor that it knows, a kernel from 6.9 on does not believe in CPUs that
        may come later (QEMU's own maxcpus): so all are there, and it starts two."""
        words = f"console=ttyS0 quiet oops=panic panic=-1 maxcpus=2 cgroups={self.cgroups} threads={threads} repeat={repeat}"
        words += f" limits={','.join(self.limits)}" if self.limits else ""
        return words + (f" preempt={self.preemption}" if self.preemption else "")


def boot(*arguments):
    """Runs one guest to its end; the text of the files it sent, by name."""
    for again in range(BOOTS):
        sent, console = boot_once(*arguments)
        if "failure" not in sent or OURS_RUNS in console or PANIC not in console:
            break
    return sent | ({"booted-again": str(again)} if again else {})


def boot_once(guest, folder, initramfs, disks, threads, repeat):
    """What the guest sent, and what was said on its console."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        console, sent, archive = (pathlib.Path(scratch, name) for name in ("console", "sent", "initramfs"))
        with open(archive, "wb") as whole:  # the kernel unpacks one archive after the other
            for part in (folder / guest.series / "modules.cpio", initramfs):
                with open(part, "rb") as file:
                    shutil.copyfileobj(file, whole)
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "1024"]
        command += ["-smp", str(guest.possible_cpus), "-nodefaults", "-display", "none", "-no-reboot"]
        command += ["-kernel", folder / guest.series / "vmlinuz", "-initrd", archive]
        command += ["-append", guest.words(threads, repeat)]
        command += ["-serial", f"file:{console}", "-serial", f"file:{sent}"]
        for disk in disks:
            command += ["-drive", f"file={disk},if=virtio,format=raw,snapshot=on"]
        try:
            subprocess.run(command, timeout=LONGEST, check=True, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            pass
        except FileNotFoundError:
            return {"failure": "qemu-system-x86_64 is not installed: make deps-kernels"}, ""
        except subprocess.CalledProcessError as error:
            return {"failure": f"qemu-system-x86_64 ended with {error.returncode}"}, ""
        said = console.read_text(errors="replace")
        return unpacked(sent.read_bytes(), said), said


def unpacked(sent, console):
    try:
        with tarfile.open(fileobj=io.BytesIO(sent)) as archive:
            files = [member for member in archive if member.isfile()]
            return {
                file.name.removeprefix("./"): archive.extractfile(file).read().decode(errors="replace")
                for file in files
            }
    except tarfile.TarError:
        why = "its kernel panicked" if PANIC in console else f"it had {LONGEST} s"
        return {"failure": f"the guest sent nothing, {why}; the end of its console:\n{console[-2000:]}"}
