"""Extract the answers of a batch bit by bit, between the other work of the event loop and before its deadline."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from grader.core.scoring import unscored_grade
from grader.core.tasks import GradingTask
from grader.extraction import extract, extract_prediction
from grader.types import TestResult, sample_label
from testcases.model import PREDICTION_NAME
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.core.problems import PreparedProblem
    from grader.types import Grade, Sample

__all__ = ["ExtractionQueue"]

_SLICE_S: Final = 0.05
"""Seconds after which the event loop gets its turn. Most batches take less, all of their completions together."""


class ExtractionQueue:
    """Samples whose completions have not been read yet, the shortest first.

    A text that takes long to read delays only those that are longer, and none beyond the deadline.

    Args:
        present: position, sample and problem of each.
        deadline: time after which nothing is read any more (`time.monotonic`).
        max_chars: maximum length of a completion; longer ones are not read.
        with_prompts: whether tasks hold the text that their answers respond to.
    """

    def __init__(
        self,
        present: Iterable[tuple[int, Sample, PreparedProblem]],
        *,
        deadline: float,
        max_chars: int,
        with_prompts: bool,
    ) -> None:
        # Equal texts one after the other, so that they are read together and graded once.
        self._waiting = deque(
            sorted(present, key=lambda item: (len(item[1].completion or ""), item[1].completion or ""))
        )
        self._deadline = deadline
        self._max_chars = max_chars
        self._with_prompts = with_prompts
        self.rejected: list[tuple[int, Grade]] = []
        """Positions and grades of samples that were not read before the deadline."""

    def __len__(self) -> int:
        return len(self._waiting)

    def next_tasks(self, max_tasks: int) -> list[GradingTask]:
        """Read completions for a moment, at least one; return the tasks, one for all samples that are equal.

        Tasks of one problem come one after the other, so that they can share a harness process.

        Args:
            max_tasks: number of tasks after which no more is read.
        """
        started = time.monotonic()
        tasks: dict[tuple[object, ...], GradingTask] = {}
        by_problem: dict[str, list[GradingTask]] = {}
        completion: str | None = None
        while self._waiting:
            now = time.monotonic()
            if now >= self._deadline:
                self._reject_all()
                break
            is_enough = now >= started + _SLICE_S or len(tasks) >= max_tasks
            if tasks and is_enough and self._waiting[0][1].completion != completion:
                break
            index, sample, problem = self._waiting.popleft()
            completion = sample.completion
            new = self._task(sample, problem)
            task = tasks.setdefault(new.key, new)
            task.samples.append((index, sample.id))
            if task is new:
                by_problem.setdefault(problem.digest, []).append(task)
        return [task for group in by_problem.values() for task in group]

    def _task(self, sample: Sample, problem: PreparedProblem) -> GradingTask:
        completion = sample.completion or ""
        if problem.problem.answer == "literal":
            extraction = extract_prediction(completion, PREDICTION_NAME, max_chars=self._max_chars)
        else:
            extraction = extract(
                completion,
                entry_point=problem.problem.entry_point,
                prompt=problem.problem.prompt,
                max_chars=self._max_chars,
            )
        return GradingTask(problem, extraction, sample.prompt if self._with_prompts else "")

    def _reject_all(self) -> None:
        for index, sample, problem in self._waiting:
            reason = f"sample {sample_label(sample.id, index)}: not read before the deadline"
            # With tests: without any, a grade says that its sample is malformed.
            tests = (TestResult(Verdict.NOT_RUN, detail="the deadline came first"),) * problem.test_count
            self.rejected.append((index, replace(unscored_grade(sample.id, reason), tests=tests)))
        self._waiting.clear()
