"""Patterns that every supported release of Python matches alike."""

from __future__ import annotations

import importlib
import pkgutil
import re
from re import _constants, _parser  # type: ignore[attr-defined]  # the parser has no public name
from typing import TYPE_CHECKING, Any

import pytest

import grader.extraction

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = [f"grader.extraction.{module.name}" for module in pkgutil.iter_modules(grader.extraction.__path__)]


def parts_of(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the operators of a parsed pattern with their arguments, those in groups, too."""
    if isinstance(tree, _parser.SubPattern):
        for operator, argument in tree:
            yield operator, argument
            yield from parts_of(argument)
    elif isinstance(tree, list | tuple):
        for part in tree:
            yield from parts_of(part)


def has_possessive_alternatives(pattern: re.Pattern[str]) -> bool:
    possessive = [
        argument
        for operator, argument in parts_of(_parser.parse(pattern.pattern, pattern.flags))
        if operator is _constants.POSSESSIVE_REPEAT
    ]
    return any(operator is _constants.BRANCH for argument in possessive for operator, _ in parts_of(argument))


@pytest.mark.parametrize(
    ("pattern", "found"), [(r"(?:aa|bb)*+c", True), (r"(?:aa|bb)*c", False), (r"(?:\.\w++)*+", False)]
)
def test_such_groups_are_found(pattern: str, found: bool) -> None:
    assert has_possessive_alternatives(re.compile(pattern)) is found


@pytest.mark.parametrize("module", MODULES)
def test_no_possessive_group_has_alternatives(module: str) -> None:
    """CPython before 3.11.5, such as that of Debian 12, matches them wrongly (python/cpython#106052)."""
    patterns = [value for value in vars(importlib.import_module(module)).values() if isinstance(value, re.Pattern)]
    assert [pattern.pattern for pattern in patterns if has_possessive_alternatives(pattern)] == []
