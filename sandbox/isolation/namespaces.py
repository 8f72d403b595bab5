"""Wall: a world of its own: processes, network, shared memory, host name, and mounts that cannot be written.

Stops: seeing, signalling and tracing any process but those of one zygote; every network, loopback included; System V
and POSIX shared memory; changes to the file system. When the zygote ends, the kernel ends all that descends from it
(pid_namespaces(7)). It is made once for each zygote: it costs a run nothing.
Absence: the host refuses new namespaces, as AWS Lambda and most containers do: the other walls hold those, but for what
native code may do.
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


def enter(*, processes: bool) -> None:
    """Leave the host's namespaces. With ``processes``, the next child is the first process of a new pid namespace.

    A user who is not root needs a user namespace for it, and stays who they are in there.

    Raises:
        OSError: the host refuses.
    """
    uid, gid = os.geteuid(), os.getegid()
    wanted = _NEW_MOUNTS | _NEW_CGROUP | _NEW_HOSTNAME | _NEW_IPC | _NEW_NETWORK
    if processes:
        wanted |= _NEW_PID
    if uid != 0:
        wanted |= _NEW_USER
    call("unshare", wanted)
    if uid != 0:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def make_mounts(*, processes: bool) -> None:
    """Make the mounts of the new namespaces: its own ``/proc`` with ``processes``, and nothing that can be written.

    Raises:
        OSError: the host refuses.
    """
    call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    if processes:
        call("mount", b"proc", b"/proc", b"proc", _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS, None)
    attributes = struct.pack("=4Q", _ATTRIBUTE_READ_ONLY | _ATTRIBUTE_NO_SETUID, 0, 0, 0)
    try:
        call("mount_setattr", _AT_FDCWD, b"/", _AT_RECURSIVE, attributes, len(attributes))
    except OSError:
        return  # it is there since Linux 5.12; Landlock says the same where it stands


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        enter(processes=True)
    except OSError as error:
        return f"new namespaces are refused: {error.strerror}"
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            make_mounts(processes=True)
        except OSError as error:
            code = error.errno or 1
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    return f"its mounts are refused: {os.strerror(code) if code > 0 else 'killed'}" if code else None
