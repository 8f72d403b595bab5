"""The grader itself, as a library, with settings from the environment."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from benchmarks.throughput.serving import serve
from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Workload
    from grader.types import Grade


class Own:
    """Grader that is reused for all batches."""

    def __init__(self) -> None:
        self._grader: Grader | None = None
        self._details: dict[str, Any] = {}

    def prepare(self, workload: Workload) -> None:
        """Start the processes."""
        self.close()
        self._grader = Grader(GraderConfig.load(None, {**os.environ, **workload.environ}))
        self._grader.host()

    def judge(self, workload: Workload) -> list[bool]:
        """Grade the batch."""
        assert self._grader is not None
        samples = [Sample(item.id, f"```python\n{item.answer}\n```", item.reference) for item in workload.items]
        done_s = [0.0] * len(samples)
        by_index: dict[int, Grade] = {}
        started = time.perf_counter()
        for index, grade in self._grader.grade_iter(samples):
            done_s[index] = time.perf_counter() - started
            by_index[index] = grade
        grades = [by_index[index] for index in range(len(samples))]
        self._details = {
            "done_s": done_s,
            "unscored": [grade.reason for grade in grades if grade.status is GradeStatus.UNSCORED],
            "answer_peak_mb": max(grade.metric("peak_mb") for grade in grades),
            "tier": self._grader.host().tier.value,
        }
        return [grade.metric("functional") == 1.0 for grade in grades]

    def details(self) -> dict[str, Any]:
        """Return the seconds until each grade, the isolation tier, and the reasons of unscored samples."""
        return self._details

    def close(self) -> None:
        """Stop the processes."""
        if self._grader is not None:
            self._grader.close()


if __name__ == "__main__":
    own = Own()
    try:
        serve(own)
    finally:
        own.close()
