"""Wall: functions that act on other processes or on the file system are taken out of the interpreter.

Stops: the system calls that need no descriptor and that no audit event announces, such as mkfifo(3), setpriority(2) or
sched_setaffinity(2), and everything of the ``posix`` module that is not on the list of what harmless programs use.
Absence: never; it is plain Python.
"""

from __future__ import annotations

import os
import posix
import signal

__all__ = ["KEPT", "NAME", "probe", "put_up"]

NAME = "functions"

KEPT: frozenset[str] = frozenset(
    {
        "DirEntry", "_exit", "abort", "access", "close", "cpu_count", "device_encoding", "environ", "error", "fspath",
        "fstat", "get_blocking", "get_inheritable", "get_terminal_size", "getcwd", "getcwdb", "getegid", "geteuid", "getgid",
        "getlogin", "getpid", "getppid", "getuid", "isatty", "listdir", "lseek", "lstat", "open", "process_cpu_count",
        "putenv", "read", "readinto", "readv", "register_at_fork", "scandir", "stat", "stat_result", "statvfs_result", "strerror",
        "sysconf", "sysconf_names", "terminal_size", "times", "times_result", "umask", "uname", "uname_result", "unsetenv",
        "urandom", "waitstatus_to_exitcode", "write", "writev", "_path_normpath", "_path_splitroot", "_path_splitroot_ex",
        "_path_exists", "_path_lexists", "_path_isfile", "_path_isdir", "_path_islink", "_path_isdevdrive", "sched_param",
        "sched_yield", "_inputhook", "_create_environ", "_is_inputhook_installed",
    }
)  # fmt: skip
"""What stays in ``posix``: reads of the own process, and calls that only touch descriptors it already has. ``open`` and
``listdir`` stay for the sake of the error an honest program expects; the kernel refuses them."""

_REMOVED_FROM_SIGNAL = ("pidfd_send_signal", "pthread_kill")


def put_up() -> None:
    """Take the functions out of ``posix``, ``os`` and ``signal``; cannot be undone in this process."""
    for name in [name for name in vars(posix) if _is_function(name)]:
        delattr(posix, name)
        vars(os).pop(name, None)
    for name in _REMOVED_FROM_SIGNAL:
        vars(signal).pop(name, None)


def _is_function(name: str) -> bool:
    return not name.startswith("__") and name not in KEPT and callable(vars(posix)[name])


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    put_up()
    return "os.fork is still there" if hasattr(os, "fork") or hasattr(posix, "fork") else None
