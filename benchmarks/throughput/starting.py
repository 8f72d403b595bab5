"""How long a process takes from its start to its first response."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.throughput.contender import ContenderFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["cold_start_s"]

_ROOT = Path(__file__).parents[2]


def cold_start_s(kind: str, event: Path, samples: int, environ: Mapping[str, str]) -> float:
    """Seconds from the start of a process to its response to an event.

    Args:
        kind: ``grader`` or ``plain``; see `benchmarks.throughput.contenders.cold`.
        event: the file with the event.
        samples: how many results it must have; ``plain`` has one.
        environ: settings.

    Raises:
        ContenderFailedError: it has no such response.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    program = [sys.executable, "-m", "benchmarks.throughput.contenders.cold", kind, str(event)]
    started = time.perf_counter()
    with subprocess.Popen(
        program,
        env={**inherited, "PYTHONPATH": str(_ROOT), **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = process.stdout.readline()
        seconds = time.perf_counter() - started
        if told.strip() != str(samples):
            raise ContenderFailedError(f"a cold {kind} does not answer: {process.stderr.read().strip()[-500:]}")
    return seconds
