"""The examiner process: puts answers to an exam. It knows expected values, and never runs an answer.

How an exam is conducted is not the sandbox's business: a conductor, named when the sandbox is made, gets the decoded
exam and the `SolutionClient`, and returns plain data, which goes back as it is.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import socket
import time
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.isolation import functions, imports, rlimits
from sandbox.processes.harness.solution_client import SolutionClient
from sandbox.processes.harness.zygote_client import ZygoteClient
from sandbox.processes.loading import load_object
from sandbox.processes.memory_growth import MemoryGrowth
from sandbox.wire.framing import receive_frame, send_frame
from sandbox.wire.jobs import JobReport, JobRequest
from sandbox.wire.values import decode
from sandbox.wire.zygote_protocol import FORKS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Runner", "main_for"]

_MIN_SPACE_MB = 1024
_SPACE_FACTOR = 2
"""How much address space it may use for each byte that the answer may: what that sends it is built here."""
_TEXT_CHARS = 500


class Runner(Protocol):
    """Puts one candidate to one exam."""

    def __call__(self, spec: Any, client: SolutionClient, /) -> Any:
        """Returns plain data. Raises when the exam itself is broken."""


def main_for(target: str) -> Callable[[int], None]:
    """The examiner's program with the conductor that ``module:function`` names."""
    runner: Runner = load_object(target)

    def main(channel: int) -> None:
        """Serve jobs that come over ``channel`` until it is closed."""
        functions.revert()
        imports.revert()
        zygote = ZygoteClient(socket.socket(fileno=FORKS))
        _limit_own_use()
        base_bytes = rlimits.address_space_bytes()
        memory_growth = MemoryGrowth()
        gc.enable()  # tests make things that hold each other, here as anywhere
        while job := receive_frame(channel):
            request = JobRequest.unpack(job)
            _limit_space(base_bytes, request.limits.memory_mb)
            report = _run_job(request, runner, zygote)
            send_frame(channel, report._replace(memory_exceeded=memory_growth.exceeded).pack())

    return main


def _run_job(request: JobRequest, runner: Runner, zygote: ZygoteClient) -> JobReport:
    """Run the tests against one answer; once more if an unexplained signal has interrupted the answer."""
    started = time.perf_counter()
    client = SolutionClient(request.source, request.limits, zygote, blame_answer=False)
    report = _attempt(request.spec, runner, client, zygote)
    if client.interrupted:
        client = SolutionClient(request.source, request.limits, zygote, blame_answer=True)
        report = _attempt(request.spec, runner, client, zygote)
    return report._replace(
        cpu_s=client.cpu_s,
        peak_mb=client.peak_mb,
        output=client.head.decode("utf-8", "replace"),
        wall_ms=(time.perf_counter() - started) * 1000,
    )


def _attempt(spec: bytes, runner: Runner, client: SolutionClient, zygote: ZygoteClient) -> JobReport:
    random.seed(0)
    try:
        report = JobReport(report=runner(decode(spec), client))
    except BaseException as error:  # noqa: BLE001 - broken tests are reported, whatever broke them
        report = JobReport(error=f"{type(error).__name__}: {error}"[:_TEXT_CHARS])
    if zygote.lost:  # test code may have taken the loss for an exception of the answer's
        os._exit(1)
    client.close()
    return report


def _limit_own_use() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _limit_space(base_bytes: int, memory_mb: int) -> None:
    """The examiner runs the data set's code and reads the answer's values: neither may fill the host."""
    room_mb = max(_MIN_SPACE_MB, _SPACE_FACTOR * memory_mb)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space = base_bytes + room_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (space if hard == resource.RLIM_INFINITY else min(space, hard), hard))
