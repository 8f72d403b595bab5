"""The examiner process: puts answers to an exam. It knows expected values, and never runs an answer.

How an exam is conducted is not the sandbox's business: a conductor, named when the sandbox is made, gets the decoded
exam and the `Candidate`, and returns plain data, which goes back as it is.
"""

from __future__ import annotations

import gc
import importlib
import os
import random
import resource
import socket
import time
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.isolation import functions, imports, rlimits
from sandbox.processes.harness.solution_client import Candidate
from sandbox.processes.harness.zygote_client import ZygoteLine
from sandbox.processes.memory_growth import Wear
from sandbox.wire.framing import frame, receive_frame
from sandbox.wire.limits import Limits
from sandbox.wire.values import decode, encode
from sandbox.wire.zygote_protocol import FORKS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Conductor", "main_for"]

_LEAST_SPACE_MB = 1024
_SPACE_FACTOR = 2
"""How much address space it may use for each byte that the answer may: what that sends it is built here."""
_TEXT_CHARS = 500


class Conductor(Protocol):
    """Puts one candidate to one exam."""

    def __call__(self, exam: Any, client: Candidate, /) -> Any:
        """Returns plain data. Raises when the exam itself is broken."""


def main_for(target: str) -> Callable[[int], None]:
    """The examiner's program with the conductor that ``module:function`` names."""
    module, _, name = target.partition(":")
    conductor: Conductor = getattr(importlib.import_module(module), name)

    def main(channel: int) -> None:
        """Serve jobs that come over ``channel`` until it is closed."""
        functions.take_down()
        imports.take_down()
        zygote = ZygoteLine(socket.socket(fileno=FORKS))
        _limit_own_use()
        base_bytes = rlimits.address_space_bytes()
        wear = Wear()
        gc.enable()  # tests make things that hold each other, here as anywhere
        while job := receive_frame(channel):
            head, _, exam = job.partition(b"\n")
            source, of_answer = decode(head)
            limits = Limits(*of_answer)
            _limit_space(base_bytes, limits.memory_mb)
            reply = encode({**_examine(source, limits, exam, conductor, zygote), "worn": wear.is_out})
            view = memoryview(frame(reply))
            while view:
                view = view[os.write(channel, view) :]

    return main


def _examine(source: str, limits: Limits, exam: bytes, conductor: Conductor, zygote: ZygoteLine) -> dict[str, Any]:
    """Put one answer to its exam; once more, when somebody else may have had a hand in it."""
    started = time.perf_counter()
    report, client = _attempt(exam, conductor, Candidate(source, limits, zygote, blamed=False), zygote)
    if client.disturbed:
        report, client = _attempt(exam, conductor, Candidate(source, limits, zygote, blamed=True), zygote)
    report["cpu_s"] = client.cpu_s
    report["peak_mb"] = client.peak_mb
    report["output"] = client.head.decode("utf-8", "replace")
    report["wall_ms"] = (time.perf_counter() - started) * 1000
    return report


def _attempt(
    exam: bytes, conductor: Conductor, client: Candidate, zygote: ZygoteLine
) -> tuple[dict[str, Any], Candidate]:
    random.seed(0)
    report: dict[str, Any] = {}
    try:
        report["report"] = conductor(decode(exam), client)
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
    room_mb = max(_LEAST_SPACE_MB, _SPACE_FACTOR * memory_mb)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    space = base_bytes + room_mb * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (space if hard == resource.RLIM_INFINITY else min(space, hard), hard))
