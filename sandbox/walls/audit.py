"""Wall: an audit hook that ends the process when it is about to do what only an attack does.

Stops: starting programs and processes, signals to others (fcntl(2) can have them sent, by F_SETOWN), native code,
tracing; it ends the process at once with a code of its own, because an exception could be swallowed (PEP 578 hooks
cannot be removed). Absence: never; it is plain Python. Some functions raise no event: the wall ``functions`` removes
those.
"""

from __future__ import annotations

import os
import sys

__all__ = ["DENIED", "EXIT_CODE", "NAME", "probe", "put_up"]

NAME = "audit"
EXIT_CODE = 86
"""How the process ends on a hit."""

DENIED: frozenset[str] = frozenset(
    {
        "os.exec", "os.fork", "os.forkpty", "os.kill", "os.killpg", "os.posix_spawn", "os.spawn", "os.system",
        "subprocess.Popen", "pty.spawn", "signal.pthread_kill", "ctypes.dlopen", "ctypes.dlsym",
        "ctypes.dlsym/handle", "ctypes.addressof", "ctypes.string_at", "ctypes.wstring_at", "ctypes.cdata",
        "ctypes.cdata/buffer", "ctypes.call_function", "ctypes.create_string_buffer", "sys.settrace",
        "sys.setprofile", "sys._current_frames", "sys._current_exceptions", "sys.monitoring.register_callback",
        "cpython._PySys_ClearAuditHooks", "cpython.PyInterpreterState_New", "resource.prlimit", "resource.setrlimit",
        "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo",
        "socket.gethostbyname", "fcntl.fcntl", "fcntl.ioctl",
        "os.symlink", "os.link", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod",
        "os.chown", "os.truncate", "os.chdir", "os.utime", "os.setxattr", "os.removexattr",
    }
)  # fmt: skip
"""Events that end the process (https://docs.python.org/3/library/audit_events.html)."""


def put_up() -> None:
    """Install the hook in this process, for good."""
    denied, leave, code = DENIED, os._exit, EXIT_CODE

    def hook(event: str, _: tuple[object, ...]) -> None:
        if event in denied:
            leave(code)

    sys.addaudithook(hook)


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    put_up()
    return None
