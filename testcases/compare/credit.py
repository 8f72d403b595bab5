"""Credit: the share of a problem's weight that passed tests earn, and the share that a constant answer would earn."""

from __future__ import annotations

import ast
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from testcases.model import ASK_ORACLE, AssertTest, CallTest, CheckTest, PytestTest, StdinTest
from testcases.source.counting import count_tests
from testcases.source.parsing import try_parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from testcases.model import Comparison, Problem, Test

__all__ = ["Baseline", "baseline_share", "best_baseline", "earned_share"]


def earned_share(problem: Problem, results: Iterable[tuple[int, bool]]) -> float:
    """The share of the problem's weights that passed tests earn, in [0, 1]; exactly 1 when all passed.

    Args:
        problem: the problem.
        results: for each test that counts, the place in ``problem.tests`` of what it belongs to, and whether it passed.
    """
    weights: list[float] = []
    passed: list[bool] = []
    groups: dict[str, int] = {}
    for place, has_passed in results:
        test = problem.tests[place]
        if test.group is None or test.group not in groups:
            if test.group is not None:
                groups[test.group] = len(weights)
            weights.append(test.weight)
            passed.append(has_passed)
        else:
            weights[groups[test.group]] += test.weight
            passed[groups[test.group]] &= has_passed
    if not weights:
        return 0.0
    if all(passed):
        return 1.0
    return math.fsum(weight for weight, earned in zip(weights, passed, strict=True) if earned) / math.fsum(weights)


_MAX_DECIMAL_BITS = 10_000
"""Python refuses to write longer integers in decimal."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an answer may always return, or print."""

    value: Any
    """A value; of a program, the text it prints."""
    is_output: bool
    """Whether it is printed."""
    share: float
    """The share of the tests it passes, in [0, 1]."""

    @property
    def source(self) -> str | None:
        """The value as Python; ``None`` where there is none."""
        return _source_of(self.value)


def baseline_share(problem: Problem) -> float:
    """The share of the tests that the best constant would earn, in [0, 1]; see `best_baseline`."""
    best = best_baseline(problem)
    return best.share if best is not None else 0.0


def best_baseline(problem: Problem) -> Baseline | None:
    """The constant that would earn most; ``None`` when none is seen to pass any test.

    A call test is passed by its expected value, a program test by its output, an assertion by the literal it compares
    a call of the answer with, or by ``True`` or ``False`` where that call itself is asserted. Assertions of any other
    form count as passed by no constant; neither does a test with assertions that no one constant passes. Each
    assertion of a check is a test. Weights and groups count as they do for an answer. Tolerances are not looked at: a
    constant near several expected values may earn more.
    """
    asked = {problem.entry_point.rpartition(".")[2]} if problem.entry_point else set()
    known: dict[str, tuple[Any, bool]] = {}
    earned: defaultdict[str, float] = defaultdict(float)
    grouped: dict[str, list[tuple[set[str], float]]] = {}
    for test in problem.tests:
        is_output = isinstance(test, StdinTest)
        passed_by = _passing_constants(test, asked)
        passed_by += [[]] * (count_tests(test) - len(passed_by))
        for constants in passed_by:
            named = {_canonical_name_for(test, value, problem.comparison): value for value in constants}
            for name, value in named.items():
                known.setdefault(name, (value, is_output))
                if test.group is None:
                    earned[name] += test.weight
            if test.group is not None:
                grouped.setdefault(test.group, []).append((set(named), test.weight))
    for members in grouped.values():
        for name in set.intersection(*(names for names, _ in members)):
            earned[name] += math.fsum(weight for _, weight in members)
    if not earned:
        return None
    name = max(known, key=lambda name: earned.get(name, 0.0))  # the first of those that tie
    total = math.fsum(test.weight * count_tests(test) for test in problem.tests)
    return Baseline(*known[name], min(1.0, earned[name] / total))


