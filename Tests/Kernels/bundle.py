# SPDX-License-Identifier: Apache-2.0
"""What is in the containers of a guest with a systemd, and their OCI configuration, as far as they have it in common."""

import copy
import shutil
import subprocess

# What Docker lets a container do, as far as the workload needs it.
CAPABILITIES = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD"]
# By destination: type, source, options.
MOUNTS = {
    "/proc": ("proc", "proc", []),
    "/dev": ("tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
    "/dev/pts": ("devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    "/dev/shm": ("tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
    "/sys": ("sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
    "/sys/fs/cgroup": ("cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    "/exchange": ("bind", "/exchange", ["rbind", "rw"]),
}
# The host's network: a guest has no other.
NAMESPACES = ("pid", "ipc", "uts", "mount", "cgroup")
ROOT = "/guest/rootfs"
FOLDERS = ("bin", "dev", "etc", "exchange", "proc", "sys", "tmp")


def configuration(arguments, cgroup, annotations):
    """cgroup: as runtimes with the systemd driver take it, SLICE:PREFIX:NAME."""
    sets = ("bounding", "effective", "permitted")
    return {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 0, "gid": 0}, "args": arguments, "env": ["PATH=/bin"], "cwd": "/", "noNewPrivileges": True,
            "capabilities": {name: copy.copy(CAPABILITIES) for name in sets},
        },
        "root": {"path": ROOT},
        "hostname": "container",
        "mounts": [
            {"destination": place, "type": kind, "source": source, "options": options}
            for place, (kind, source, options) in MOUNTS.items()
        ],
        "linux": {"cgroupsPath": cgroup, "namespaces": [{"type": name} for name in NAMESPACES]},
        "annotations": annotations,
    }  # fmt: skip


def make_rootfs(guest, contained):
    """Below a guest's folder, for runc and crun; and as an archive, for podman's import. With the workload and a sleep."""
    root = guest / "rootfs"
    for name in FOLDERS:
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    shutil.copy2("/bin/busybox", root / "bin/busybox")
    shutil.copy2(contained, root / "bin/workload")
    (root / "bin/sleep").symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/false\n")
    (root / "etc/group").write_text("root:x:0:\n")
    subprocess.run(["tar", "-C", root, "--owner=0", "--group=0", "-cf", guest / "rootfs.tar", "."], check=True)
