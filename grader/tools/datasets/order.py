"""The tests of a reference in reverse order: a right answer must pass them as well, or they depend on each other."""

from __future__ import annotations

import ast
from typing import Any, Final

from testcases.source.parsing import try_parse

__all__ = ["in_reverse_order"]

_LISTS: Final = ("tests", "test_list")
"""Fields that hold tests one by one."""
_SUITES: Final = ("pytest", "test")
"""Fields that hold a test file."""


def in_reverse_order(reference: Any) -> Any:
    """Return the reference with its tests in reverse order; ``None`` where it has no order to change."""
    if not isinstance(reference, dict):
        return None
    changed: dict[str, Any] = {}
    for name in _LISTS:
        tests = reference.get(name)
        if isinstance(tests, list) and len(tests) > 1:
            changed[name] = tests[::-1]
    for name in _SUITES:
        source = reference.get(name)
        if isinstance(source, str) and (text := _reversed_suite(source)) is not None:
            changed[name] = text
    return reference | changed if changed else None


def _reversed_suite(source: str) -> str | None:
    """Return a test file whose test functions are in reverse order; ``None`` if there are not two of them."""
    tree = try_parse(source)
    if tree is None:
        return None
    places = [index for index, statement in enumerate(tree.body) if _is_test(statement)]
    if len(places) < 2:  # noqa: PLR2004 - one test alone has no order
        return None
    tests = [tree.body[index] for index in reversed(places)]
    for index, test in zip(places, tests, strict=True):
        tree.body[index] = test
    return ast.unparse(tree)


def _is_test(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef) and statement.name.startswith("test")
