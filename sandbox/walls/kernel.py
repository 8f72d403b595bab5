"""System calls that Python has no function for, by `ctypes`.

Only for a process that will be replaced by exec(2), or end, before anything of an answer's comes near: `ctypes` left in
memory would let an answer call native code.
"""

from __future__ import annotations

import ctypes
import os

from sandbox.walls.syscalls import NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["call", "execute", "prctl"]

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_COLUMN = {"x86_64": 0, "aarch64": 1}.get(os.uname().machine)
_AT_EMPTY_PATH = 0x1000
_PRCTL_ARGUMENTS = 5


def call(name: str, *arguments: int | bytes | ctypes.Array[Any] | None) -> int:
    """Make a system call by its name in `sandbox.walls.syscalls`.

    Args:
        name: of the call.
        arguments: integers as C longs; bytes and buffers as pointers; ``None`` as a null pointer.

    Raises:
        OSError: the kernel refuses; also when the processor's numbers are not known here.
    """
    number = None if _COLUMN is None else NUMBERS[name][_COLUMN]
    if number is None:
        raise OSError(38, f"{name} has no known number on {os.uname().machine}")
    converted = [ctypes.c_long(item) if isinstance(item, int) else item for item in arguments]
    result: int = _libc.syscall(ctypes.c_long(number), *converted)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return result


def prctl(option: int, value: int = 0) -> None:
    """Set something of the calling process; arguments that are not used are 0, as newer options demand (prctl(2)).

    Raises:
        OSError: the kernel refuses.
    """
    call("prctl", option, value, *[0] * (_PRCTL_ARGUMENTS - 2))


def execute(descriptor: int, arguments: Sequence[str], environment: Sequence[str]) -> None:
    """Become the program that ``descriptor`` has open, by execveat(2). Returns never.

    Raises:
        OSError: the kernel refuses.
    """
    call("execveat", descriptor, b"", _strings(arguments), _strings(environment), _AT_EMPTY_PATH)


def _strings(items: Sequence[str]) -> ctypes.Array[ctypes.c_char_p]:
    return (ctypes.c_char_p * (len(items) + 1))(*(os.fsencode(item) for item in items), None)
