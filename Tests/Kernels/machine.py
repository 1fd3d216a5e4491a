# SPDX-License-Identifier: Apache-2.0
"""The disk of a guest with a systemd, and the initial RAM disk that leads there."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from bundle import make_rootfs
from contents import HERE, MAKE, pack
from from_host import PATH, copy_busybox, copy_host, copy_libraries
from residents import residents, workload

FOLDERS = ("dev", "etc", "exchange", "guest/work", "out", "proc", "root", "run", "sys", "tmp", "usr/bin", "var/tmp")
# What this guest has no use for, and an emulated CPU seconds.
MASKED = (
    "dev-hugepages.mount", "dev-mqueue.mount", "kmod-static-nodes.service", "modprobe@.service",
    "proc-sys-fs-binfmt_misc.automount", "sys-fs-fuse-connections.mount", "sys-kernel-config.mount",
    "sys-kernel-tracing.mount",
    "systemd-ask-password-console.path", "systemd-ask-password-wall.path", "systemd-binfmt.service", "systemd-firstboot.service",
    "systemd-hwdb-update.service", "systemd-initctl.socket", "systemd-journal-flush.service", "systemd-journald-audit.socket",
    "systemd-modules-load.service", "systemd-pcrphase-sysinit.service", "systemd-pcrphase.service", "systemd-pstore.service",
    "systemd-random-seed.service", "systemd-remount-fs.service", "systemd-repart.service", "systemd-sysctl.service",
    "systemd-sysusers.service", "systemd-tmpfiles-clean.timer", "systemd-tmpfiles-setup-dev.service",
    "systemd-tmpfiles-setup.service", "systemd-update-utmp.service", "timers.target",
)  # fmt: skip
DISK_BYTES = 768 << 20  # sparse


def write(root, path, text):
    target = root / path.removeprefix("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def copy_ours(root, binaries, contained):
    """The agent, the workload, the containers and the units."""
    subprocess.run(["strip", "-o", root / "usr/bin/otagent", binaries / "otagent"], check=True)
    copy_libraries(root, [binaries / "otagent"])
    shutil.copy2(contained, root / "usr/bin/workload")
    shutil.copytree(HERE / "machine/root", root, dirs_exist_ok=True)
    shutil.copy2(HERE / "agent.toml", root / "guest")
    make_rootfs(root / "guest", contained)
    ours = residents()
    for resident in ours:
        write(root, f"guest/work/{resident.name}", workload(resident.name))
        for path, text in resident.files.items():
            # What is in memory there is put there when there is any.
            write(root, "/guest/files" + path if path.startswith("/run/") else path, text)
    write(root, "guest/residents", "".join(f"{resident.name}\t{resident.start}\n" for resident in ours))


def make_root(binaries, contained, target):
    """The disk's file, made anew, and owned by root whoever makes it."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "root"
        for name in FOLDERS:
            (root / name).mkdir(parents=True)
        for name in ("tmp", "var/tmp"):
            (root / name).chmod(0o1777)
        copy_host(root)
        copy_busybox(root)
        copy_ours(root, binaries, contained)
        for unit in MASKED:
            (root / "etc/systemd/system" / unit).unlink(missing_ok=True)
            (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
        with open(target, "wb") as disk:
            disk.truncate(DISK_BYTES)
        # What belongs to whoever runs this is to belong to root there.
        make = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]
        make += ["env", f"PATH={PATH}", "mkfs.ext4", "-d", root]
        for words in MAKE["ext4"]:
            made = subprocess.run([*make, *words, target], capture_output=True, text=True)
            if made.returncode == 0:
                return
        sys.exit(f"mkfs.ext4 -d: {made.stderr}")


def make_machine_initramfs(target):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("bin", "proc", "dev", "root"):
            (root / name).mkdir()
        shutil.copy2("/bin/busybox", root / "bin")
        shutil.copy2(HERE / "machine/init", root)
        pack(root, target)
