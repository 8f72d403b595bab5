"""One call of the grader: what its caller, in any thread, and the grading loop, in its own, have in common."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.types import BadSample, Grade, Sample

__all__ = ["Call"]


def _ignore() -> None:
    pass


class Call:
    """The samples of one call, and their grades as they come.

    Args:
        samples: what to grade.
        deadline: time by which the grades are needed (`time.monotonic`).
        on_end: called in the thread of the grading loop when the call ends; must neither block nor raise.
    """

    def __init__(
        self, samples: Sequence[Sample | BadSample], deadline: float, *, on_end: Callable[[], None] = _ignore
    ) -> None:
        self.samples = samples
        self.deadline = deadline
        self._on_end = on_end
        self._owner = os.getpid()
        self._changed = threading.Condition()
        """Guards everything below."""
        self._grades: deque[tuple[int, Grade]] = deque()
        self._is_ended = False
        self._error: BaseException | None = None

    # For the grading loop

    def put(self, index: int, grade: Grade) -> None:
        """Add the grade of the sample at a position."""
        with self._changed:
            self._grades.append((index, grade))
            self._changed.notify()

    def end(self, error: BaseException | None = None) -> None:
        """End the call; only the first time counts.

        Args:
            error: raised in the caller; ``None``: all grades are there.
        """
        with self._changed:
            if self._is_ended:
                return
            self._is_ended, self._error = True, error
            self._changed.notify()
        self._on_end()

    # For the caller

    def wait(self) -> None:
        """Wait until the call has ended.

        Raises:
            BaseException: what it has ended with.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._is_ended)
            if self._error is not None:
                raise self._error

    def take(self) -> dict[int, Grade]:
        """Return the grades of a call that has ended, by position.

        Raises:
            BaseException: what it has ended with.
        """
        self.wait()
        return dict(self._grades)

    def __iter__(self) -> Iterator[tuple[int, Grade]]:
        """Yield positions and grades as they come, until the call ends.

        Raises:
            BaseException: what it has ended with.
            RuntimeError: this is a forked copy, which no grade reaches.
        """
        while True:
            if self.is_copy:
                raise RuntimeError(
                    "this iterator of grades was begun before a fork, and goes on in the other process only"
                )
            with self._changed:
                self._changed.wait_for(lambda: self._grades or self._is_ended)
                if self._grades:
                    item = self._grades.popleft()
                elif self._error is not None:
                    raise self._error
                else:
                    return
            yield item

    @property
    def is_copy(self) -> bool:
        """Whether this process is a fork of the one that made the call."""
        return os.getpid() != self._owner
