"""Wall: resource limits, the kernel wall that stands on every host.

Stops: opening any descriptor (no file, no socket, no library to load), starting any process or thread, using
more address space or CPU than granted, writing files, dumping core. Limits are hard: an unprivileged process cannot
raise them (getrlimit(2)).
Absence: never; a host without it cannot run answers.
"""

from __future__ import annotations

import math
import os
import resource
from dataclasses import dataclass

__all__ = ["NAME", "ResourceLimits", "address_space_bytes", "probe", "put_up"]

NAME = "rlimits"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class ResourceLimits:
    """What a process may use."""

    cpu_s: float
    """CPU seconds, rounded up to whole ones; the kernel kills beyond."""
    memory_mb: int
    """Address space in MiB on top of what the process has when the wall goes up."""
    descriptors: int | None = 0
    """New descriptors are refused when all below this number are taken; 0 refuses every new one. ``None``: as
    inherited."""
    processes: int | None = 0
    """0 refuses every new process and thread to an unprivileged user. ``None``: as inherited."""


def address_space_bytes() -> int:
    """Size of the calling process's address space (proc(5), statm)."""
    with open("/proc/self/statm", "rb", buffering=0) as statm:
        return int(statm.read(64).split(None, 1)[0]) * _PAGE_BYTES


def put_up(limits: ResourceLimits, *, base_bytes: int | None = None) -> None:
    """Set hard limits on the calling process."""
    base = address_space_bytes() if base_bytes is None else base_bytes
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CPU, max(1, math.ceil(limits.cpu_s)))
    _set(resource.RLIMIT_AS, base + limits.memory_mb * 1024 * 1024)
    if limits.processes is not None:
        _set(resource.RLIMIT_NPROC, limits.processes)
    if limits.descriptors is not None:
        _set(resource.RLIMIT_NOFILE, limits.descriptors)


def _set(which: int, value: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def probe() -> str | None:
    """Why the wall cannot stand, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        put_up(ResourceLimits(cpu_s=60, memory_mb=256))
    except (OSError, ValueError) as error:
        return f"limits cannot be set: {error}"
    try:
        os.close(os.open("/", os.O_RDONLY))
    except OSError:
        pass
    else:
        return "a descriptor can be opened under RLIMIT_NOFILE=0"
    try:
        pid = os.fork()
    except OSError:
        return None
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "a process can be started under RLIMIT_NPROC=0 (running as root?)"
