"""Warm-up before the fork: standard streams, and a trial answer that is served several times.

The interpreter specializes code as it runs (PEP 659), and caches attribute lookups, regular expressions and the like.
All of that writes to memory. Done for the first time in a child, it would copy each page that it writes to. So the
zygote does everything that a child will do, until nothing is done for the first time.
"""

from __future__ import annotations

import _socket
import io
import marshal
import os
import sys
from socket import SHUT_WR, socketpair
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.processes.base_frame import run
from sandbox.processes.solution.standard_input import StandardInput
from sandbox.processes.solution.trampoline import Task
from sandbox.wire.framing import frame, send_descriptors
from sandbox.wire.protocol import CALL, LoadSettings
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.solution.trampoline import Steps

__all__ = ["prepare_streams", "serve_trial_answer"]


def prepare_streams() -> tuple[StandardInput, io.TextIOWrapper]:
    """Make ``sys.stdin``, ``stdout`` and ``stderr`` anew over descriptors 0, 1 and 2.

    Returns:
        The buffer of the standard input, and the standard output.
    """
    # Stream objects remember what kind of file they were opened on, such as whether it can seek. So the descriptors
    # are, while they are made, what they will be in the children: a file to read, and pipes to write to.
    saved = [os.dup(number) for number in range(3)]
    input_ = os.memfd_create("stdin") if _has_memory_files() else saved[0]
    reader, writer = os.pipe2(os.O_CLOEXEC)
    os.dup2(input_, 0)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    files: list[Any] = [io.FileIO(0, "r", closefd=False), io.FileIO(1, "w", closefd=False)]
    files.append(io.FileIO(2, "w", closefd=False))
    buffer = StandardInput(files[0])
    stdin = io.TextIOWrapper(buffer, "utf-8", "surrogateescape")
    stdout = io.TextIOWrapper(io.BufferedWriter(files[1]), "utf-8", "surrogateescape")
    stderr = io.TextIOWrapper(io.BufferedWriter(files[2]), "utf-8", "backslashreplace", line_buffering=True)
    streams: dict[str, Any] = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    for (name, stream), file in zip(streams.items(), files, strict=True):
        file.name, stream.mode = f"<{name}>", file.mode[0]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for number, descriptor in enumerate(saved):
        os.dup2(descriptor, number)
    for descriptor in {*saved, input_, reader, writer}:
        os.close(descriptor)
    return buffer, stdout


def _has_memory_files() -> bool:
    try:
        os.close(os.memfd_create("probe"))
    except OSError:
        return False
    return True


_TIMES = 12
"""Rounds of the trial answer. The interpreter specializes a piece of code only after several runs of it (PEP 659)."""
_SOURCE = """
import math


def answer(*numbers):
    total = 0
    for number in numbers:
        total += math.floor(number)
    return [total, str(total)]
"""
_REQUESTS = ([CALL, "answer", [1, 2, 3.5], {}], [CALL, "answer", [4, True], {}], [CALL, "answer", ["five"], {}])


class TrialProgram(Protocol):
    """The program of a solution process."""

    def receive_settings(self, link: _socket.socket) -> list[int]:
        """Receive the first message; return the descriptors that came with it."""

    def load_and_listen(self) -> Steps:
        """Load the answer, and serve requests until the harness hangs up."""


def serve_trial_answer(make: Callable[[int], TrialProgram]) -> None:
    """Serve a trial answer several times, with requests that return and one that raises.

    Args:
        make: makes the program for a channel.
    """
    code = marshal.dumps(compile(_SOURCE, "<answer>", "exec"))
    settings = LoadSettings(_SOURCE, names=("answer",), code=code)
    for _ in range(_TIMES):
        ours, theirs = socketpair()
        with ours:
            send_descriptors(ours, frame(settings.pack()), [ours.fileno()] * 3)
            channel = theirs.detach()
            program = make(channel)
            for descriptor in program.receive_settings(_socket.socket(fileno=channel)):
                os.close(descriptor)
            # All requests fit into the socket's buffer, so one process can be both ends without waiting for itself.
            ours.sendall(b"".join(frame(encode(request)) for request in _REQUESTS * 2))
            ours.shutdown(SHUT_WR)
            run(Task(program.load_and_listen()).take)
            os.close(channel)
