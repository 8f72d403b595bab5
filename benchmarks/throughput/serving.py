"""The near side of a contender: a program that is told what to do, a line of JSON each, and answers with one.

``{"prepare": workload}``, as JSON text in JSON, is answered with ``{"ready": true}``; ``{"run": number}`` with
``{"seconds": ..., "passed": [...], ...}``. Imports nothing but the standard library: it also runs where the others are.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from typing import Any, Protocol

from benchmarks.throughput.workload import Workload

__all__ = ["Judge", "serve"]

_WARM_UP = 8


class Judge(Protocol):
    """What judges answers."""

    def prepare(self, workload: Workload) -> None:
        """Do once what need not be done for each batch."""

    def judge(self, workload: Workload) -> list[bool]:
        """Whether each answer of the batch passes every test."""

    def told(self) -> dict[str, Any]:
        """What else there is to say of the last batch; plain data."""


def serve(judge: Judge) -> None:
    """Do what is asked for until nobody asks."""
    asked, answers = open(os.dup(0)), open(os.dup(1), "w")  # noqa: SIM115 - answers must find other descriptors
    with open(os.devnull, "r+b", buffering=0) as nothing:
        for number in (0, 1, 2) if os.environ.get("BENCH_QUIET") else (0, 1):
            os.dup2(nothing.fileno(), number)
    workload = Workload("nothing", ())
    with asked, answers:
        for line in asked:
            command = json.loads(line)
            if "prepare" in command:
                workload = Workload.load(command["prepare"])
                judge.prepare(workload)
                judge.judge(workload.only(workload.items[:_WARM_UP], "warm-up").at_round(-1))
                answer: dict[str, Any] = {"ready": True, "python": sys.version.split()[0]}
            else:
                answer = _timed(judge, workload.at_round(command["run"]))
            answers.write(json.dumps(answer) + "\n")
            answers.flush()


def _timed(judge: Judge, workload: Workload) -> dict[str, Any]:
    gc.collect()
    started = time.perf_counter()
    passed = judge.judge(workload)
    seconds = time.perf_counter() - started
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"seconds": seconds, "passed": passed, "child_peak_mb": peak_kb / 1024, **judge.told()}
