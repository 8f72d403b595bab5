"""Isolation layer: namespaces for processes, network, shared memory and host name, and mounts that are read-only.

Stops: seeing, signalling and tracing processes of other zygotes and of the host; every network, loopback included;
System V and POSIX shared memory; changes to the file system. When the zygote ends, the kernel kills all that descends
from it (pid_namespaces(7)). Namespaces are made once for each zygote, so a run costs nothing.
Absence: the host refuses new namespaces, as AWS Lambda and most containers do. The other layers stop the same things,
except for some that native code could do.
"""

from __future__ import annotations

import os
import struct

from sandbox.isolation.system_calls import call

__all__ = ["NAME", "enter", "make_mounts", "probe"]

NAME = "namespaces"
_NEW_MOUNTS, _NEW_CGROUP, _NEW_HOSTNAME, _NEW_IPC = 0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000
_NEW_USER, _NEW_PID, _NEW_NETWORK = 0x1000_0000, 0x2000_0000, 0x4000_0000
_RECURSIVE, _PRIVATE = 1 << 14, 1 << 18
_NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 1 << 1, 1 << 2, 1 << 3
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_ATTRIBUTE_READ_ONLY, _ATTRIBUTE_NO_SETUID = 1, 2


def enter(*, own_pids: bool) -> None:
    """Move this process into namespaces of its own.

    Args:
        own_pids: make a pid namespace as well. The caller stays outside it; its next child is the first process inside.

    Raises:
        OSError: the host refuses.
    """
    uid, gid = os.geteuid(), os.getegid()
    flags = _NEW_MOUNTS | _NEW_CGROUP | _NEW_HOSTNAME | _NEW_IPC | _NEW_NETWORK
    if own_pids:
        flags |= _NEW_PID
    # Only a user namespace gives an unprivileged process the capabilities to make the others (user_namespaces(7)).
    # unshare(2) makes it first, whatever the order of the flags.
    if uid != 0:
        flags |= _NEW_USER
    call("unshare", flags)
    if uid != 0:
        # Without privileges gid_map can be written only after setgroups(2) has been denied (user_namespaces(7)). The
        # ids are mapped to themselves, so that files belong to the same user inside and outside.
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def make_mounts(*, own_pids: bool) -> None:
    """Make all mounts of the new namespace read-only.

    Args:
        own_pids: also mount a ``/proc`` of the new pid namespace. The caller must be inside it, because ``/proc`` shows
            the processes of whoever mounts it (pid_namespaces(7)).

    Raises:
        OSError: the host refuses.
    """
    # Mounts of a new namespace may still be in a peer group with the host's: what is mounted here would appear there
    # (mount_namespaces(7), "Shared subtrees"). So propagation is cut before anything is mounted.
    call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    if own_pids:
        call("mount", b"proc", b"/proc", b"proc", _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS, None)
    attributes = struct.pack("=4Q", _ATTRIBUTE_READ_ONLY | _ATTRIBUTE_NO_SETUID, 0, 0, 0)
    try:
        call("mount_setattr", _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, len(attributes))
    except OSError:
        # The call exists since Linux 5.12. Landlock forbids the same where it is active, and answers can open no file
        # anyway (rlimits), so the layer is worth having without it.
        return


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        enter(own_pids=True)
    except OSError as error:
        return f"new namespaces are refused: {error.strerror}"
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            make_mounts(own_pids=True)
        except OSError as error:
            code = error.errno or 1
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return f"mounts are refused: {os.strerror(code) if code > 0 else 'killed'}" if code else None
