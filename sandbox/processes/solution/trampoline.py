"""Calls into the answer with no frame of ours below them, other than those of `sandbox.processes.base_frame`.

Work of ours that runs code of the answer's is a generator that yields each call it wants made, so its own frames are
off the stack while the answer runs: none is found by walking down from the answer's frame, or from that of an exception
it has caught.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.processes import base_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Call", "CallFailedError", "Steps", "Task", "call", "on_base_frame"]

Call: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]"
"""What to call, with which arguments by place and by name."""
Steps: TypeAlias = "Generator[Call, Any, Any]"
"""Work of ours that has calls made on the way."""


class CallFailedError(Exception):
    """What work gets in the place of a result when the call raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Call:
    """What work yields to have something called; the result is the value of the ``yield``.

    Raises:
        CallFailedError: at the ``yield``, when the call raised.
    """
    return function, args, kwargs


class Task:
    """Gives `base_frame.stand` what it takes to have the calls of some work made, always the last of a list."""

    __slots__ = ("_error", "_go_on", "_stack", "_work", "take")

    def __init__(self, work: Steps) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._go_on = self._resume
        self._stack: list[Any] = [self._begin]
        self.take = self._stack.pop

    def _begin(self) -> bool:
        """Go on, at first or after an exception; whether there is a call to make."""
        failure = None if self._error is None else CallFailedError(self._error)
        self._error = None
        if not self._resume(None, failure):
            return False
        self._stack.append(self)
        return True

    def _resume(self, result: Any, failure: CallFailedError | None = None) -> bool:
        """Go on with what the call returned; whether there is another. Lays out that, or what came of the work."""
        try:
            call = self._work.send(result) if failure is None else self._work.throw(failure)
        except StopIteration as end:
            self._stack[:] = [end.value, None]
        except CallFailedError as last:
            self._stack[:] = [None, last.error]
        except Exception as error:  # noqa: BLE001 - whoever stands on this work is told
            self._stack[:] = [None, error.with_traceback(None)]
        else:
            function, args, kwargs = call
            self._stack[:] = [kwargs, args, function, self._go_on]
            return True
        return False

    def __enter__(self) -> None:
        """Ready for calls."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """All calls are made, or one has raised."""
        self._error = error
        if error is None:
            self._stack.append(_no_more)
        else:
            self._stack[:] = [self._begin]
        return True


def _no_more() -> bool:
    return False


def on_base_frame(work: Callable[..., Steps]) -> Callable[..., Any]:
    """A function for the answer to call that does some work of ours. Nothing that it is made of leads to us."""

    def begin(*question: Any) -> Callable[[], Any]:
        return Task(work(*question)).take

    opaque = lru_cache(maxsize=0)(begin)  # made in C, it shows what it calls only here:
    del opaque.__wrapped__
    return partial(base_frame.call_harness, opaque)
