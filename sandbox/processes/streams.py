"""Standard streams for an answer, made before the fork: making them in each child costs it dear in copied memory."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

__all__ = ["prepare"]


def prepare() -> io.TextIOWrapper:
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
