# SPDX-License-Identifier: Apache-2.0
"""What a guest finds: the programs and the libraries they need, and a disk for each file system that wants one."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# So that every kernel of the matrix can mount what a newer mkfs makes: without the features that 5.10 does not know. The
# first words that the mkfs takes are used, as an older one does not know their names either.
MAKE = {
    "ext4": (["-q", "-F", "-O", "^orphan_file,^metadata_csum_seed"], ["-q", "-F"]),
    "xfs": (["-q", "-f", "-i", "nrext64=0,exchange=0", "-n", "parent=0"], ["-q", "-f", "-i", "nrext64=0"], ["-q", "-f"]),
    "btrfs": (["-q", "-f", "-O", "^block-group-tree"], ["-q", "-f"]),
}
DISK_BYTES = 320 << 20  # XFS takes nothing below 300 MiB; the files are sparse.


def libraries(*binaries):
    """The paths of the shared libraries, the loader included. A program that is linked statically has none."""
    listed = subprocess.run(["ldd", *binaries], capture_output=True, text=True).stdout
    lines = [line for line in listed.splitlines() if not line.endswith(":")]
    if missing := [line.split()[0] for line in lines if line.endswith("not found")]:
        sys.exit(f"a library is missing: {', '.join(missing)}")
    words = (word for line in lines for word in line.split())
    return list(dict.fromkeys(pathlib.Path(word) for word in words if word.startswith("/")))


def make_initramfs(binaries, target):
    """Everything but the kernel's modules, as one archive; compressed, it would take an emulated CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("bin", "proc", "sys", "dev"):
            (root / name).mkdir()
        shutil.copy2("/bin/busybox", root / "bin")
        shutil.copy2(HERE / "init", root)
        shutil.copy2(HERE / "agent.toml", root)
        for name in ("otagent", "opentrace", "workload", "open-cases", "watch-cases"):
            subprocess.run(["strip", "-o", root / "bin" / name, binaries / name], check=True)
            for library in libraries(binaries / name):
                place = root / library.relative_to("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, place)
        pack(root, target)


def pack(root, target):
    """A folder as an archive that the kernel unpacks."""
    with open(target, "wb") as archive:
        command = "find . | cpio -o -H newc --quiet"
        subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=root, stdout=archive, check=True)


def make_disks(folder):
    """The disks' files, made anew; a guest's own writes never come back to them."""
    folder.mkdir(exist_ok=True)
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    for kind, choices in MAKE.items():
        with open(folder / kind, "wb") as disk:
            disk.truncate(DISK_BYTES)
        command = shutil.which(f"mkfs.{kind}", path=path)
        if not command:
            sys.exit(f"mkfs.{kind} is not installed: make deps-kernels")
        for words in choices:
            made = subprocess.run([command, *words, folder / kind], capture_output=True, text=True)
            if made.returncode == 0:
                break
        else:
            sys.exit(f"mkfs.{kind}: {made.stderr}")
    return [folder / kind for kind in MAKE]
