"""Find tests that pytest would run, and that the source of a module does not show: they must not go missing."""

from __future__ import annotations

import functools
import unittest
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import ModuleType

__all__ = ["uncollected_tests"]


def uncollected_tests(
    module: ModuleType, filename: str, known: Collection[tuple[str, ...]]
) -> Iterator[tuple[int, str]]:
    """Yield line and name of each test that only running the module has shown.

    Args:
        module: the test module, loaded.
        filename: its name in tracebacks.
        known: names of the functions, classes and methods that its source shows, each behind those it is in.
    """
    members = list(vars(module).items())
    for name, value in members:
        line = _line(value, filename)
        if name.startswith("test") and line and (name,) not in known:
            yield line, name
    collected = [value for name, value in members if (name,) in known]
    for name, value in members:
        # By type(): isinstance() would ask an object of the solution.
        if not issubclass(type(value), type) or vars(value).get("__module__") != module.__name__:
            continue
        is_known = (name,) in known
        if (not is_known and any(value is one for one in collected)) or not _is_test_class(name, value):
            continue
        for method, line in _methods(value, module.__name__, filename):
            if not is_known or (name, method) not in known:
                yield line, f"{name}::{method}"


def _is_test_class(name: str, kind: type) -> bool:
    """Return whether pytest looks for tests in a class."""
    bases = type.mro(kind)
    if any("__test__" in vars(base) for base in bases):
        return False
    return unittest.TestCase in bases or (
        name.startswith("Test") and not any("__init__" in vars(base) for base in bases if base is not object)
    )


def _methods(kind: type, module: str, filename: str) -> Iterator[tuple[str, int]]:
    for base in type.mro(kind):
        for name, value in list(vars(base).items()) if vars(base).get("__module__") == module else ():
            line = _line(value, filename)
            if name.startswith("test") and line:
                yield name, line


def _line(value: Any, filename: str) -> int:
    """Return the line of a function of the test module, or of one that is wrapped; 0 for all else."""
    while True:
        if type(value) is functools.partial:
            value = value.func
        elif type(value) in {staticmethod, classmethod}:
            value = value.__func__
        elif type(value) is not FunctionType:
            return 0
        elif value.__code__.co_filename == filename:
            return value.__code__.co_firstlineno
        else:
            value = vars(value).get("__wrapped__")
