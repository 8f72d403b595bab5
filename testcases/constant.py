"""What an answer that always returns the same would pass: the part of the credit that needs no skill."""

from __future__ import annotations

import ast
import math
import warnings
from collections import Counter
from typing import TYPE_CHECKING, Any

from testcases.problem import AssertTest, CallTest, CheckTest, PytestTest, StdinTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.problem import Problem

__all__ = ["constant_share"]


def constant_share(problem: Problem) -> float:
    """The share of the tests that the best constant would pass, in [0, 1].

    A call test is passed by its expected value, a program test by its output, an assertion by the literal it compares
    a call with, or by ``True`` or ``False`` where the call itself is asserted. Assertions of any other form count as
    passed by no constant; neither does a test with assertions that no one constant passes. Each assertion of a check
    is a test.
    """
    total = 0
    constants: Counter[str] = Counter()
    for test in problem.tests:
        match test:
            case CallTest():
                constants[_name(test.expected)] += 1
                total += 1
            case StdinTest():
                constants[" ".join(test.stdout.split())] += 1
                total += 1
            case AssertTest():
                needed = set(_asserted(test.source))
                total += 1
                constants.update(name for name in needed if name is not None and len(needed) == 1)
            case CheckTest():
                found = list(_asserted(test.source))
                total += max(1, len(found))
                constants.update(name for name in found if name is not None)
            case PytestTest():
                total += 1
    return max(constants.values(), default=0) / total if total else 0.0


def _asserted(source: str) -> Iterator[str | None]:
    """For each assertion that could fail, the name of the constant that passes it; ``None`` when none is to be seen."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and not (isinstance(node.test, ast.Constant) and node.test.value):
            yield _passing(node.test)


def _passing(test: ast.expr) -> str | None:
    match test:
        case ast.Compare(left=ast.Call(), ops=[ast.Eq() | ast.Is()], comparators=[other]):
            return _literal(other)
        case ast.Compare(left=other, ops=[ast.Eq()], comparators=[ast.Call()]):
            return _literal(other)
        case ast.Call():
            return _name(value=True)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call()):
            return _name(value=False)
        case _:
            return None


def _literal(node: ast.expr) -> str | None:
    try:
        return _name(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _name(value: Any) -> str:
    """Equal for values that one constant would match: tuples are lists, whole floats are integers, order is none."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_name, value)) + "]"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_name, value))) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{_name(key)}: {_name(item)}" for key, item in value.items())) + ":}"
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return repr(value)
