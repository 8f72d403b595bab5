"""Standard streams for an answer, made before the fork: making them in each child costs it dear in copied memory."""

from __future__ import annotations

import io
import sys
from os import O_CLOEXEC, close, dup, dup2, memfd_create, pipe2

__all__ = ["prepare"]


def prepare() -> io.TextIOWrapper:
    """Make ``sys.stdin``, ``stdout`` and ``stderr`` anew over descriptors 0, 1 and 2; returns the standard output.

    Stream objects remember what kind of file they found, so the descriptors are, while they are made, what they will
    be in the children: a file to read, pipes to write to.
    """
    kept = [dup(number) for number in range(3)]
    file = memfd_create("stdin") if _has_memory_files() else kept[0]
    reader, writer = pipe2(O_CLOEXEC)
    dup2(file, 0)
    dup2(writer, 1)
    dup2(writer, 2)
    stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "r", closefd=False)), "utf-8", "surrogateescape")
    stdout = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "utf-8", "surrogateescape")
    stderr = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "utf-8", "backslashreplace", line_buffering=True
    )
    for name, stream in (("stdin", stdin), ("stdout", stdout), ("stderr", stderr)):
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    for number, descriptor in enumerate(kept):
        dup2(descriptor, number)
    for descriptor in {*kept, file, reader, writer}:
        close(descriptor)
    return stdout


def _has_memory_files() -> bool:
    try:
        close(memfd_create("probe"))
    except OSError:
        return False
    return True
