"""The frame below an answer's frames, and all that the answer can see of us when it walks down its stack.

This module imports nothing, so that the frame's globals lead nowhere. Functions, arguments and results are only on the
interpreter's value stack, which no attribute of a frame shows. The one local variable is the `pop` method of a list
that is empty while the answer runs.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["call_harness", "run"]


def run(take: Callable[[], Any]) -> Any:
    """Make the calls that a task asks for, and return its result or raise its exception.

    Args:
        take: returns what is needed, one thing after the other (`sandbox.processes.solution.trampoline.Task`).
    """
    # Nothing is kept in a variable, because answers can read f_locals, and since PEP 667 write to it. For the same
    # reason it is `with` and not `try`: an exception goes to Task.__exit__, whose frame is gone before the next call.
    while take()():
        with take():
            while take()(take()(*take(), **take())):
                pass
    error = take()
    if error is not None:
        try:
            raise error
        finally:
            del error
    return take()


def call_harness(begin: Callable[..., Callable[[], Any]], /, *request: Any) -> Any:
    """Run the task that serves a call of the answer to an object of the harness; the answer may be called in turn."""
    return run(begin(*request))
