"""How it is known that test code has caught an exception, and not a built-in function on its way (`FinalError.watch`).

Each ``except`` clause of test code calls a marker first::

    except StopIteration:
        __caught__()
        ...

and so do ``pytest.raises``, ``assertRaises`` and ``contextlib.suppress``.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Any

from testcases.signals import FinalError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["mark_caught", "marked_libraries"]


def mark_caught() -> None:
    """Take note of the exception that is being handled."""
    FinalError.seen(sys.exception())


@contextlib.contextmanager
def marked_libraries() -> Iterator[None]:
    """Have the standard library's own ways of catching an exception tell, too."""
    from unittest import case  # noqa: PLC0415 - whoever counts assertions does without

    catching: list[Any] = [contextlib.suppress, getattr(case, "_AssertRaisesContext")]  # noqa: B009 - it has no other name
    before = [(kind, kind.__exit__) for kind in catching]
    for kind, leave in before:
        kind.__exit__ = _marking_exit(leave)
    try:
        yield
    finally:
        for kind, leave in before:
            kind.__exit__ = leave


def _marking_exit(leave: Any) -> Any:
    def telling_leave(self: Any, kind: Any, error: Any, trace: Any) -> Any:
        left = leave(self, kind, error, trace)
        if left:
            FinalError.seen(error)
        return left

    return telling_leave
