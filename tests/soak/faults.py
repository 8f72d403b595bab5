"""Grades samples while processes of the sandbox are killed and stopped at random moments.

``python -m tests.soak.faults --samples 5000``; see also ``make faults``. Every sample must have one result. One that is
scored must have the grade it gets when nothing happens; those that are not are counted.
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
"""A batch that takes longer has hung: what is stopped is noticed within seconds, whatever the load."""
_MIX = Mix(hostile_every=100, problems=40)
_GONE_S = 10.0


@dataclass(slots=True)
class Trial:
    """What came of it."""

    samples: int
    faults: list[Fault] = field(default_factory=list)
    unscored: list[str] = field(default_factory=list)
    """Why, for each sample that has no grade."""
    wrong: list[str] = field(default_factory=list)
    """Everything that is not as it must be."""
    slowest_s: float = 0.0
    """Of the batches."""
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
    """Grade so many samples twice, once in peace.

    Args:
        samples: how many.
        mix: what they are; its seed is that of the faults, too.
        environ: settings of the grader.
        pause_s: between two faults, on average.
        batch: how many samples at a time.
        injector: what makes the faults.
        progress: told how many samples are graded, of twice as many.
    """
    config = GraderConfig.load(None, {"GRADER_LIMITS_WALL_S": "5"} | (environ or {}))
    trial = Trial(samples)
    Meter()  # marks what this process starts from now on
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
    """Grade a row; each of its samples must get one grade."""
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
    for item, grade, wanted in zip(row, grades, right, strict=False):
        name = f"{item.kind} answer {item.sample.id} ({item.name})"
        if grade.sample_id != item.sample.id:
            trial.wrong.append(f"{name} has the grade of {grade.sample_id}")
        elif grade.status is GradeStatus.UNSCORED:
            trial.unscored.append(f"{name}: {grade.reason}")
        elif _essence(grade) != wanted:
            trial.wrong.append(f"{name} has {_essence(grade)} instead of {wanted}: {grade.reason}")


def _essence(grade: Grade) -> tuple[Any, ...]:
    """What is the same however long it took, and wherever a hostile answer was cut off."""
    verdicts = Counter(test.verdict.value for test in grade.tests)
    return grade.reward, *(grade.metric(name) for name in ("syntax", "functional", "style")), sorted(verdicts.items())


def _left(others: set[int]) -> list[Process]:
    """Processes that are still there when all is over, and were not before."""
    give_up = time.monotonic() + _GONE_S
    while left := [process for process in family() if process.pid not in others]:
        if time.monotonic() > give_up:
            break
        time.sleep(0.05)
    return left


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=0.25, help="seconds between two faults, on average")
    parser.add_argument("--isolation", default="auto", help="the tier")
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
    counts = Counter((fault.role, fault.what) for fault in trial.faults)
    whats = sorted({what for _, what in counts})
    roles = sorted({role for role, _ in counts})
    print_table(["", *whats], [[role, *(counts[role, what] for what in whats)] for role in roles])
    print(
        f"{trial.samples} samples, {len(trial.faults)} faults, {len(trial.unscored)} unscored, {len(trial.wrong)} wrong"
    )
    print(f"the slowest batch took {trial.slowest_s:.1f} s, all of it {trial.elapsed_s:.0f} s")
    for reason, count in Counter(reason.partition(": ")[2] for reason in trial.unscored).most_common():
        print(f"unscored, {count}: {reason}")
    for complaint in trial.wrong[:20]:
        print(f"NOT WELL: {complaint}")
    return 1 if trial.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
