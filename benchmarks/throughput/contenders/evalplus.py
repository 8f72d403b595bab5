"""evalplus: `untrusted_check` in a pool of processes, like its `evaluate`."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

from evalplus.eval import PASS, untrusted_check

from benchmarks.throughput.recording import cases_of
from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item, Workload

_TOLERANCES = {"HumanEval/32": 1e-4}
"""Absolute tolerances by task, from the data set of evalplus."""


class Evalplus:
    """Pool of processes, one for each CPU. It needs arguments and values, which are recorded from the solution."""

    def __init__(self) -> None:
        self._cases: dict[str, tuple[list[Any], list[Any]]] = {}

    def prepare(self, workload: Workload) -> None:
        """Record the arguments and values of the checks."""
        for item in workload.items:
            if item.id not in self._cases:
                self._cases[item.id] = cases_of(item)

    def judge(self, workload: Workload) -> list[bool]:
        """Judge every answer."""
        with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            futures = [pool.submit(_judged, item, *self._cases[item.id], workload.limit_s) for item in workload.items]
            return [future.result() for future in futures]

    def details(self) -> dict[str, Any]:
        """Return no details."""
        return {}


def _judged(item: Item, inputs: list[Any], expected: list[Any], limit_s: float) -> bool:
    # untrusted_check chooses special oracles by the name of the function (`find_zero` and two others). The functions of
    # a round have other names, so values are compared, with the tolerance of the data set.
    verdict, _ = untrusted_check(
        "humaneval",
        item.answer,
        inputs,
        item.entry_point,
        expected=expected,
        atol=_TOLERANCES.get(item.id, 0),
        ref_time=[limit_s] * len(inputs),
        fast_check=True,
        min_time_limit=limit_s,
        gt_time_limit_factor=1.0,
    )
    return bool(verdict == PASS)


if __name__ == "__main__":
    serve(Evalplus())
