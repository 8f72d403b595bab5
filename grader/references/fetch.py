"""Fetch references in threads, beside the grading."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from grader.references.locate import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.references.documents import ReferenceFile
    from grader.references.locate import Location

__all__ = ["FetchOne", "FetchResult", "FetchedBytes", "ParallelFetch", "check_size"]


_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchedBytes:
    """The bytes of a place, and what tells them from others."""

    data: bytes
    tag: str | None
    """A place with the same tag holds the same bytes; ``None`` where it has none."""


def check_size(size: int, cap: int) -> None:
    """See that something is no larger than it may be.

    Raises:
        StoreError: it is.
    """
    if size > cap:
        raise StoreError(f"is larger than the {cap / _MB:g} MiB that max_object_mb allows")


FetchResult: TypeAlias = "tuple[Location, ReferenceFile | StoreError]"
FetchOne: TypeAlias = "Callable[[Location], ReferenceFile]"

_DEADLINE_PASSED: Final = "was not fetched before the deadline"


class ParallelFetch:
    """Fetches places in threads of its own, which end with it. A context manager.

    Plain threads, because Lambda has no semaphores to share between processes, and daemons, because one that hangs on a
    silent connection must hold up neither the batch nor the end of the program.

    Args:
        places: what to fetch.
        obtain: fetches one; raises `StoreError`. Called in the threads.
        threads: the most of them.
        deadline: when nobody waits any more (`time.monotonic`).
    """

    def __init__(self, places: Iterable[Location], obtain: FetchOne, *, threads: int, deadline: float) -> None:
        self._obtain = obtain
        self._deadline = deadline
        self._waiting = deque(places)
        self._missing = set(self._waiting)
        self._arrived: list[FetchResult] = []
        self._turn = threading.Lock()
        self._closed = False
        self.descriptor, self._bell = os.pipe()
        """Readable when `take` has something to give."""
        os.set_blocking(self.descriptor, False)
        os.set_blocking(self._bell, False)
        for number in range(min(threads, len(self._waiting))):
            try:
                threading.Thread(target=self._work, name=f"fetch-{number}", daemon=True).start()
            except RuntimeError:  # the host has no room for another
                if number == 0:
                    self._work()
                break

    @property
    def missing(self) -> int:
        """How many places have not been taken yet."""
        return len(self._missing)

    def take(self) -> list[FetchResult]:
        """What has arrived since the last time; after the deadline also, as errors, what has not."""
        with self._turn:
            with contextlib.suppress(BlockingIOError):
                while os.read(self.descriptor, 4096):
                    pass
            taken, self._arrived = self._arrived, []
            self._missing.difference_update(place for place, _ in taken)
            if time.monotonic() >= self._deadline:
                self._waiting.clear()
                taken += [(place, StoreError(_DEADLINE_PASSED, transient=True)) for place in self._missing]
                self._missing.clear()
            return taken

    def close(self) -> None:
        """Want no more."""
        with self._turn:
            if not self._closed:
                self._closed = True
                self._waiting.clear()
                os.close(self.descriptor)
                os.close(self._bell)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _work(self) -> None:
        while True:
            try:
                place = self._waiting.popleft()
            except IndexError:
                return
            outcome = self._outcome(place)
            with self._turn:
                if self._closed:
                    return
                self._arrived.append((place, outcome))
                with contextlib.suppress(BlockingIOError):  # it has been ringing for long
                    os.write(self._bell, b"!")

    def _outcome(self, place: Location) -> ReferenceFile | StoreError:
        try:
            return self._obtain(place)
        except StoreError as error:
            return error
        except Exception as error:  # noqa: BLE001 - one place is one sample's matter, whatever is wrong with it
            return StoreError(f"could not be fetched: {type(error).__name__}")
