"""The harness process: runs test specs against answers. It knows expected values, and never runs an answer.

A runner interprets the test spec. It is named when the sandbox is made. It gets the decoded spec and a
`SolutionClient`, and returns plain data, which is passed on as it is.
"""

from __future__ import annotations

import gc
import os
import random
import resource
import socket
import sys
import time
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.isolation import functions, imports, rlimits
from sandbox.processes.harness.solution_client import SolutionClient
from sandbox.processes.harness.zygote_client import ZygoteClient
from sandbox.processes.loading import load_object
from sandbox.processes.memory_files.streams import show
from sandbox.processes.memory_files.tree import current
from sandbox.processes.memory_growth import MemoryGrowth
from sandbox.wire.framing import receive_frame, send_frame
from sandbox.wire.jobs import JobReport, JobRequest
from sandbox.wire.values import decode
from sandbox.wire.zygote_protocol import FORKS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Runner", "prepare"]

_MIN_SPACE_MB = 1024
_SPACE_FACTOR = 2
"""Bytes of address space for each byte that the answer may use: values that it sends are built here."""
_TEXT_CHARS = 500
_perf_counter, _leave = time.perf_counter, os._exit
"""Looked up here, once, because test code may patch the modules."""
_READ_ONLY_DATA = (
    os.path.dirname(os.__file__) + "/",  # noqa: PTH120 - pathlib is not loaded yet
    *(f"{path}/" for path in sys.path if path.endswith("site-packages")),
    "/usr/share/zoneinfo/",
)
"""Folders of the host from which test code may read: libraries load data, such as time zones, when they are used."""


class Runner(Protocol):
    """Runs one test spec against one answer."""

    def __call__(self, spec: Any, client: SolutionClient, /) -> Any:
        """Return plain data. Raise an exception if the spec itself is broken."""


def prepare(target: str) -> Callable[[int], None]:
    """Return the program of the harness with the runner that ``module:function`` names."""
    # Loaded in the zygote, so that every harness shares the memory of the runner's modules.
    runner: Runner = load_object(target)

    def main(channel: int) -> None:
        """Serve jobs that come over ``channel`` until it is closed."""
        # Test code comes with the data set and may need any module and function. The kernel layers contain it where
        # there are any, and the limits below everywhere.
        functions.revert()
        imports.revert()
        show(_READ_ONLY_DATA)
        zygote = ZygoteClient(socket.socket(fileno=FORKS))
        _forbid_processes_and_core_dumps()
        base_bytes = rlimits.address_space_bytes()
        memory_growth = MemoryGrowth()
        # The zygote has turned it off. This process serves many jobs, and test code makes reference cycles.
        gc.enable()
        while job := receive_frame(channel):
            request = JobRequest.unpack(job)
            _limit_space(base_bytes, request.limits.memory_mb)
            report = _run_job(request, runner, zygote)
            send_frame(channel, report._replace(memory_exceeded=memory_growth.exceeded).pack())

    return main


def _run_job(request: JobRequest, runner: Runner, zygote: ZygoteClient) -> JobReport:
    """Run the tests against one answer; once more if an unexplained signal has interrupted the answer."""
    started = _perf_counter()
    # A process that was killed or stopped without an explanation may be a victim of the host, for instance of its
    # out-of-memory killer. So the first time the tests are run again in a new process. If it happens again, it counts
    # against the answer: otherwise an answer could avoid its grade by getting itself killed.
    client = SolutionClient(request.source, request.limits, zygote, blame_answer=False)
    report = _attempt(request.spec, runner, client, zygote)
    if client.interrupted:
        client = SolutionClient(request.source, request.limits, zygote, blame_answer=True)
        report = _attempt(request.spec, runner, client, zygote)
    return report._replace(
        cpu_s=client.cpu_s,
        peak_mb=client.peak_mb,
        output=client.output_head.decode("utf-8", "replace"),
        wall_ms=(_perf_counter() - started) * 1000,
    )


def _attempt(spec: bytes, runner: Runner, client: SolutionClient, zygote: ZygoteClient) -> JobReport:
    # Test code that draws random inputs must draw the same ones for every answer.
    random.seed(0)
    current.reset()
    try:
        report = JobReport(report=runner(decode(spec), client))
    except BaseException as error:  # noqa: BLE001 - broken tests are reported, whatever broke them
        report = JobReport(error=f"{type(error).__name__}: {error}"[:_TEXT_CHARS])
    # Not left to an exception, because test code may have caught it and taken it for one of the answer. This process
    # ends without a report, and the grader starts the job again.
    if zygote.lost:
        _leave(1)
    client.close()
    return report


def _forbid_processes_and_core_dumps() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _limit_space(base_bytes: int, memory_mb: int) -> None:
    """Limit the address space: neither test code nor values that the answer sends may fill the host's memory."""
    room_mb = max(_MIN_SPACE_MB, _SPACE_FACTOR * memory_mb)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space = base_bytes + room_mb * 1024 * 1024
    # Only the soft limit, because the next job may be allowed more.
    resource.setrlimit(resource.RLIMIT_AS, (space if hard == resource.RLIM_INFINITY else min(space, hard), hard))
