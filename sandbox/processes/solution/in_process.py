"""An exam that is held in the solution process itself, for tests that cannot be put across a pipe.

What comes of it is weaker evidence than a value compared elsewhere: the answer is in the process that tells it. It is
kept from the nearest ways to lie: the built-in functions that tests use are not its own, and nothing counts that is not
told with a word that it was not given, by a process that lives and is made of what it was made of before.
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

__all__ = ["WORD", "isolate_builtins", "load_in_process_runner", "step_function"]

WORD = "word"
"""Key of an exam under which it says what counts."""


def load_in_process_runner(target: str) -> Callable[[dict[str, Any]], Any] | None:
    """What holds exams here, imported before any answer comes; ``None`` for an empty target.

    Args:
        target: ``module:class``. An instance is made of an exam; its ``steps(module)`` gives what came of each test of
            the answer in ``module``, and its ``is_intact()`` whether it is still what it was when it was made.
    """
    return load_object(target) if target else None


def isolate_builtins(module: types.ModuleType) -> None:
    """Give the answer built-in functions of its own, so that it takes none from the tests that run beside it."""
    own = types.ModuleType("builtins")
    vars(own).update(vars(builtins))
    sys.modules["builtins"] = own
    vars(module)["__builtins__"] = own


def step_function(runner: Any, module: types.ModuleType, word: str) -> Callable[[], Steps]:
    """A function that has the next test held: the word, or nothing where it is not to be believed, and the outcomes."""
    steps: Any = None

    def step() -> Steps:
        nonlocal steps
        steps = runner.steps(module) if steps is None else steps
        outcomes = yield call(next, steps, None)
        return [word if runner.is_intact() else "", outcomes]

    return step
