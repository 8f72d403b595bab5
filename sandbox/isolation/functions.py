"""Isolation layer: functions that act on other processes or on the file system are removed from the interpreter.

Stops: system calls that need no descriptor and raise no audit event, such as mkfifo(3), setpriority(2) or
sched_setaffinity(2), and everything in the ``posix`` module that is not on the list of what harmless programs use.
Absence: never; it is plain Python.
"""

from __future__ import annotations

import _imp
import contextlib
import importlib.machinery
import os
import posix
import sys
import types
from typing import Any

__all__ = ["KEPT", "NAME", "apply", "probe", "revert", "seal"]

NAME = "functions"

_CLASSES = "DirEntry error stat_result statvfs_result terminal_size times_result uname_result sched_param"
_OWN_PROCESS = """
    _exit abort cpu_count environ getcwd getcwdb getegid geteuid getgid getlogin getpid getppid getuid
    process_cpu_count putenv sched_getaffinity sched_yield sysconf sysconf_names times umask uname unsetenv urandom
    waitstatus_to_exitcode register_at_fork
"""
_OPEN_DESCRIPTORS = """
    close fstat get_blocking get_inheritable get_terminal_size isatty lseek read readinto readv write writev
"""
_NAMES_AND_PATHS = """
    access device_encoding fspath listdir lstat open scandir stat strerror _path_exists _path_isdevdrive _path_isdir
    _path_isfile _path_islink _path_lexists _path_normpath _path_splitroot _path_splitroot_ex _create_environ _inputhook
    _is_inputhook_installed
"""
KEPT: frozenset[str] = frozenset(f"{_CLASSES} {_OWN_PROCESS} {_OPEN_DESCRIPTORS} {_NAMES_AND_PATHS}".split())
"""Names that stay in ``posix``: reads of the own process, and calls that only touch descriptors it already has.

``open`` and ``listdir`` stay so that an honest program gets the error it expects; the kernel refuses them."""

_REMOVED_ELSEWHERE = {
    "_signal": ("pidfd_send_signal", "pthread_kill", "raise_signal"),
    "time": ("clock_settime", "clock_settime_ns"),
    "_posixsubprocess": ("fork_exec",),
}
"""Functions of other built-in modules that are removed as well."""
_SETS_OF_FUNCTIONS = ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks")
_LOADERS = ("create_builtin", "exec_builtin", "create_dynamic", "exec_dynamic", "get_frozen_object", "init_frozen")


def apply() -> None:
    """Remove the functions from all modules. Code that needs one must keep it where no answer can find it."""
    removed = {vars(posix)[name] for name in vars(posix) if _is_function_to_remove(name)}
    for origin, names in _REMOVED_ELSEWHERE.items():
        namespace = vars(sys.modules[origin]) if origin in sys.modules else {}
        removed.update(namespace[name] for name in names if name in namespace)
    # os.supports_dir_fd and the like are sets that hold the functions themselves.
    for name in _SETS_OF_FUNCTIONS:
        setattr(os, name, getattr(os, name) - removed)
    # By value, not by name: modules import functions under names of their own (`from os import fork as _fork`).
    for namespace in [getattr(module, "__dict__", {}) for module in sys.modules.values()]:
        taken = [name for name, value in namespace.items() if _is_one_of(removed, value)]
        for name in taken:
            del namespace[name]
        # A star import fails on a name that is listed and not there.
        listed = namespace.get("__all__")
        if taken and type(listed) is list:
            listed[:] = [name for name in listed if name in namespace or name not in taken]


def revert() -> None:
    """Put the functions of ``posix`` back, from a new instance of that module; for processes that run no answer."""
    spec = importlib.machinery.BuiltinImporter.find_spec("posix")
    assert spec is not None
    fresh = _imp.create_builtin(spec)
    _imp.exec_builtin(fresh)
    for name, function in vars(fresh).items():
        if not name.startswith("__"):
            vars(posix).setdefault(name, function)
            vars(os).setdefault(name, function)


def seal() -> None:
    """Make `revert` impossible: without these functions no built-in module can be created again."""
    for name in _LOADERS:
        vars(_imp).pop(name, None)


def _is_function_to_remove(name: str) -> bool:
    return not name.startswith("__") and name not in KEPT and callable(vars(posix)[name])


def _is_one_of(functions: set[Any], value: object) -> bool:
    return isinstance(value, types.BuiltinFunctionType | type) and value in functions


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    apply()
    seal()
    with contextlib.suppress(AttributeError):
        revert()
    return "os.fork is still there" if hasattr(os, "fork") or hasattr(posix, "fork") else None
