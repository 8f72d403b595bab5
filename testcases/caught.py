"""Marks the exceptions that test code catches, as opposed to those that a built-in function swallows.

Each ``except`` clause of test code calls a marker first (`testcases.source.instrumentation.mark_handlers`)::

    except StopIteration:
        __caught__()
        ...

and so do ``pytest.raises``, ``assertRaises`` and ``contextlib.suppress``.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any
from unittest import case

from testcases import signals

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mark_caught", "marked_libraries"]


def mark_caught() -> None:
    """Mark the exception that is being handled."""
    signals.mark_caught(sys.exception())


@contextlib.contextmanager
def marked_libraries() -> Iterator[None]:
    """Have the standard library's context managers that catch exceptions mark them, too."""
    # The patch is of the whole process, and costs every exit a call more. Enter it only where test code runs.
    classes: list[Any] = [contextlib.suppress, getattr(case, "_AssertRaisesContext")]  # noqa: B009 - it has no other name
    originals = [(owner, owner.__exit__) for owner in classes]
    for owner, original in originals:
        owner.__exit__ = _marking_exit(original)
    try:
        yield
    finally:
        for owner, original in originals:
            owner.__exit__ = original


def _marking_exit(original: Any) -> Any:
    def exit_and_mark(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        is_caught = original(self, kind, error, trace)
        if is_caught:
            signals.mark_caught(error)
        return is_caught

    return exit_and_mark
