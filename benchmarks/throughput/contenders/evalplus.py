"""evalplus: `untrusted_check` in a pool of processes, as its `evaluate` has it."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

from evalplus.eval import PASS, untrusted_check

from benchmarks.throughput.recording import cases_of
from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Workload

_TOLERANCES = {"find_zero": 1e-4}
"""As the data set of evalplus has it."""


class Evalplus:
    """Processes, one for each CPU. It wants arguments and values, which a right answer gives when it is checked."""

    def __init__(self) -> None:
        self._cases: dict[str, tuple[list[Any], list[Any]]] = {}

    def prepare(self, workload: Workload) -> None:
        """Make values of the checks."""
        for item in workload.items:
            if item.id not in self._cases:
                self._cases[item.id] = cases_of(item)

    def judge(self, workload: Workload) -> list[bool]:
        """Have every answer judged."""
        with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            futures = [
                pool.submit(_judged, item.answer, item.entry_point, *self._cases[item.id], workload.limit_s)
                for item in workload.items
            ]
            return [future.result() for future in futures]

    def told(self) -> dict[str, Any]:
        """Nothing."""
        return {}


def _judged(answer: str, entry_point: str, inputs: list[Any], expected: list[Any], limit_s: float) -> bool:
    verdict, _ = untrusted_check(
        "humaneval",
        answer,
        inputs,
        entry_point,
        expected=expected,
        atol=_TOLERANCES.get(entry_point, 0),
        ref_time=[limit_s] * len(inputs),
        fast_check=True,
        min_time_limit=limit_s,
        gt_time_limit_factor=1.0,
    )
    return bool(verdict == PASS)


if __name__ == "__main__":
    serve(Evalplus())
