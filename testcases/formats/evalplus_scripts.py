"""Scripts in which HumanEval+ and MBPP+ are published for graders of HumanEval and MBPP, and their comparisons.

A script holds ``inputs`` and ``results`` side by side, a loop over both, and a function ``assertion(out, exp, atol)``
that imports numpy for its tolerance. Run unchanged it is one test that needs numpy. Here each input is a test, with the
comparison of EvalPlus. Scripts for tasks with large outputs have a solution, ``ref_func``, instead of results.

The special comparisons are those of ``evalplus/eval/__init__.py`` and ``_special_oracle.py``, version 0.3.1, with one
exception: EvalPlus accepts any output of ``are_equivalent``; here it must at least be a bool.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.model import ASK_ORACLE, CallTest, CheckTest, Comparison
from testcases.plain_data import require_plain
from testcases.source.parsing import bound_names
from testcases.source.walking import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.model import Test

__all__ = ["PRESENCE_ONLY", "Script", "build_presence_check", "comparison_for", "read_script"]


PRESENCE_ONLY: Final = frozenset({"check_str", "text_match_three", "text_starta_endb"})
"""Functions of MBPP+ whose result is compared only by whether it is ``None``."""

_SETS = frozenset(
    [
        "Diff",
        "common_in_nested_lists",
        "extract_singly",
        "find_char_long",
        "find_dissimilar",
        "intersection_array",
        "larg_nnum",
        "similar_elements",
    ]
)
"""Functions of MBPP+ that return a list which is compared as a set."""

_CHECKERS: Final = {
    "find_zero": """\
def checker(given, expected, got):
    if isinstance(got, bool) or not isinstance(got, (int, float)):
        return False
    return abs(sum(coefficient * got**power for power, coefficient in enumerate(given[0]))) <= {atol!r}
""",
    "are_equivalent": "def checker(given, expected, got):\n    return isinstance(got, bool)\n",
    "sum_div": "def checker(given, expected, got):\n    return not isinstance(got, bool) and got in (expected, 0)\n",
    "surface_Area": """\
def checker(given, expected, got):
    base, height = given
    other = round(base**2 + 2 * base * ((base / 2) ** 2 + height**2) ** 0.5)
    return not isinstance(got, bool) and (got == expected or abs(got - other) <= {atol!r})
""",
    "digit_distance_nums": """\
def checker(given, expected, got):
    one, other = map(str, given)
    width = max(len(one), len(other))
    padded = sum(abs(int(a) - int(b)) for a, b in zip(one.zfill(width), other.zfill(width)))
    return not isinstance(got, bool) and got in (expected, padded)
