"""The trampoline: calls the answer with no frame of ours below it, other than that of `sandbox.processes.base_frame`.

An answer can walk down its stack, and also the frames of an exception that it has caught. A frame of ours would lead it
to our variables and modules. So code of ours that calls the answer is a generator, which yields each call: its frame is
off the stack while the answer runs.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.processes import base_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["Call", "CallFailedError", "Steps", "Task", "call", "on_base_frame"]

Call: TypeAlias = "tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]"
"""A function with its positional and keyword arguments."""
Steps: TypeAlias = "Generator[Call, Any, Any]"
"""A generator that yields calls, is sent their results, and returns a result of its own."""


class CallFailedError(Exception):
    """Raised at a ``yield`` whose call has raised."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def call(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Call:
    """Return what `Steps` yield to have a function called; the value of the ``yield`` is its result.

    Raises:
        CallFailedError: at the ``yield``, if the call raised.
    """
    return function, args, kwargs


class Task:
    """Runs `Steps` on `base_frame.run`, which takes everything that it needs from the end of a list.

    In the list, the next thing to take is last:

    * while there is a call to make: what to do with the result (`_resume`), the function, and its arguments;
    * at the end: an exception or ``None``, and the result.
    """

    __slots__ = ("_continue", "_error", "_stack", "_steps", "take")

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._error: BaseException | None = None
        # Bound once: a new method object for each call would be one more allocation in a forked child.
        self._continue = self._resume
        self._stack: list[Any] = [self._begin]
        self.take = self._stack.pop

    def _begin(self) -> bool:
        """Continue the steps, at first or after an exception; return whether there is a call to make."""
        failure = None if self._error is None else CallFailedError(self._error)
        self._error = None
        if not self._resume(None, failure):
            return False
        self._stack.append(self)
        return True

    def _resume(self, result: Any, failure: CallFailedError | None = None) -> bool:
        """Continue the steps with a call's result, and return whether there is another call to make."""
        try:
            call = self._steps.send(result) if failure is None else self._steps.throw(failure)
        except StopIteration as end:
            self._stack[:] = [end.value, None]
        except CallFailedError as last:
            self._stack[:] = [None, last.error]
        except Exception as error:  # noqa: BLE001 - base_frame.run raises it
            # Its traceback would lead to the frames of our generators.
            self._stack[:] = [None, error.with_traceback(None)]
        else:
            function, args, kwargs = call
            self._stack[:] = [kwargs, args, function, self._continue]
            return True
        return False

    def __enter__(self) -> None:
        """Do nothing: `base_frame.run` uses this object for its `__exit__`."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        """Take note of an exception of a call, and suppress it: `_begin` throws it into the steps."""
        self._error = error
        if error is None:
            self._stack.append(_return_false)
        else:
            self._stack[:] = [self._begin]
        return True


def _return_false() -> bool:
    return False


def on_base_frame(make_steps: Callable[..., Steps]) -> Callable[..., Any]:
    """Return a function that an answer can call and that runs our steps. None of its attributes leads to us.

    Args:
        make_steps: called with the arguments of the call.
    """

    def begin(*request: Any) -> Callable[[], Any]:
        return Task(make_steps(*request)).take

    # A Python function has __globals__ and __closure__. An lru_cache object is implemented in C and shows the function
    # that it calls only as __wrapped__, which can be deleted.
    opaque = lru_cache(maxsize=0)(begin)
    del opaque.__wrapped__
    return partial(base_frame.call_harness, opaque)
