"""Replacement of ``resource``: limits that can be set and read, and change nothing."""

from __future__ import annotations

import os as _os
import time as _time
from typing import Any, NamedTuple

__all__ = [
    "RLIMIT_AS",
    "RLIMIT_CORE",
    "RLIMIT_CPU",
    "RLIMIT_DATA",
    "RLIMIT_FSIZE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_NOFILE",
    "RLIMIT_NPROC",
    "RLIMIT_OFILE",
    "RLIMIT_RSS",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME",
    "RLIMIT_SIGPENDING",
    "RLIMIT_STACK",
    "RLIM_INFINITY",
    "RUSAGE_CHILDREN",
    "RUSAGE_SELF",
    "RUSAGE_THREAD",
    "error",
    "getpagesize",
    "getrlimit",
    "getrusage",
    "setrlimit",
    "struct_rusage",
]

error = OSError
RLIM_INFINITY = -1
RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE = range(8)
RLIMIT_MEMLOCK, RLIMIT_AS = 8, 9
RLIMIT_OFILE = RLIMIT_NOFILE
RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME = range(11, 16)
RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD = 0, -1, 1

_KINDS = range(16)
_MAX = 1 << 63
_PEAK_KIB = 10_000
"""Peak memory that is reported: one figure, so that equal programs print the same."""
_limits = dict.fromkeys(_KINDS, (RLIM_INFINITY, RLIM_INFINITY))
_limits[RLIMIT_STACK] = (8 << 20, RLIM_INFINITY)
_limits[RLIMIT_CORE] = (0, RLIM_INFINITY)
_limits[RLIMIT_NOFILE] = (1024, 4096)


class struct_rusage(NamedTuple):  # noqa: N801 - its name in the module
    """Resources that a process has used."""

    ru_utime: float
    ru_stime: float
    ru_maxrss: int
    ru_ixrss: int = 0
    ru_idrss: int = 0
    ru_isrss: int = 0
    ru_minflt: int = 0
    ru_majflt: int = 0
    ru_nswap: int = 0
    ru_inblock: int = 0
    ru_oublock: int = 0
    ru_msgsnd: int = 0
    ru_msgrcv: int = 0
    ru_nsignals: int = 0
    ru_nvcsw: int = 0
    ru_nivcsw: int = 0


def getrlimit(resource: int, /) -> tuple[int, int]:
    """Return the soft and the hard limit."""
    if resource not in _KINDS:
        raise ValueError("invalid resource specified")
    return _limits[resource]


def setrlimit(resource: int, limits: Any, /) -> None:
    """Record a soft and a hard limit."""
    _, ceiling = getrlimit(resource)
    try:
        soft, hard = limits
    except ValueError:
        raise ValueError("expected a tuple of 2 integers") from None
    if not isinstance(soft, int) or not isinstance(hard, int):
        raise TypeError("integer argument expected")
    if _size(soft) > _size(hard):
        raise ValueError("current limit exceeds maximum limit")
    if _size(hard) > _size(ceiling):
        raise ValueError("not allowed to raise maximum limit")
    _limits[resource] = soft, hard


def _size(limit: int) -> int:
    return _MAX if limit == RLIM_INFINITY else limit


def getrusage(who: int, /) -> struct_rusage:
    """Return the resources that the process has used."""
    if who not in {RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD}:
        raise ValueError("invalid who parameter")
    if who == RUSAGE_CHILDREN:
        return struct_rusage(0.0, 0.0, 0)
    times = _os.times()
    return struct_rusage(min(times.user, _time.process_time()), times.system, _PEAK_KIB)


def getpagesize() -> int:
    """Return the size of a page in bytes."""
    return _os.sysconf("SC_PAGE_SIZE")
