"""The protocol of contenders: read requests from stdin and write replies to stdout, as JSON lines.

The reply to ``{"prepare": workload}``, with the workload as JSON text, is ``{"ready": true}``. The reply to
``{"run": number}`` is ``{"seconds": ..., "passed": [...], ...}``. Imports only the standard library, because it also
runs in the environment of the other graders.
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
    """Program that grades answers."""

    def prepare(self, workload: Workload) -> None:
        """Prepare what is the same for all rounds."""

    def judge(self, workload: Workload) -> list[bool]:
        """Grade a batch; return for each answer whether it passes every test."""

    def details(self) -> dict[str, Any]:
        """Return further measurements of the last batch, as JSON data."""


def serve(judge: Judge) -> None:
    """Reply to requests until stdin ends."""
    # The protocol moves to other descriptors: answers may read from 0 and write to 1.
    requests, replies = open(os.dup(0)), open(os.dup(1), "w")  # noqa: SIM115 - closed below
    with open(os.devnull, "r+b", buffering=0) as nothing:
        for number in (0, 1, 2) if os.environ.get("BENCH_QUIET") else (0, 1):
            os.dup2(nothing.fileno(), number)
    workload = Workload("nothing", ())
    with requests, replies:
        for line in requests:
            command = json.loads(line)
            if "prepare" in command:
                workload = Workload.load(command["prepare"])
                judge.prepare(workload)
                judge.judge(workload.only(workload.items[:_WARM_UP], "warm-up").at_round(-1))
                reply: dict[str, Any] = {"ready": True, "python": sys.version.split()[0]}
            else:
                reply = _timed(judge, workload.at_round(command["run"]))
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


def _timed(judge: Judge, workload: Workload) -> dict[str, Any]:
    gc.collect()  # a collection during the run would count against the contender
    started = time.perf_counter()
    passed = judge.judge(workload)
    seconds = time.perf_counter() - started
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {"seconds": seconds, "passed": passed, "child_peak_mb": peak_kb / 1024, **judge.details()}
