# SPDX-License-Identifier: Apache-2.0
"""What a guest with a systemd has of this host: systemd, D-Bus, container runtimes, and the libraries they need."""

import os
import pathlib
import shutil
import subprocess
import sys

from contents import libraries

# All their files but the documentation. Those that a release of Debian does not have are no part of its systemd either.
PACKAGES = (
    "systemd", "libsystemd-shared", "dbus", "dbus-bin", "dbus-daemon", "dbus-system-bus-common",
    "golang-github-containers-common", "golang-github-containers-image",
)  # fmt: skip
NEEDED = ("systemd", "dbus")
WITHOUT = (
    "/etc/init.d", "/usr/share/bash-completion", "/usr/share/bug", "/usr/share/doc", "/usr/share/lintian",
    "/usr/share/locale", "/usr/share/man",
    # Nothing has to be found out about this guest.
    "/lib/systemd/system-generators", "/usr/lib/systemd/system-generators",
)  # fmt: skip
# From whichever package: who has Docker's runc keeps it. All else that is called there is busybox.
PROGRAMS = ("bash", "mount", "umount", "runc", "crun", "podman", "conmon")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def place(root, path):
    """Where a file of the host stands in the tree, whatever of its folders is a link to /usr there."""
    path = pathlib.Path(path)
    target = root / path.parent.resolve().relative_to("/") / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def files_of_packages():
    """The paths, the links among them."""
    for package in PACKAGES:
        listed = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True)
        if listed.returncode and package in NEEDED:
            sys.exit(f"{package} is not installed: make deps-kernels")
        for path in [] if listed.returncode else listed.stdout.splitlines():
            is_wanted = not path.startswith(WITHOUT) and (os.path.islink(path) or os.path.isfile(path))
            # What only its owner may read, root can do without here.
            if is_wanted and os.access(path, os.R_OK):
                yield path


def is_program(path):
    """One that is started; a package's own libraries find each other through those that want them."""
    if os.path.islink(path) or ".so" in pathlib.Path(path).name:
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def copy_host(root):
    for folder in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        if os.path.islink(f"/{folder}"):
            (root / folder).symlink_to(os.readlink(f"/{folder}"))
            (root / os.readlink(f"/{folder}").lstrip("/")).mkdir(parents=True, exist_ok=True)
    paths = list(files_of_packages())
    for name in PROGRAMS:
        if not (path := shutil.which(name, path=PATH)):
            sys.exit(f"{name} is not installed: make deps-kernels")
        paths.append(path)
    for path in paths:
        if not os.path.lexists(target := place(root, path)):
            shutil.copy2(path, target, follow_symlinks=False)
    copy_libraries(root, filter(is_program, paths))


def copy_libraries(root, programs):
    for library in libraries(*programs):
        if not (target := place(root, library)).exists():
            shutil.copy(library, target)


def copy_busybox(root):
    """For every name that nothing else has."""
    shutil.copy2("/bin/busybox", root / "usr/bin/busybox")
    for name in subprocess.run(["/bin/busybox", "--list"], check=True, capture_output=True, text=True).stdout.split():
        if not any(os.path.lexists(root / folder / name) for folder in ("usr/bin", "usr/sbin", "bin", "sbin")):
            (root / "usr/bin" / name).symlink_to("busybox")
    for name in ("usr/bin/sh", "bin/sh"):
        if not os.path.lexists(root / name):
            (root / name).symlink_to("/usr/bin/bash")
