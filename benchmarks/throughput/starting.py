"""How long a process takes from its start to its first response."""

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
    """What it took."""

    seconds: float
    """From the start of the process to its response."""
    cpu_s: float
    """Of the process and all that descends from it, until then."""


def compile_packages() -> None:
    """Have the bytecode of the packages written, as an installation has it; the sandbox's processes write none."""
    for name in ("grader", "sandbox", "testcases"):
        compileall.compile_dir(_ROOT / name, quiet=2)


def cold_start(kind: str, event: Path, samples: int, environ: Mapping[str, str]) -> Start:
    """What a process takes from its start to its response to an event.

    Args:
        kind: ``grader`` or ``plain``; see `benchmarks.throughput.contenders.cold`.
        event: the file with the event.
        samples: how many results it must have; ``plain`` has one.
        environ: settings.

    Raises:
        ContenderFailedError: it has no such response.
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
        told = process.stdout.readline()
        seconds = time.perf_counter() - started
        spent = sum(cpu_s(process.pid).values())
        process.stdin.close()
        if told.strip() != str(samples):
            raise ContenderFailedError(f"a cold {kind} does not answer: {process.stderr.read().strip()[-500:]}")
    return Start(seconds, spent)
