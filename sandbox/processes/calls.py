"""Calls into the answer with no frame of ours below them, other than those of `sandbox.processes.ground`.

Work of ours that runs code of the answer's is a generator that yields each call it wants made, so its own frames are
off the stack while the answer runs: none is found by walking down from the answer's frame, or from that of an exception
it has caught.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.processes import ground

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Call", "CallFailedError", "Errand", "Work", "call", "on_ground"]

Call: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]"
"""What to call, with which arguments by place and by name."""
Work: TypeAlias = "Generator[Call, Any, Any]"
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


class Errand:
    """Gives `ground.stand` what it takes to have the calls of some work made."""

    __slots__ = ("_error", "_laid", "_results", "_work", "take")

    def __init__(self, work: Work) -> None:
        self._work = work
        self._results: list[Any] = []
        self._error: BaseException | None = None
        self._laid: list[Any] = [self._go_on]
        self.take = self._laid.pop

    def _go_on(self) -> bool:
        """Go on with the work until it wants a call made; whether it does. Lay out what comes next, the last first."""
        try:
            if self._error is not None:
                error, self._error = self._error, None
                function, args, kwargs = self._work.throw(CallFailedError(error))
            else:
                function, args, kwargs = self._work.send(self._results.pop() if self._results else None)
        except StopIteration as end:
            self._laid[:] = [end.value, None]
        except CallFailedError as failure:
            self._laid[:] = [None, failure.error]
        except Exception as error:  # noqa: BLE001 - whoever stands on this work is told
            self._laid[:] = [None, error.with_traceback(None)]
        else:
            self._laid[:] = [kwargs, args, function, self._results.append, self]
            return True
        return False

    def __enter__(self) -> None:
        """Ready for the call."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Take note of an exception."""
        self._error = error
        self._laid[:] = [self._go_on]
        return True


def on_ground(work: Callable[..., Work]) -> Callable[..., Any]:
    """A function for the answer to call that does some work of ours. Nothing that it is made of leads to us."""

    def begin(*question: Any) -> Callable[[], Any]:
        return Errand(work(*question)).take

    opaque = lru_cache(maxsize=0)(begin)  # made in C, it shows what it calls only here:
    del opaque.__wrapped__
    return partial(ground.ask, opaque)
