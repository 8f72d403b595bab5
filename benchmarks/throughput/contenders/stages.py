"""The grader itself with one worker and one sample at a time, so that nothing waits: the time of each stage.

`Stages.details` returns the milliseconds by stage, each as a list with an entry for each sample.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import black
from pyflakes.checker import Checker

from benchmarks.throughput.recording import cases_of
from benchmarks.throughput.serving import serve
from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.core.problems import prepare_problem
from grader.extraction import extract
from grader.types import Sample
from sandbox.processes.analyzer.code_lines import code_lines, weighed_lines
from sandbox.processes.analyzer.inspection import inspect_source
from sandbox.processes.analyzer.parsing import tree_of
from sandbox.processes.analyzer.style import compare_formatting, format_source
from sandbox.types import AnalysisRequest
from testcases.compare.values import equal
from testcases.formats import read_reference
from testcases.model import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.throughput.workload import Item, Workload

__all__ = ["Stages"]


class Stages:
    """Grader with one worker."""

    def __init__(self) -> None:
        self._grader: Grader | None = None
        self._config = GraderConfig()
        self._stages: dict[str, list[float]] = {}

    def prepare(self, workload: Workload) -> None:
        """Start the processes."""
        self.close()
        self._config = GraderConfig.load(None, {**os.environ, **workload.environ, "GRADER_WORKERS": "1"})
        self._grader = Grader(self._config)
        self._grader.host()
        black.format_str("x = 1\n", mode=black.Mode())

    def judge(self, workload: Workload) -> list[bool]:
        """Grade the samples one after the other, then repeat their stages in this process."""
        stages: defaultdict[str, list[float]] = defaultdict(list)
        passed = [self._graded(item, stages) for item in workload.items]
        for item in workload.items:
            self._measure_stages(item, stages)
        self._stages = dict(stages)
        return passed

    def details(self) -> dict[str, Any]:
        """Return the milliseconds of each stage."""
        return {"stages": self._stages}

    def close(self) -> None:
        """Stop the processes."""
        if self._grader is not None:
            self._grader.close()

    def _graded(self, item: Item, stages: dict[str, list[float]]) -> bool:
        """Grade one sample, and add the grader's own timings."""
        assert self._grader is not None
        sample = Sample(item.id, f"```python\n{item.answer}\n```", item.reference)
        started = time.perf_counter()
        grade = self._grader.grade(sample)
        stages["total"].append((time.perf_counter() - started) * 1000)
        timings = grade.timings_ms
        stages["analyzer"].append(timings["analysed"])
        stages["fork"].append(timings["fork"])
        stages["run"].append(timings["run"])
        stages["handing over"].append(timings["executed"])
        stages["style, waited for"].append(timings.get("styled", 0.0))
        return grade.metric("functional") == 1.0

    def _measure_stages(self, item: Item, stages: dict[str, list[float]]) -> None:
        """Do the same work directly in this process, without other processes and messages."""

        def timed(stage: str, work: Callable[[], Any]) -> Any:
            started = time.perf_counter()
            result = work()
            stages[stage].append((time.perf_counter() - started) * 1000)
            return result

        problem = timed("problem: read", lambda: read_reference(item.reference))
        timed("problem: prepare", lambda: prepare_problem(problem, self._config.sandbox_limits()))
        text = f"```python\n{item.answer}\n```"
        extraction = timed("extract", lambda: extract(text, entry_point=item.entry_point, prompt=problem.prompt))
        request = AnalysisRequest(extraction.answer or "", item.entry_point)
        timed("analyzer: inspect", lambda: inspect_source(request))
        timed("style: pyflakes", lambda: Checker(tree_of(request.source), withDoctest=False))
        target = timed("style: black", lambda: format_source(request.source))
        tree = tree_of(request.source)
        timed("style: closeness", lambda: compare_formatting(weighed_lines(request.source, tree), code_lines(target)))
        _, values = cases_of(item)
        timed("compare", lambda: [equal(value, value, Comparison()) for value in values])


if __name__ == "__main__":
    stages = Stages()
    try:
        serve(stages)
    finally:
        stages.close()
