"""Find tests that pytest would run, and that the source of a module does not show: they must not go missing."""

from __future__ import annotations

import unittest
from typing import TYPE_CHECKING, Any

from testcases.reached import line_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from types import ModuleType

__all__ = ["rest_of", "uncollected_tests"]


def rest_of(owner: Any, known: Collection[tuple[str, ...]], path: tuple[str, ...]) -> list[str]:
    """Return the names of the tests in a class or a module that its source does not show.

    Those that are no function of test code count as well: they are to fail.

    Args:
        owner: the class or the module.
        known: names that the source shows, as in `uncollected_tests`.
        path: names of the class; empty for the module.
    """
    bases = type.mro(owner) if path else [owner]
    module = vars(owner)["__module__" if path else "__name__"]
    own = [base for base in bases if not path or vars(base).get("__module__") == module]
    names = {name: value for base in reversed(own) for name, value in list(vars(base).items())}
    return [
        name
        for name, value in names.items()
        if type(name) is str and name.startswith("test") and (*path, name) not in known and _may_be_called(value)
    ]


def _may_be_called(value: Any) -> bool:
    # By type(): an object of the solution would be asked.
    return type(value) in {staticmethod, classmethod} or (not issubclass(type(value), type) and callable(value))


def uncollected_tests(
    module: ModuleType,
    filename: str,
    known: Collection[tuple[str, ...]],
    with_rest: Collection[tuple[str, ...]] = (),
) -> Iterator[tuple[int, str]]:
    """Yield line and name of each test that only running the module has shown.

    Args:
        module: the test module, loaded.
        filename: its name in tracebacks.
        known: names of the functions, classes and methods that its source shows, each behind those it is in.
        with_rest: classes, or the module as an empty name, all of whose tests run whatever their names.
    """
    members = list(vars(module).items())
    for name, value in members:
        line = line_in(value, filename)
        if name.startswith("test") and line and (name,) not in known and () not in with_rest:
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
            if not is_known or ((name, method) not in known and (name,) not in with_rest):
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
            line = line_in(value, filename)
            if name.startswith("test") and line:
                yield name, line