""",
}


def comparison_for(entry_point: str, atol: float) -> Comparison:
    """Return the comparison for the outputs of a task: floats within EvalPlus's tolerances, except for special tasks.

    Args:
        entry_point: name of the function.
        atol: absolute tolerance of the task; 0 stands for EvalPlus's default of 1e-6.
    """
    checker = _CHECKERS.get(entry_point, "").replace("{atol!r}", repr(atol or 1e-6))
    near = Comparison(float_abs=atol or 1e-6, float_rel=1e-7, checker=checker)
    return replace(near, mode="set") if entry_point in _SETS else near


def build_presence_check(expressions: list[tuple[str, str]], solution: str = "") -> str:
    """Write a check function for the tasks of `PRESENCE_ONLY`.

    Args:
        expressions: for each call, its arguments and the expected value, as Python.
        solution: Python that the expected values may use.
    """
    lines = [f"    assert present(candidate({args})) == present({expected})" for args, expected in expressions]
    return (
        f"{solution}\n\ndef present(value):\n    return value if isinstance(value, bool) else value is not None\n\n\n"
        f"def check(candidate):\n" + "\n".join(lines) + "\n"
    )


_LOOPS = (
    ("for i, (inp, exp) in enumerate(zip(inputs, results)):", "exp"),
    ("for i, (inp, exp) in enumerate(zip(inputs, results)):", "ref_func(*inp)"),
    ("for i, inp in enumerate(inputs):", "ref_func(*inp)"),
)
_NAMES = {"inf": float("inf"), "nan": float("nan")}


@dataclass(frozen=True, slots=True)
class Script:
    """Contents of a script."""

    tests: tuple[Test, ...]
    oracle: str = ""


def read_script(tree: ast.Module, entry_point: str) -> Script | None:
    """Read a script; return ``None`` if it is not one of EvalPlus's, or holds values that are not plain data.

    Args:
        tree: the script, parsed.
        entry_point: name of the function tested.
    """
    # Anything unexpected ends in None: the script is then run as it is, which is slower and never wrong.
    body = [*tree.body, *(line for node in tree.body if _is_check(node) for line in node.body)]  # type: ignore[attr-defined]  # `_is_check` has found a function
    loops = [node for node in body if isinstance(node, ast.For)]
    if len(loops) != 1 or len(loops[0].body) != 1:
        return None
    atol = _atol(loops[0], entry_point)
    values = {name: _literal(node) for name, node in _assigned(body)}
    inputs = values.get("inputs")
    if atol is None or inputs is None or not all(isinstance(args, (list, tuple)) for args in inputs) or not inputs:
        return None
    solution = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "ref_func"), None)
    results = values.get("results")
    if "ref_func(" in ast.unparse(loops[0].body[0]):
        if solution is None:
            return None
        code = _with_what_it_uses(solution, tree.body)
        tests = [CallTest(tuple(args), ASK_ORACLE, comparison=comparison_for(entry_point, atol)) for args in inputs]
        return Script(tuple(tests), f"{code}\n\n{entry_point} = ref_func\n")
    if results is None or len(results) != len(inputs):
        return None
    if entry_point in PRESENCE_ONLY:
        expressions = [
            (", ".join(map(repr, args)), repr(expected)) for args, expected in zip(inputs, results, strict=True)
        ]
        return Script((CheckTest(build_presence_check(expressions)),))
    comparison = comparison_for(entry_point, atol)
    return Script(
        tuple(
            CallTest(tuple(args), expected, comparison=comparison)
            for args, expected in zip(inputs, results, strict=True)
        )
    )


def _with_what_it_uses(solution: ast.FunctionDef, body: list[ast.stmt]) -> str:
    """Return the source of a solution with the imports and functions of its script that it uses, in their order."""
    # The rest of a script needs numpy, which is not needed here.
    kept: set[ast.stmt] = set()
    found: set[ast.stmt] = {solution}
    while found:
        kept |= found
        used = {node.id for one in kept for node in walk(one) if isinstance(node, ast.Name)} | {"*"}
        found = {statement for statement in body if _names_of(statement) & used} - kept
    return "\n".join(ast.unparse(statement) for statement in body if statement in kept)


def _names_of(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import() | ast.ImportFrom() | ast.Assign():
            return bound_names(statement)
    return set()


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "check"


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


def _atol(loop: ast.For, entry_point: str) -> float | None:
    """Return the tolerance of a loop that compares results with expected values; ``None`` for any other loop."""
    match loop.body[0]:
        case ast.Expr(
            value=ast.Call(func=ast.Name(id="assertion"), args=[_, _, ast.Constant(value=int() | float() as atol)])
        ):
            source = ast.unparse(loop)
        case _:
            return None
    for name in ("candidate", entry_point):
        for header, expected in _LOOPS:
            if source == ast.unparse(ast.parse(f"{header} assertion({name}(*inp), {expected}, {atol!r})")):
                return float(atol)
    return None


def _literal(node: ast.expr) -> Any:
    """Return the value of a literal that may contain the names ``inf`` and ``nan``; ``None`` for other expressions."""
    try:
        value = ast.literal_eval(_Numbers().visit(node))
        require_plain(value, "test")
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, InvalidFieldError):
        return None
    return value


class _Numbers(ast.NodeTransformer):
    """Replacement of the names ``inf`` and ``nan`` by the numbers."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace one name."""
        return ast.copy_location(ast.Constant(_NAMES[node.id]), node) if node.id in _NAMES else node
