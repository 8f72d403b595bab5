"""Isolation layer: resource limits, the one layer of the kernel that every host has.

Stops: opening any descriptor (no file, no socket, no library to load), starting any process or thread, using
more address space or CPU than granted, writing files, dumping core. Limits are hard: an unprivileged process cannot
raise them (getrlimit(2)).
Absence: never; a host without it cannot run answers.
"""

from __future__ import annotations

import math
import os
import resource
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["NAME", "ResourceLimits", "address_space_bytes", "apply", "apply_early", "hard_limits", "probe"]

NAME = "rlimits"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ZERO_EARLY, _ZERO_LATE = (
    (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE),
    (resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE),
)
_ZERO = (*_ZERO_EARLY, *_ZERO_LATE)
"""Limits that are set to 0. What is open or running already stays: 0 refuses every new descriptor, process and thread.

``RLIMIT_NPROC`` does not bind root, so privileges must be dropped (`sandbox.isolation.privileges`)."""
_CPU, _SPACE, _STACK = resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_STACK
_STACK_BYTES = 120 << 20
"""Largest stack of the main thread: programs that recurse deeply ask for more than the usual 8 MiB, which they cannot.

The kernel leaves 128 MiB free below a stack, less some for its random start (mm/util.c, ``mmap_base``). It counts as
address space once it is used."""
_INFINITY = resource.RLIM_INFINITY
_setrlimit = resource.setrlimit
_open = open
"""The real function: in the processes of a run, files are in memory."""


class ResourceLimits(NamedTuple):
    """What a process may use."""

    cpu_s: float
    """CPU seconds, rounded up to whole ones; the kernel kills a process that uses more."""
    memory_mb: int
    """Address space in MiB on top of what the process has when the limits are set."""


def address_space_bytes() -> int:
    """Return the size of the calling process's address space (proc(5), ``/proc/PID/statm``)."""
    with _open("/proc/self/statm", "rb", buffering=0) as statm:
        return int(statm.read(64).split(None, 1)[0]) * _PAGE_BYTES


def hard_limits() -> dict[int, int]:
    """Return the hard limits that the calling process has already, for each kind that `apply` sets."""
    return {kind: resource.getrlimit(kind)[1] for kind in (*_ZERO, _CPU, _SPACE, _STACK)}


def apply(limits: ResourceLimits, *, base_bytes: int | None = None, hard: Mapping[int, int] | None = None) -> None:
    """Set hard limits on the calling process.

    Args:
        limits: resources that it may use from now on.
        base_bytes: its `address_space_bytes`, if known.
        hard: its `hard_limits`, if known.
    """
    base = address_space_bytes() if base_bytes is None else base_bytes
    hard = hard_limits() if hard is None else hard
    # Whole seconds, and not 0: the kernel takes a CPU limit of 0 for 1 (getrlimit(2)).
    _set(_CPU, max(1, math.ceil(limits.cpu_s)), hard)
    # RLIMIT_AS counts what is mapped already, such as the preloaded libraries: the grant comes on top of that. There is
    # no limit on resident memory: RLIMIT_RSS has had no effect since Linux 2.4.30.
    _set(_SPACE, base + limits.memory_mb * 1024 * 1024, hard)
    _set_stack(hard)
    for kind in _ZERO:
        _set(kind, 0, hard)


def apply_early(hard: Mapping[int, int]) -> Callable[[float, int], None]:
    """Set those limits on the calling process that it can have, too, and return what sets the others in its children.

    The function takes the CPU seconds and the bytes of address space that `apply` sets. It does as little as it can: a
    process that was just forked copies a page for nearly everything that it touches.
    """
    _set_stack(hard)
    for kind in _ZERO_EARLY:
        _set(kind, 0, hard)
    zero = (0, 0)
    nproc, nofile = _ZERO_LATE
    most_cpu_s, most_space = hard[_CPU], hard[_SPACE]

    def apply_late(cpu_s: float, space: int) -> None:
        seconds = max(1, math.ceil(cpu_s))
        if most_cpu_s != _INFINITY:
            seconds = min(seconds, most_cpu_s)
        if most_space != _INFINITY:
            space = min(space, most_space)
        _setrlimit(_CPU, (seconds, seconds))
        _setrlimit(_SPACE, (space, space))
        _setrlimit(nproc, zero)
        _setrlimit(nofile, zero)

    return apply_late


def _set_stack(hard: Mapping[int, int]) -> None:
    stack = hard[_STACK]
    _setrlimit(_STACK, (_STACK_BYTES if stack == _INFINITY else min(stack, _STACK_BYTES), stack))


def _set(kind: int, value: int, hard: Mapping[int, int]) -> None:
    # A host may have set lower limits, which cannot be raised. Soft equals hard, so a process over its CPU limit is
    # killed at once: SIGXCPU, which comes at a lower soft limit, could be caught.
    if hard[kind] != _INFINITY:
        value = min(value, hard[kind])
    _setrlimit(kind, (value, value))


def probe() -> str | None:
    """Return why the layer does not work here, or ``None``. Changes the calling process: call it in a forked child."""
    try:
        apply(ResourceLimits(cpu_s=60, memory_mb=256))
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
