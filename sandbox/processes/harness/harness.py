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
from sandbox.wire.framing import frame, receive_frame
from sandbox.wire.limits import Limits
from sandbox.wire.values import decode, encode
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
            head, _, spec = job.partition(b"\n")
            source, limit_fields = decode(head)
            limits = Limits(*limit_fields)
            _limit_space(base_bytes, limits.memory_mb)
            reply = encode(
                {**_run_job(source, limits, spec, runner, zygote), "memory_exceeded": memory_growth.exceeded}
            )
            view = memoryview(frame(reply))
            while view:
                view = view[os.write(channel, view) :]

    return main


def _run_job(source: str, limits: Limits, spec: bytes, runner: Runner, zygote: ZygoteClient) -> dict[str, Any]:
    """Put one answer to its exam; once more, when somebody else may have had a hand in it."""
    started = time.perf_counter()
    report, client = _attempt(spec, runner, SolutionClient(source, limits, zygote, blame_answer=False), zygote)
    if client.interrupted:
        report, client = _attempt(spec, runner, SolutionClient(source, limits, zygote, blame_answer=True), zygote)
    report["cpu_s"] = client.cpu_s
    report["peak_mb"] = client.peak_mb
    report["output"] = client.head.decode("utf-8", "replace")
    report["wall_ms"] = (time.perf_counter() - started) * 1000
    return report


def _attempt(
    spec: bytes, runner: Runner, client: SolutionClient, zygote: ZygoteClient
) -> tuple[dict[str, Any], SolutionClient]:
    random.seed(0)
    report: dict[str, Any] = {}
    try:
        report["report"] = runner(decode(spec), client)
    except BaseException as error:  # noqa: BLE001 - a broken exam is reported, whatever broke it
        report["error"] = f"{type(error).__name__}: {error}"[:_TEXT_CHARS]
    if zygote.lost:  # test code may have taken the loss for an exception of the answer's
        os._exit(1)
    client.close()
    return report, client


def _limit_own_use() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _limit_space(base_bytes: int, memory_mb: int) -> None:
    """The examiner runs the data set's code and reads the answer's values: neither may fill the host."""
    room_mb = max(_MIN_SPACE_MB, _SPACE_FACTOR * memory_mb)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space = base_bytes + room_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (space if hard == resource.RLIM_INFINITY else min(space, hard), hard))
