"""Grade many samples in one process, and check that its resources and those of its descendants do not grow.

``python -m tests.soak.soak --samples 100000``; see also ``make soak``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from sandbox.types import ExecutionStatus
from testcases.model import CallTest, Problem
from tests.sandbox.conftest import Box
from tests.soak.flatness import Line, lines
from tests.soak.leaks import LEAKS
from tests.soak.meter import Meter, Reading
from tests.soak.samples import Kind, Mix, grade_error, items
from tests.soak.show import Progress, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Soak", "run"]

_BATCH = 100
_MIX = Mix()
_READINGS = 100
_LONG = 10_000
_DEADLINE_S = 100.0
_ROOM_MB, _SHORT_ROOM_MB = 4.0, 12.0
"""Allowed growth of memory; in a short run caches fill all the time."""
_ENVIRONMENTS = (
    {"GRADER_LIMITS_WALL_S": "2"},
    {"GRADER_LIMITS_WALL_S": "2", "GRADER_POLICY": "off"},
)
"""Settings of two graders that take turns: one as deployed, and one without the policy, which runs more attacks."""


@dataclass(slots=True)
class Soak:
    """Result of a run."""

    samples: int
    readings: list[Reading] = field(default_factory=list)
    graded: Counter[Kind] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Descriptions of wrong grades."""
    elapsed_s: float = 0.0

    @property
    def complaints(self) -> list[str]:
        """Descriptions of everything that is wrong."""
        return self.wrong + [line.complaint for line in self.lines if line.complaint]

    @property
    def lines(self) -> list[Line]:
        """Summaries of all readings."""
        return lines(self.readings, room_mb=_ROOM_MB if self.samples >= _LONG else _SHORT_ROOM_MB)


def run(
    samples: int,
    *,
    mix: Mix = _MIX,
    batch: int = _BATCH,
    environ: dict[str, str] | None = None,
    leak: Callable[[], None] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Soak:
    """Grade samples, and take readings between batches.

    Args:
        samples: number of samples.
        mix: composition of the samples.
        batch: samples per batch.
        environ: further settings for all graders.
        leak: called after each batch; a deliberate leak.
        progress: called after each batch with the number of graded samples.
    """
    soak = Soak(samples)
    started = time.monotonic()
    with ExitStack() as stack:
        tempfile.tempdir = stack.enter_context(tempfile.TemporaryDirectory(prefix="soak-"))
        stack.callback(setattr, tempfile, "tempdir", None)
        graders = [
            stack.enter_context(Grader(GraderConfig.load(None, settings | (environ or {}))))
            for settings in _ENVIRONMENTS
        ]
        meter = Meter(graders)
        for grader in graders:
            _start_spares(grader)
        for number, first in enumerate(range(0, samples, batch)):
            last = min(first + batch, samples)
            row = list(items(first, last, mix))
            grades = graders[number % len(graders)].grade_batch([item.sample for item in row])
            assert len(grades) == len(row)
            soak.graded.update(item.kind for item in row)
            soak.wrong += filter(None, map(grade_error, row, grades))
            if leak is not None:
                leak()
            if last * _READINGS // samples > first * _READINGS // samples:
                soak.readings.append(meter.read(last))
            progress(last)
    soak.elapsed_s = time.monotonic() - started
    return soak


def _start_spares(grader: Grader) -> None:
    """Run a job on every executor: spares start only when others are busy, and would look like growth later."""
    sandbox = grader._sandbox
    job = Box(sandbox).job(Problem((CallTest((), 42),), entry_point="f"), "def f():\n    return 42")
    workers = [*sandbox._executors, *sandbox._spare_executors]
    executions = sandbox.run([executor.execute(job, time.monotonic() + _DEADLINE_S) for executor in workers])
    assert all(execution.status is ExecutionStatus.COMPLETED for execution in executions)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--samples", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--leak", choices=sorted(LEAKS), help="leak something on purpose, to check that it is noticed")
    options = parser.parse_args(arguments)
    with LEAKS.get(options.leak, nullcontext)() as leak, Progress(options.samples, "samples") as progress:
        soak = run(options.samples, mix=Mix(options.seed), leak=leak, progress=progress.reach)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(soak.graded.items()))
    rate = soak.samples / soak.elapsed_s
    print(f"{soak.samples} samples in {soak.elapsed_s:.0f} s, {rate:.0f} per second: {counts}")
    head = ["", "after warm-up", "minimum", "maximum", "end", "per 10,000", ""]
    print_table(head, [_cells(line) for line in soak.lines])
    for complaint in soak.complaints[:20]:
        print(f"ERROR: {complaint}")
    print("nothing grows, and every grade is as expected" if not soak.complaints else "FAILED, see above")
    return 1 if soak.complaints else 0


def _cells(line: Line) -> list[str]:
    numbers = (line.first, line.minimum, line.maximum, line.last, line.per_10_000)
    texts = [f"{number:.1f}".removesuffix(".0") for number in numbers]
    return [line.name, *texts, "grows" if line.complaint else "flat"]


if __name__ == "__main__":
    sys.exit(main())
