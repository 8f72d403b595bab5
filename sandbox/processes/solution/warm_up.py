"""Preparation before the fork: standard streams, and a trial answer.

The trial answer is served until nothing is done for the first time.

Making it in each child would cost copied memory: the interpreter adapts code to what it does (PEP 659) and remembers
what it has looked up, and a child that did so anew would have to copy each page where that is noted.
"""

from __future__ import annotations

import _socket
import io
import os
import sys
from socket import SHUT_WR, socketpair
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.processes.base_frame import run
from sandbox.processes.solution.trampoline import Task
from sandbox.wire.framing import frame, send_descriptors
from sandbox.wire.protocol import CALL, LOAD, LoadSettings
from sandbox.wire.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.solution.trampoline import Steps

__all__ = ["prepare_streams", "serve_trial_answer"]


def prepare_streams() -> io.TextIOWrapper:
    """Make ``sys.stdin``, ``stdout`` and ``stderr`` anew over descriptors 0, 1 and 2; returns the standard output.

    Stream objects remember what kind of file they found, so the descriptors are, while they are made, what they will
    be in the children: a file to read, pipes to write to.
    """
    kept = [os.dup(number) for number in range(3)]
    input_ = os.memfd_create("stdin") if _has_memory_files() else kept[0]
    reader, writer = os.pipe2(os.O_CLOEXEC)
    os.dup2(input_, 0)
    os.dup2(writer, 1)
    os.dup2(writer, 2)
    files: list[Any] = [io.FileIO(0, "r", closefd=False), io.FileIO(1, "w", closefd=False)]
    files.append(io.FileIO(2, "w", closefd=False))
    stdin = io.TextIOWrapper(io.BufferedReader(files[0]), "utf-8", "surrogateescape")
    stdout = io.TextIOWrapper(io.BufferedWriter(files[1]), "utf-8", "surrogateescape")
    stderr = io.TextIOWrapper(io.BufferedWriter(files[2]), "utf-8", "backslashreplace", line_buffering=True)
    streams: dict[str, Any] = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    for (name, stream), file in zip(streams.items(), files, strict=True):
        file.name, stream.mode = f"<{name}>", file.mode[0]
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for number, descriptor in enumerate(kept):
        os.dup2(descriptor, number)
    for descriptor in {*kept, input_, reader, writer}:
        os.close(descriptor)
    return stdout


def _has_memory_files() -> bool:
    try:
        os.close(os.memfd_create("probe"))
    except OSError:
        return False
    return True


_TIMES = 12
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
    """A solution process's program."""

    def begin(self, link: _socket.socket) -> list[int]:
        """Take its first message; returns the descriptors that came with it."""

    def load_and_listen(self) -> Steps:
        """Load the answer, and do what is asked until the examiner hangs up."""


def serve_trial_answer(make: Callable[[int], TrialProgram]) -> None:
    """Serve the answer some times.

    Args:
        make: the program for a channel.
    """
    settings = LoadSettings(_SOURCE, names=("answer",))
    for _ in range(_TIMES):
        ours, theirs = socketpair()
        with ours:
            send_descriptors(ours, frame(encode([LOAD, list(settings)])), [ours.fileno()] * 3)
            channel = theirs.detach()
            served = make(channel)
            for descriptor in served.begin(_socket.socket(fileno=channel)):
                os.close(descriptor)
            ours.sendall(b"".join(frame(encode(request)) for request in _REQUESTS * 2))
            ours.shutdown(SHUT_WR)
            run(Task(served.load_and_listen()).take)
            os.close(channel)
