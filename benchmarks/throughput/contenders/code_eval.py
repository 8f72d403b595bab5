"""Hugging Face's code_eval, which `evaluate` fetches when it runs: the same files as bigcode's harness has them."""

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
    """Its own threads, one for each CPU."""

    def __init__(self) -> None:
        os.environ["HF_ALLOW_CODE_EVAL"] = "1"
        spec = importlib.util.find_spec("bigcode_eval")
        assert spec is not None
        assert spec.origin is not None
        sys.path.append(str(Path(spec.origin).parent / "tasks"))  # the package itself imports much that it needs not
        self._compute = importlib.import_module("custom_metrics.code_eval").compute_code_eval

    def prepare(self, workload: Workload) -> None:
        """Nothing to prepare."""

    def judge(self, workload: Workload) -> list[bool]:
        """Have every answer judged."""
        _, results = self._compute(
            predictions=[[item.answer] for item in workload.items],
            references=[f"{item.check}\ncheck({item.entry_point})" for item in workload.items],
            k=[1],
            num_workers=len(os.sched_getaffinity(0)),
            timeout=workload.limit_s,
        )
        return [bool(results[place][0][1]["passed"]) for place in range(len(workload.items))]

    def told(self) -> dict[str, Any]:
        """Nothing."""
        return {}


if __name__ == "__main__":
    serve(CodeEval())
