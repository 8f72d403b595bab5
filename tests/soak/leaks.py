"""Leaks made on purpose, to see that they are noticed; each is mended in the end."""

from __future__ import annotations

import os
import resource
import signal
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.soak.meter import family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

__all__ = ["LEAKS"]

_MEMORY_BYTES = 1 << 20
_MEMORY_SHARE = 50
"""A leak is at least this part of what the process has: a large one may grow by more before that is no accident."""


@contextmanager
def _descriptors() -> Iterator[Callable[[], None]]:
    held: list[int] = []
    yield lambda: held.append(os.open(os.devnull, os.O_RDONLY))
    for descriptor in held:
        os.close(descriptor)


@contextmanager
def _memory() -> Iterator[Callable[[], None]]:
    held: list[bytes] = []
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    size = max(_MEMORY_BYTES, pages * resource.getpagesize() // _MEMORY_SHARE)
    yield lambda: held.append(b"x" * size)


@contextmanager
def _files() -> Iterator[Callable[[], None]]:
    yield lambda: os.close(tempfile.mkstemp()[0])


@contextmanager
def _processes() -> Iterator[Callable[[], None]]:
    """Daemons that have left their session and their parent."""

    def leak() -> None:
        os.waitpid(_spawned("setsid", "--fork", "sleep", "120"), 0)

    before = {process.pid for process in family()}
    yield leak
    for process in family():
        if process.pid not in before:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)


@contextmanager
def _zombies() -> Iterator[Callable[[], None]]:
    held: list[int] = []
    yield lambda: held.append(_spawned("true"))
    for pid in held:
        os.waitpid(pid, 0)


def _spawned(*command: str) -> int:
    return os.posix_spawnp(command[0], command, os.environ)


LEAKS: Final[Mapping[str, Callable[[], AbstractContextManager[Callable[[], None]]]]] = {
    "descriptors": _descriptors,
    "files": _files,
    "memory": _memory,
    "processes": _processes,
    "zombies": _zombies,
}
"""For each kind, a context that gives a function which leaks one at each call."""
