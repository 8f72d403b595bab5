"""Measure the time of a process from its start to its first response."""

from __future__ import annotations

import compileall
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.throughput.contender import ContenderFailedError, environ_for
from benchmarks.throughput.usage import cpu_s

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Start", "cold_start", "compile_packages"]

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Start:
    """Time of one start."""

    seconds: float
    """Seconds from the start of the process to its response."""
    cpu_s: float
    """CPU seconds of the process and its descendants until the response."""


def compile_packages() -> None:
    """Write the bytecode of the packages, as an installation does; processes of the sandbox do not write any."""
    for name in ("grader", "sandbox", "testcases"):
        compileall.compile_dir(_ROOT / name, quiet=2)


def cold_start(kind: str, event: Path, samples: int, environ: Mapping[str, str]) -> Start:
    """Start a process and measure until its response to an event.

    Args:
        kind: ``grader`` or ``plain``; see `benchmarks.throughput.contenders.cold`.
        event: file with the event.
        samples: expected number of results; ``plain`` returns one.
        environ: settings of the grader.

    Raises:
        ContenderFailedError: the response is missing or wrong.
    """
    program = [sys.executable, "-m", "benchmarks.throughput.contenders.cold", kind, str(event)]
    started = time.perf_counter()
    with subprocess.Popen(
        program,
        env={**environ_for(Path(sys.executable)), **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        response = process.stdout.readline()
        seconds = time.perf_counter() - started
        spent = sum(cpu_s(process.pid).values())
        process.stdin.close()
        if response.strip() != str(samples):
            raise ContenderFailedError(
                f"{kind}: no valid response after a cold start: {process.stderr.read().strip()[-500:]}"
            )
    return Start(seconds, spent)
