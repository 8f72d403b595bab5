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

__all__ = ["Baseline", "baseline_share", "best_baseline", "compared_literals", "earned_share"]


def earned_share(problem: Problem, results: Iterable[tuple[int, bool]]) -> float:
    """Return the share of the problem's weights that passed tests earn, in [0, 1]; exactly 1 if all passed.

    Args:
        problem: the problem.
        results: for each test that counts, the index in ``problem.tests`` of its test, and whether it passed.
    """
    weights: list[float] = []
    passed: list[bool] = []
    groups: dict[str, int] = {}
    for index, has_passed in results:
        test = problem.tests[index]
        # A group is one entry: it earns the weights of all its tests if none of them fails.
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
    # Policies compare the share with 1, so it must not depend on how sums of weights are rounded.
    if all(passed):
        return 1.0
    return math.fsum(weight for weight, earned in zip(weights, passed, strict=True) if earned) / math.fsum(weights)


_MAX_DECIMAL_BITS = 10_000
"""Bits of an integer that Python writes in decimal (`sys.set_int_max_str_digits`); longer ones are written in hex."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A constant that an answer may return or print for every input."""

    value: Any
    """Value that is returned; of a program, the text that it prints."""
    is_output: bool
    """True if it is printed."""
    share: float
    """Share of the tests that it passes, in [0, 1]."""

    @property
    def source(self) -> str | None:
        """The value as Python source; ``None`` for a value without a literal."""
        return _source_of(self.value)


def baseline_share(problem: Problem) -> float:
    """Return the share of the tests that the best constant would earn, in [0, 1]; see `best_baseline`."""
    best = best_baseline(problem)
    return best.share if best is not None else 0.0


def best_baseline(problem: Problem) -> Baseline | None:
    """Find the constant that would earn most; ``None`` if no constant is known to pass any test.

    A call test is passed by its expected value, a program test by its output, an assertion by the literal that it
    compares a call of the answer with, or by ``True`` or ``False`` if that call itself is asserted. An assertion of any
    other form counts as passed by no constant, and so does a test whose assertions need different constants. Each
    assertion of a check is a test. A checker without an expected value counts as passed by none. Weights and groups
    count as they do for an answer. Tolerances are ignored: a constant near several expected values may earn more.
    """
    callees = {problem.entry_point.rpartition(".")[2]} if problem.entry_point else set()
    known: dict[str, tuple[Any, bool]] = {}
    earned: defaultdict[str, float] = defaultdict(float)
    grouped: dict[str, list[tuple[set[str], float]]] = {}
    for test in problem.tests:
        is_output = isinstance(test, StdinTest)
        passed_by = _passing_constants(test, callees)
        if _decides_alone(test, problem.comparison):
            passed_by = [[]]
        # Assertions that were not found in the source count as passed by no constant.
        passed_by += [[]] * (count_tests(test) - len(passed_by))
        for constants in passed_by:
            names = {_canonical_name_for(test, value, problem.comparison): value for value in constants}
            for name, value in names.items():
                known.setdefault(name, (value, is_output))
                if test.group is None:
                    earned[name] += test.weight
            if test.group is not None:
                grouped.setdefault(test.group, []).append((set(names), test.weight))
    for members in grouped.values():
        for name in set.intersection(*(names for names, _ in members)):
            earned[name] += math.fsum(weight for _, weight in members)
    if not earned:
        return None
    name = max(known, key=lambda name: earned.get(name, 0.0))  # ties: the first
    total = math.fsum(test.weight * count_tests(test) for test in problem.tests)
    return Baseline(*known[name], min(1.0, earned[name] / total))


def compared_literals(problem: Problem) -> list[Any] | None:
    """Return the literal that each test compares a call of the answer with, where that is all that any test does.

    ``None`` where a test does anything else, so that what an answer earns does not follow from what it returns alone.
    """
    if problem.setup or any(test.group is not None or test.weight != 1.0 for test in problem.tests):
        return None
    callees = {problem.entry_point.rpartition(".")[2]} if problem.entry_point else set()
    found: list[tuple[Any] | None] = []
    for test in problem.tests:
        tree = try_parse(test.source) if isinstance(test, AssertTest | CheckTest) else None
        if tree is None:
            return None
        parameters = set(_parameters_of_check(tree))
        statements = [
            inner
            for node in tree.body
            for inner in (node.body if isinstance(node, ast.FunctionDef) and node.name == "check" else [node])
        ]
        for node in statements:
            match node:
                case ast.Assert(test=ast.Constant(value=value)) if value:
                    continue
                case ast.Assert(test=ast.Compare(left=left, ops=[ast.Eq()], comparators=[other])):
                    found.append(_literal_value(other) if _calls_solution(left, callees | parameters) else None)
                case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.Assign(value=ast.Dict() | ast.Constant()):
                    continue
                case _:
                    return None
    return [value[0] for value in found if value is not None] if found and None not in found else None


def _decides_alone(test: Test, comparison: Comparison) -> bool:
    """Return whether a checker decides without an expected value: ``None`` is then no value that would pass."""
    match test:
        case CallTest(expected=None) | StdinTest(stdout=""):
            return bool((test.comparison or comparison).checker)
        case _:
            return False


def _passing_constants(test: Test, callees: set[str]) -> list[list[Any]]:
    """Return the constants that pass, for each test that a test counts as; may lack tests at the end."""
    match test:
        case CallTest():
            return [[] if test.expected is ASK_ORACLE else [test.expected, *test.alternatives]]
        case StdinTest():
            return [[test.stdout, *test.alternatives]]
        case AssertTest():
            constants = {
                value and _canonical_name(value[0]): value for value in _asserted_constants(test.source, callees)
            }
            (first, *others) = constants.values() or (None,)
            return [[] if others or first is None else [first[0]]]
        case CheckTest():
            return [[] if value is None else [value[0]] for value in _asserted_constants(test.source, callees)]
        case PytestTest():
            return [[]]
        case _:
            assert_never(test)


def _canonical_name_for(test: Test, value: Any, comparison: Comparison) -> str:
    """Return a text that is the same for all values that the test accepts as one."""
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


def _asserted_constants(source: str, callees: set[str]) -> Iterator[tuple[Any] | None]:
    """Yield the constant that passes, for each assertion that could fail; ``None`` if its form is not known.

    Args:
        source: Python with assertions in it.
        callees: names by which it calls the answer, besides the parameter of ``check``.
    """
    tree = try_parse(source)
    if tree is None:
        return
    callees = callees.union(_parameters_of_check(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert) and not (isinstance(node.test, ast.Constant) and node.test.value):
            yield _constant_that_passes(node.test, callees)


def _parameters_of_check(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == "check":
            yield from (argument.arg for argument in node.args.args)


def _constant_that_passes(test: ast.expr, callees: set[str]) -> tuple[Any] | None:
    match test:
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[other]) if _calls_solution(left, callees):
            return _literal_value(other)
        case ast.Compare(left=other, ops=[ast.Eq()], comparators=[right]) if _calls_solution(right, callees):
            return _literal_value(other)
        case ast.UnaryOp(op=ast.Not(), operand=operand) if _calls_solution(operand, callees):
            return (False,)
        case _:
            return (True,) if _calls_solution(test, callees) else None


def _calls_solution(node: ast.expr, callees: set[str]) -> bool:
    """Return whether this is a call of the answer itself; ``len(f(x)) == 2`` does not give its value."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in callees
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
    """Return a text that is the same for values that one constant equals.

    Tuples are lists, whole floats are integers, and sets and dicts have no order.
    """
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
