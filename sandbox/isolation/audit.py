"""Wall: an audit hook that ends the process when it is about to do what only an attack does.

Stops: starting programs, processes and interpreters; signals to others (fcntl(2) can have them sent, by F_SETOWN);
native code, and code objects built by hand, which can be made to read and write any memory; tracing; searching all
objects of the process for what is not the answer's. It ends the process at once with a code of its own, because an
exception could be swallowed (PEP 578 hooks cannot be removed). Absence: never; it is plain Python. Some functions
raise no event: the wall ``functions`` removes those.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias
from weakref import ref

__all__ = ["DENIED", "EXIT_CODE", "NAME", "Hook", "apply", "make_hook", "probe"]

Hook: TypeAlias = Callable[[str, tuple[Any, ...]], object]

NAME = "audit"
EXIT_CODE = 86
"""How the process ends on a hit."""

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
        # what is not the answer's
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
    """A hook, all of it written in C.

    A hook in Python has a frame, and a signal handler of the answer's could run on top of that and, since PEP 667,
    rewrite its variables before they are looked at. This one takes a denied event out of a dict; the object that was
    its value is destroyed by that, and whoever watches its end ends the process.
    """
    leave = partial(next, iter(partial(os._exit, EXIT_CODE), None))  # whatever else it is given is the default
    traps: dict[Any, Any] = {event: set() for event in DENIED}
    traps[None] = [ref(trap, leave) for trap in traps.values()]
    return traps.pop


def apply(hook: Hook | None = None) -> None:
    """Install the hook in this process, for good. Who keeps it where an answer can find it has no wall."""
    sys.addaudithook(hook or make_hook())


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    pid = os.fork()
    if pid == 0:
        apply()
        sys.audit("os.exec", "/bin/true", ["true"], None)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return None if os.waitstatus_to_exitcode(status) == EXIT_CODE else "a denied event did not end the process"
