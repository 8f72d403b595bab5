"""The hook ``pytest_generate_tests`` of a test module, which gives tests their cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.pytest_runner.fixtures import Config
from testcases.pytest_runner.hooks import parameters_of
from testcases.pytest_runner.loud import Loud
from testcases.pytest_runner.params import Mark

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

__all__ = ["Metafunc", "marks_of_hook"]


class Metafunc(Loud):
    """The argument of the hook: a test, whose cases it may give.

    Args:
        module: the test module.
        kind: the class that the test is in; ``None`` for a function.
        function: the test.
    """

    def __init__(self, module: ModuleType, kind: Any, function: Callable[..., Any]) -> None:
        self.module, self.cls, self.function = module, kind, function
        self.fixturenames = [name for name in parameters_of(function) if name not in {"self", "cls"}]
        self.config = Config()
        self.marks: list[Mark] = []
        """What the hook has given, as ``parametrize`` marks."""

    def parametrize(self, argnames: Any, argvalues: Any, indirect: Any = (), ids: Any = None, **_: Any) -> None:
        """Give the test a case for each value."""
        self.marks.append(Mark("parametrize", (argnames, list(argvalues), indirect, ids)))


def marks_of_hook(module: ModuleType, kind: Any, function: Callable[..., Any]) -> list[Mark]:
    """Return the ``parametrize`` marks that the hook of a module gives a test."""
    hook = vars(module).get("pytest_generate_tests")
    if hook is None:
        return []
    metafunc = Metafunc(module, kind, function)
    hook(metafunc)
    return metafunc.marks
