"""Grade samples while processes of the sandbox are killed and stopped at random moments.

``python -m tests.soak.faults --samples 5000``; see also ``make faults``. Every sample must have exactly one result. A
scored sample must have the same grade as without faults; unscored samples are counted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import Grade, GradeStatus
from tests.soak.injector import Fault, Injector
from tests.soak.meter import Meter, Process, family
from tests.soak.samples import Mix, items
from tests.soak.show import Progress, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.soak.samples import Item

__all__ = ["Trial", "run"]

_BATCH = 100
_SLOWEST_S = 300.0
"""A batch that takes longer has hung: stopped processes are noticed within seconds, whatever the load."""
_MIX = Mix(hostile_every=100, problems=40)
_GONE_S = 10.0


@dataclass(slots=True)
class Trial:
    """Result of a run."""

    samples: int
    faults: list[Fault] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)
    """Reason of each unscored sample."""
    wrong: list[str] = field(default_factory=list)
    """Descriptions of everything that is wrong."""
    slowest_s: float = 0.0
    """Seconds of the slowest batch."""
    elapsed_s: float = 0.0


def run(
    samples: int,
    *,
    mix: Mix = _MIX,
    environ: dict[str, str] | None = None,
    pause_s: float = 0.25,
    batch: int = _BATCH,
    injector: Callable[..., Injector] = Injector,
    progress: Callable[[int], None] = lambda _: None,
) -> Trial:
    """Grade samples twice: without faults, and with faults.

    Args:
        samples: number of samples.
        mix: composition of the samples; its seed is also that of the faults.
        environ: settings of the grader.
        pause_s: mean seconds between two faults.
        batch: samples per batch.
        injector: creates the context that injects faults.
        progress: called with the number of graded samples, of twice the number.
    """
    config = GraderConfig.load(None, {"GRADER_LIMITS_WALL_S": "5"} | (environ or {}))
    trial = Trial(samples)
    Meter()  # marks the processes that are started from now on
    others = {process.pid for process in family()}
    started = time.monotonic()
    with Grader(config) as grader:
        right = [
            _essence(grade)
            for first in range(0, samples, batch)
            for grade in _graded(grader, _row(first, samples, batch, mix), trial, progress, first)
        ]
    with Grader(config) as grader:
        grader.host()
        with injector(grader, seed=mix.seed, pause_s=pause_s) as faults:
            for first in range(0, samples, batch):
                row = _row(first, samples, batch, mix)
                began = time.monotonic()
                grades = _graded(grader, row, trial, progress, samples + first)
                trial.slowest_s = max(trial.slowest_s, time.monotonic() - began)
                _compare(trial, row, grades, right[first:])
        trial.faults = faults.faults
    trial.elapsed_s = time.monotonic() - started
    if trial.slowest_s > _SLOWEST_S:
        trial.wrong.append(f"a batch took {trial.slowest_s:.0f} s")
    trial.wrong += [f"process {process.pid} ({process.state}) is left" for process in _left(others)]
    return trial


def _row(first: int, samples: int, batch: int, mix: Mix) -> list[Item]:
    return list(items(first, min(first + batch, samples), mix))


def _graded(
    grader: Grader, row: Sequence[Item], trial: Trial, progress: Callable[[int], None], done: int
) -> list[Grade]:
    """Grade a row of samples; report any sample without exactly one grade."""
    grades: dict[int, Grade] = {}
    count = 0
    for index, grade in grader.grade_iter([item.sample for item in row]):
        grades[index] = grade
        count += 1
        progress(done + count)
    if count != len(row) or grades.keys() != set(range(len(row))):
        trial.wrong.append(f"{len(row)} samples have {count} grades, for {len(grades)} of them")
    return [grades[index] for index in sorted(grades)]


def _compare(trial: Trial, row: Sequence[Item], grades: Sequence[Grade], right: Sequence[Any]) -> None:
    for item, grade, expected in zip(row, grades, right, strict=False):
        name = f"{item.kind} answer {item.sample.id} ({item.name})"
        if grade.sample_id != item.sample.id:
            trial.wrong.append(f"{name} has the grade of {grade.sample_id}")
        elif grade.status is GradeStatus.UNSCORED:
            trial.unscored.append(f"{name}: {grade.reason}")
        elif _essence(grade) != expected:
            trial.wrong.append(f"{name} has {_essence(grade)} instead of {expected}: {grade.reason}")


def _essence(grade: Grade) -> tuple[Any, ...]:
    """Return what does not depend on time, or on the moment at which a hostile answer was stopped."""
    verdicts = Counter(test.verdict.value for test in grade.tests)
    return grade.reward, *(grade.metric(name) for name in ("syntax", "functional", "style")), sorted(verdicts.items())


def _left(others: set[int]) -> list[Process]:
    """Return processes that were started by the run and outlived it."""
    give_up = time.monotonic() + _GONE_S
    while left := [process for process in family() if process.pid not in others]:
        if time.monotonic() > give_up:
            break
        time.sleep(0.05)
    return left


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.25, help="mean seconds between two faults")
    parser.add_argument("--isolation", default="auto", help="isolation tier")
    options = parser.parse_args(arguments)
    mix = Mix(options.seed, _MIX.hostile_every, problems=_MIX.problems)
    with Progress(2 * options.samples, "samples") as progress:
        trial = run(
            options.samples,
            mix=mix,
            environ={"GRADER_ISOLATION": options.isolation},
            pause_s=options.pause,
            progress=progress.reach,
        )
    counts = Counter((fault.role, fault.kind) for fault in trial.faults)
    kinds = sorted({kind for _, kind in counts})
    roles = sorted({role for role, _ in counts})
    print_table(["", *kinds], [[role, *(counts[role, kind] for kind in kinds)] for role in roles])
    print(
        f"{trial.samples} samples, {len(trial.faults)} faults, {len(trial.unscored)} unscored, {len(trial.wrong)} wrong"
    )
    print(f"the slowest batch took {trial.slowest_s:.1f} s, the run {trial.elapsed_s:.0f} s")
    for reason, count in Counter(reason.partition(": ")[2] for reason in trial.unscored).most_common():
        print(f"unscored, {count}: {reason}")
    for complaint in trial.wrong[:20]:
        print(f"ERROR: {complaint}")
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
