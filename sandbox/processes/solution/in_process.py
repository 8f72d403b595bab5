"""Tests that run in the solution process itself, because they cannot call the answer across a pipe.

Their results are weaker evidence than a value compared elsewhere, because the answer is in the process that reports
them. The nearest ways to lie are closed: tests do not share built-in functions with the answer; a result counts only
with a token that the answer was not given; and only while the process lives and the runner finds itself unchanged.
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import TYPE_CHECKING, Any

from sandbox.processes.loading import load_object
from sandbox.processes.solution.trampoline import call

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.solution.trampoline import Steps

__all__ = ["TOKEN", "isolate_builtins", "load_in_process_runner", "step_function"]

TOKEN = "token"  # noqa: S105 - a key
"""Key of a test spec under which it has its token."""


def load_in_process_runner(target: str) -> Callable[[dict[str, Any]], Any] | None:
    """Import the runner of in-process tests, before there is an answer; ``None`` for an empty target.

    Args:
        target: ``module:class``. An instance is made from a test spec. Its ``steps(module)`` yields the outcomes of one
            test after the other, for the answer in ``module``. Its ``is_intact()`` returns whether it is unchanged.
    """
    return load_object(target) if target else None


def isolate_builtins(module: types.ModuleType) -> None:
    """Give the answer built-in functions of its own, so that it cannot replace those of the tests beside it."""
    own = types.ModuleType("builtins")
    vars(own).update(vars(builtins))
    sys.modules["builtins"] = own
    vars(module)["__builtins__"] = own


def step_function(runner: Any, module: types.ModuleType, token: str) -> Callable[[], Steps]:
    """Return a function whose steps run the next test, and return the token and the outcomes.

    The token is empty if the outcomes are not to be believed.
    """
    steps: Any = None

    def step() -> Steps:
        nonlocal steps
        steps = runner.steps(module) if steps is None else steps
        outcomes = yield call(next, steps, None)
        return [token if runner.is_intact() else "", outcomes]

    return step