def _passing_constants(test: Test, asked: set[str]) -> list[list[Any]]:
    """For each test that a test counts as, as far as it is seen, the constants that pass it."""
    match test:
        case CallTest():
            return [[] if test.expected is ASK_ORACLE else [test.expected, *test.alternatives]]
        case StdinTest():
            return [[test.stdout, *test.alternatives]]
        case AssertTest():
            needed = {value and _canonical_name(value[0]): value for value in _asserted_constants(test.source, asked)}
            (first, *others) = needed.values() or (None,)
            return [[] if others or first is None else [first[0]]]
        case CheckTest():
            found = list(_asserted_constants(test.source, asked))
            return [[] if value is None else [value[0]] for value in found]
        case PytestTest():
            return [[]]
        case _:
            assert_never(test)


def _canonical_name_for(test: Test, value: Any, comparison: Comparison) -> str:
    """Equal for values that the test takes for the same."""
    mode = comparison.mode
    if isinstance(test, CallTest | StdinTest) and test.comparison is not None:
        mode = test.comparison.mode
    if isinstance(test, StdinTest):
        lines = [line.rstrip() for line in value.rstrip().split("\n")]
        if mode == "tokens":
            return " ".join(value.split())
        return "\n".join(sorted(lines) if mode == "unordered" else sorted(set(lines)) if mode == "set" else lines)
    if (
        isinstance(test, CallTest)
        and mode in {"unordered", "set"}
        and isinstance(value, list | tuple | set | frozenset)
    ):
        names = map(_canonical_name, value)
        return f"{mode}: " + ", ".join(sorted(set(names) if mode == "set" else names))
    return _canonical_name(value)


def _asserted_constants(source: str, asked: set[str]) -> Iterator[tuple[Any] | None]:
    """For each assertion that could fail, the constant that passes it; ``None`` when none is to be seen.

    Args:
        source: Python with assertions in it.
        asked: names by which it calls the answer, besides the parameter of ``check``.
    """
    tree = try_parse(source)
    if tree is None:
        return
    asked = asked.union(_parameters_of_check(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and not (isinstance(node.test, ast.Constant) and node.test.value):
            yield _constant_that_passes(node.test, asked)


def _parameters_of_check(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "check":
            yield from (argument.arg for argument in node.args.args)


def _constant_that_passes(test: ast.expr, asked: set[str]) -> tuple[Any] | None:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[other]) if _calls_solution(left, asked):
            return _literal_value(other)
        case ast.Compare(left=other, ops=[ast.Eq()], comparators=[right]) if _calls_solution(right, asked):
            return _literal_value(other)
        case ast.UnaryOp(op=ast.Not(), operand=operand) if _calls_solution(operand, asked):
            return (False,)
        case _:
            return (True,) if _calls_solution(test, asked) else None


def _calls_solution(node: ast.expr, asked: set[str]) -> bool:
    """Whether this is a call of the answer: what another function makes of its value says too little of the value."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in asked
        case _:
            return False


def _literal_value(node: ast.expr) -> tuple[Any] | None:
    try:
        value = ast.literal_eval(node)
        _canonical_name(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    return (value,)


def _source_of(value: Any) -> str | None:
    match value:
        case None | bool() | str() | bytes() | complex():
            return repr(value)
        case float():
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        case int():
            return repr(value) if value.bit_length() <= _MAX_DECIMAL_BITS else hex(value)
        case list() | tuple() | set() | frozenset():
            items = [_source_of(item) for item in value]
            text = f"[{', '.join(item for item in items if item is not None)}]"
            return None if None in items else text if isinstance(value, list) else f"{type(value).__name__}({text})"
        case dict():
            pairs = [(_source_of(key), _source_of(item)) for key, item in value.items()]
            if any(key is None or item is None for key, item in pairs):
                return None
            return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
        case _:
            return None


def _canonical_name(value: Any) -> str:
    """Equal for values that one constant would match: tuples are lists, whole floats are integers, order is none."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_canonical_name, value)) + "]"
    if isinstance(value, set | frozenset):
        return "{" + ", ".join(sorted(map(_canonical_name, value))) + "}"
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(sorted(f"{_canonical_name(key)}: {_canonical_name(item)}" for key, item in value.items()))
            + ":}"
        )
    if isinstance(value, int) and not isinstance(value, bool):
        return hex(value)
    return repr(value)
