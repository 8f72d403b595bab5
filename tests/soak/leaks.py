"""Deliberate leaks, to check that the soak test notices them; they are cleaned up afterwards."""

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
"""Divisor of the resident size that gives the minimum of a leak: the allowed growth depends on the size."""


@contextmanager
def _descriptors() -> Iterator[Callable[[], None]]:
    leaked: list[int] = []
    yield lambda: leaked.append(os.open(os.devnull, os.O_RDONLY))
    for descriptor in leaked:
        os.close(descriptor)


@contextmanager
def _memory() -> Iterator[Callable[[], None]]:
    leaked: list[bytes] = []
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    size = max(_MEMORY_BYTES, pages * resource.getpagesize() // _MEMORY_SHARE)
    yield lambda: leaked.append(b"x" * size)


@contextmanager
def _files() -> Iterator[Callable[[], None]]:
    yield lambda: os.close(tempfile.mkstemp()[0])


@contextmanager
def _processes() -> Iterator[Callable[[], None]]:
    """Start daemons that have left their session and their parent."""

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
    leaked: list[int] = []
    yield lambda: leaked.append(_spawned("true"))
    for pid in leaked:
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
"""Context managers by kind; each yields a function that leaks once per call."""
