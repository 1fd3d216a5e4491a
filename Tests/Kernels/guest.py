# SPDX-License-Identifier: Apache-2.0
"""A guest: what is in it, one boot of it, and what it sent back."""

import io
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LONGEST = 180  # seconds a guest may take


def libraries(binary):
    """The paths of the shared libraries, the loader included."""
    listed = subprocess.run(["ldd", binary], check=True, capture_output=True, text=True).stdout
    return [pathlib.Path(word) for word in listed.split() if word.startswith("/")]


def make_initramfs(binaries, target):
    """Everything a guest needs, as one compressed archive: no disk, no modules."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("bin", "proc", "sys", "dev"):
            (root / name).mkdir()
        shutil.copy2("/bin/busybox", root / "bin")
        shutil.copy2(HERE / "init", root)
        shutil.copy2(HERE / "agent.toml", root)
        for name in ("otagent", "workload"):
            subprocess.run(["strip", "-o", root / "bin" / name, binaries / name], check=True)
            for library in libraries(binaries / name):
                place = root / library.relative_to("/")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, place)
        with open(target, "wb") as archive:
            command = "find . | cpio -o -H newc --quiet | gzip -1"
            subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=root, stdout=archive, check=True)


def boot(kernel, initramfs, words):
    """Runs one guest to its end; the text of the files it sent, by name."""
    with tempfile.TemporaryDirectory() as folder:
        console, sent = pathlib.Path(folder, "console"), pathlib.Path(folder, "sent")
        command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"]
        command += ["-nodefaults", "-display", "none", "-no-reboot", "-kernel", kernel, "-initrd", initramfs]
        command += ["-serial", f"file:{console}", "-serial", f"file:{sent}", "-append", words]
        try:
            subprocess.run(command, timeout=LONGEST, check=True, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            pass
        try:
            with tarfile.open(fileobj=io.BytesIO(sent.read_bytes())) as archive:
                files = [member for member in archive if member.isfile()]
                return {
                    file.name.removeprefix("./"): archive.extractfile(file).read().decode(errors="replace")
                    for file in files
                }
        except tarfile.TarError:
            tail = console.read_text(errors="replace")[-2000:]
            return {"failure": f"the guest sent nothing in {LONGEST} s; the end of its console:\n{tail}"}
