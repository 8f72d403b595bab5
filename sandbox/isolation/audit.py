"""Isolation layer: an audit hook that ends the process when it is about to do what only an attack does.

Stops: starting programs, processes and interpreters; signals to others (fcntl(2) can have them sent, by F_SETOWN);
native code, and code objects built by hand, which can be made to read and write any memory; tracing; searching the
process for objects that do not belong to the answer. Hooks cannot be removed (PEP 578). This one ends the process with
an exit code of its own, because an exception could be swallowed.
Absence: never; it is plain Python. Some functions raise no event: the layer ``functions`` removes those.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, TypeAlias
from weakref import ref

__all__ = ["DENIED", "EXIT_CODE", "NAME", "Hook", "apply", "make_hook", "make_reserve", "probe"]

Hook: TypeAlias = Callable[[str, tuple[Any, ...]], object]

NAME = "audit"
EXIT_CODE = 86
"""Exit code of a process that the hook has ended."""

DENIED: frozenset[str] = frozenset(
    {
        # other processes, and programs
        "os.exec", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.posix_spawn", "os.spawn", "os.startfile",
        "os.system", "os.unshare", "os.setns", "subprocess.Popen", "pty.spawn", "signal.pthread_kill",
        "sys.remote_exec", "resource.prlimit", "resource.setrlimit",
        # native code
        "code.__new__", "marshal.load", "marshal.loads", "mmap.__new__", "ctypes.PyObj_FromPtr", "ctypes.addressof",
        "ctypes.call_function", "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.create_string_buffer",
        "ctypes.create_unicode_buffer", "ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "ctypes.get_errno",
        "ctypes.memoryview_at", "ctypes.set_errno", "ctypes.set_exception", "ctypes.string_at", "ctypes.wstring_at",
        # objects and code that do not belong to the answer
        "cpython.PyInterpreterState_New", "cpython._PySys_ClearAuditHooks", "cpython.remote_debugger_script",
        "gc.get_objects", "gc.get_referents", "gc.get_referrers", "sys._current_exceptions", "sys._current_frames",
        "sys.addaudithook", "sys.monitoring.register_callback", "sys.setprofile", "sys.settrace",
        # network, and descriptors
        "fcntl.fcntl", "fcntl.flock", "fcntl.ioctl", "fcntl.lockf", "socket.bind", "socket.connect",
        "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname", "socket.getnameinfo", "socket.sendmsg",
        "socket.sendto", "socket.sethostname", "syslog.openlog", "syslog.syslog",
        # files
        "os.chdir", "os.chflags", "os.chmod", "os.chown", "os.link", "os.lockf", "os.mkdir", "os.remove",
        "os.removexattr", "os.rename", "os.rmdir", "os.setxattr", "os.symlink", "os.truncate", "os.utime",
    }
)  # fmt: skip
"""Events that end the process (https://docs.python.org/3/library/audit_events.html)."""


def make_hook() -> Hook:
    """Make a hook that consists of C code only.

    It is the `pop` method of a dict whose keys are the denied events. A denied event takes its value out of the dict;
    that destroys the value, and the callback of a weak reference to it ends the process.
    """
    # Why not a function: a hook in Python has a frame. A signal handler of the answer can run on top of that frame and,
    # since PEP 667, rewrite its variables before they are compared.
    #
    # A weak reference calls back with itself as the argument, and os._exit takes a number. So the callback is next() on
    # an iterator that calls os._exit(EXIT_CODE); the reference is taken for next()'s default value.
    leave = partial(next, iter(partial(os._exit, EXIT_CODE), None))
    traps: dict[Any, Any] = {event: set() for event in DENIED}
    # A weak reference must outlive its object to call back. No event is named None.
    traps[None] = [ref(trap, leave) for trap in traps.values()]
    return traps.pop


_RESERVE_LEVELS = 12
"""More than twice as many as the hook needs: `pop`, the callback, `next`, the iterator, and `os._exit`."""


def make_reserve() -> Hook:
    """Make a hook that fails where few levels of recursion, or little of the stack, are left.

    It does nothing but call through some levels of C code. The hook of `make_hook` needs fewer to end the process. If
    it ran out of them half-way, the error would be lost in the callback, and the event be allowed from then on. So this
    one comes first, and refuses the event by a RecursionError.
    """
    reserve: Hook = dict[Any, Any]().pop
    for _ in range(_RESERVE_LEVELS):
        reserve = lru_cache(maxsize=0)(reserve)
        del reserve.__wrapped__
    return reserve


_reserve = make_reserve()
"""Made before the fork: it is the same for all, and of no use to an answer."""


def apply(hook: Hook | None = None) -> None:
    """Install the hook in this process, for good, behind that of `make_reserve`.

    Args:
        hook: from `make_hook`. It must not be kept where an answer can find it, or its dict could be emptied.
    """
    sys.addaudithook(_reserve)
    sys.addaudithook(hook or make_hook())


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    pid = os.fork()
    if pid == 0:
        apply()
        sys.audit("os.exec", "/bin/true", ["true"], None)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return None if os.waitstatus_to_exitcode(status) == EXIT_CODE else "a denied event did not end the process"
