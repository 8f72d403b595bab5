"""Hugging Face's code_eval, from bigcode's harness; `evaluate` would download the same files at run time."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Workload


class CodeEval:
    """The metric with its own threads, one for each CPU."""

    def __init__(self) -> None:
        os.environ["HF_ALLOW_CODE_EVAL"] = "1"
        spec = importlib.util.find_spec("bigcode_eval")
        assert spec is not None
        assert spec.origin is not None
        sys.path.append(str(Path(spec.origin).parent / "tasks"))  # importing the package itself loads much more
        self._compute = importlib.import_module("custom_metrics.code_eval").compute_code_eval

    def prepare(self, workload: Workload) -> None:
        """Do nothing: no preparation is needed."""

    def judge(self, workload: Workload) -> list[bool]:
        """Judge every answer."""
        _, results = self._compute(
            predictions=[[item.answer] for item in workload.items],
            references=[f"{item.check}\ncheck({item.entry_point})" for item in workload.items],
            k=[1],
            num_workers=len(os.sched_getaffinity(0)),
            timeout=workload.limit_s,
        )
        return [bool(results[index][0][1]["passed"]) for index in range(len(workload.items))]

    def details(self) -> dict[str, Any]:
        """Return no details."""
        return {}


if __name__ == "__main__":
    serve(CodeEval())
