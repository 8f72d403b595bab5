"""Isolation layer: Landlock leaves a process only the files that the interpreter needs, read-only (landlock(7)).

Stops: reading any other file, and changing anything in the file system; from kernel 6.12 on also signals and abstract
sockets to processes outside. It holds for native code and for test code. Starting programs is left to `seccomp`.
Absence: kernels before 5.13, and hosts that refuse it; answers can open no file anyway (`rlimits`).
"""

from __future__ import annotations

import os
import stat
import struct
import sys

from sandbox.isolation import no_new_privs
from sandbox.isolation.system_calls import call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NAME", "apply", "probe"]

NAME = "landlock"
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_HANDLED_BY_VERSION = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Rights to the file system, as a bit mask, by the version of the interface that last added one (landlock(7)).

Version 1 is of Linux 5.13; 2 of 5.19 adds REFER; 3 of 6.2, TRUNCATE; 5 of 6.10, IOCTL_DEV. Version 4 of 6.7 brings
rules for TCP, and 6 of 6.12, scopes for signals and abstract sockets."""
_NETWORK_SINCE, _NETWORK = 4, 0b11
_SCOPED_SINCE, _SCOPED = 6, 0b11
_GET_VERSION, _PATH_BENEATH = 1, 1
_SYSTEM = (
    "/proc", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime",
    "/dev/urandom", "/dev/zero", "/sys/devices/system/cpu",
)  # fmt: skip
_WRITTEN = ("/dev/null",)


def apply(paths: Iterable[str]) -> None:
    """Leave this process, and all that descend from it, only the files they need. `no_new_privs` must be active.

    Args:
        paths: files and folders that may be read, besides the interpreter's own and what libraries need.

    Raises:
        OSError: the kernel refuses.
    """
    version = call("landlock_create_ruleset", None, 0, _GET_VERSION)
    # A ruleset denies only the rights that it names as handled, and naming one that the kernel does not know is EINVAL.
    # So everything that this kernel's version knows is named. A newer kernel accepts the rights of older versions.
    handled = _HANDLED_BY_VERSION[max(known for known in _HANDLED_BY_VERSION if known <= version)]
    # EXECUTE stays unhandled: the launcher still has to become the zygote by execveat(2). After that the seccomp filter
    # lets nothing be executed.
    fields = [handled & ~_EXECUTE]
    # struct landlock_ruleset_attr grew with the versions; an older kernel refuses the longer one with E2BIG.
    if version >= _NETWORK_SINCE:
        fields.append(_NETWORK)
    if version >= _SCOPED_SINCE:
        fields.append(_SCOPED)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    ruleset = call("landlock_create_ruleset", attributes, len(attributes), 0)
    readable = {*_SYSTEM, *_interpreter_paths(), *_mapped_paths(), *paths}
    for path in readable:
        _allow(ruleset, path, _READ_FILE | _READ_DIR)
    for path in _WRITTEN:
        _allow(ruleset, path, _READ_FILE | _WRITE_FILE)
    call("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    """Allow what the path points to now, with everything beneath it; nothing if it does not exist."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        # For a file, a right that only folders can have is EINVAL (landlock_add_rule(2)).
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= ~_READ_DIR
        call("landlock_add_rule", ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _interpreter_paths() -> set[str]:
    paths = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path}
    # An interpreter of the distribution has the prefix /usr, which holds far more than Python; _SYSTEM names its parts.
    return paths - {"/", "/usr"}


def _mapped_paths() -> set[str]:
    """Return the folders of the libraries that this interpreter has loaded: the next one will look there, too."""
    folders: set[str] = set()
    try:
        with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
            lines = maps.read().split("\n")
    except OSError:
        return folders
    for line in lines:
        _, slash, path = line.partition("/")
        if slash:
            folders.add((slash + path).rpartition("/")[0])
    return folders - {"/"}


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    if (reason := no_new_privs.probe()) is not None:
        return reason
    try:
        apply(())
    except OSError as error:
        return f"the kernel has no Landlock, or refuses it: {error.strerror}"
    try:
        os.close(os.open("/", os.O_RDONLY))
    except PermissionError:
        return None
    return "a folder that is not allowed can be read"
