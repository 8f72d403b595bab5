"""The memory of this host, and the number of answers that may run at once in it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandbox.sandbox import SPARES_PER_EXECUTOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.wire.limits import Limits

__all__ = ["executors_in", "host_memory_mb", "run_memory_mb"]

_BASE_MB: Final = 100.0
"""Memory of the grader's own process and the analyzers."""
_EXECUTOR_MB: Final = 40.0
"""Memory of the idle processes of an executor."""
_CGROUP_LIMITS: Final = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Limits of a container (Linux, admin-guide/cgroup-v2 and cgroup-v1/memory)."""


def run_memory_mb(limits: Limits) -> float:
    """Return the MiB that one answer can make its own process and that of its tests take."""
    return limits.memory_mb + limits.value_mb


def executors_in(memory_mb: float, workers: int, limits: Limits) -> int:
    """Return the number of executors that a host has memory for: at least one a worker, and at most its spares, too.

    Args:
        memory_mb: memory of the host, in MiB.
        workers: number of answers that run at a time.
        limits: limits of one sample.
    """
    fitting = int((memory_mb - _BASE_MB) // (run_memory_mb(limits) + _EXECUTOR_MB))
    return min(max(workers, fitting), workers * (1 + SPARES_PER_EXECUTOR))


def host_memory_mb(environ: Mapping[str, str]) -> float:
    """Return the memory that this host has for the grader, in MiB: of the Lambda function, container or machine."""
    function_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "")
    if function_mb.isdecimal():
        return float(function_mb)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *(limit for path in _CGROUP_LIMITS if (limit := _limit_in(path)))]) / (1024 * 1024)


def _limit_in(path: str) -> int:
    """Return the number of bytes that a file of the kernel holds; 0 where there is no limit."""
    try:
        text = Path(path).read_text("ascii").strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() else 0
