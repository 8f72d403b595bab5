"""The frame that an answer stands on, and all that it can see of us when it looks down.

This module imports nothing, so that the frame's globals lead nowhere. What is called and what becomes of the result
are on the interpreter's value stack, which no attribute of a frame shows; the one local variable is the method of a
list that is empty by then.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["call_harness", "run"]


def run(take: Callable[[], Any]) -> Any:
    """Make the calls that some work of ours wants made, and return or raise what comes of the work.

    Args:
        take: gives what is needed, one thing after the other (`sandbox.processes.solution.trampoline.Task`).
    """
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


def call_harness(begin: Callable[..., Callable[[], Any]], /, *question: Any) -> Any:
    """Stand on work that a question of the answer's begins: it may call the answer in turn."""
    return run(begin(*question))
