"""The scripts into which HumanEval+ and MBPP+ are written for graders of HumanEval and MBPP, and their comparisons.

A script holds ``inputs`` and ``results`` side by side, a loop over both, and a function ``assertion(out, exp, atol)``
that imports numpy for its tolerance. Run as it stands it is one test that needs numpy. Here each input is a test, and
compared as EvalPlus compares. Scripts for tasks with large outputs have a solution, ``ref_func``, instead of results.

Which outputs cannot be compared with ``==``, and what is right in them, is as in ``evalplus/eval/__init__.py`` and
``_special_oracle.py``, version 0.3.1, with one exception: EvalPlus lets any output of ``are_equivalent`` pass; here it
must at least be a bool.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.model import ASK_ORACLE, CallTest, CheckTest, Comparison
from testcases.plain_data import require_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.model import Test

__all__ = ["PRESENCE_ONLY", "Script", "build_presence_check", "comparison_for", "read_script"]


PRESENCE_ONLY: Final = frozenset({"check_str", "text_match_three", "text_starta_endb"})
"""Functions of MBPP+ that may return anything, as long as it is ``None`` when the solution's is."""

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
"""Functions of MBPP+ whose list is a set in any order."""

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
    """How the outputs of a task are compared: floats within EvalPlus's tolerances, unless the task is a special one.

    Args:
        entry_point: name of the function.
        atol: the task's absolute tolerance; 0 is EvalPlus's 1e-6.
    """
    checker = _CHECKERS.get(entry_point, "").replace("{atol!r}", repr(atol or 1e-6))
    near = Comparison(float_abs=atol or 1e-6, float_rel=1e-7, checker=checker)
    return replace(near, mode="set") if entry_point in _SETS else near


def build_presence_check(expressions: list[tuple[str, str]], solution: str = "") -> str:
    """A check function for the tasks of `PRESENCE_ONLY`.

    Args:
        expressions: for each call, its arguments and what is expected, as Python.
        solution: Python that what is expected may use.
    """
    lines = [f"    assert present(candidate({given})) == present({wanted})" for given, wanted in expressions]
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
    """What a script says."""

    tests: tuple[Test, ...]
    oracle: str = ""


def read_script(tree: ast.Module, source: str, entry_point: str) -> Script | None:
    """What the script says, or ``None`` if it is not one of EvalPlus's, or holds what is no plain data.

    Args:
        tree: the script, parsed.
        source: the script.
        entry_point: name of the function tested.
    """
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
        code = ast.get_source_segment(source, solution)
        tests = [CallTest(tuple(args), ASK_ORACLE, comparison=comparison_for(entry_point, atol)) for args in inputs]
        return Script(tuple(tests), f"{code}\n\n{entry_point} = ref_func\n")
    if results is None or len(results) != len(inputs):
        return None
    if entry_point in PRESENCE_ONLY:
        shown = [(", ".join(map(repr, args)), repr(wanted)) for args, wanted in zip(inputs, results, strict=True)]
        return Script((CheckTest(build_presence_check(shown)),))
    comparison = comparison_for(entry_point, atol)
    return Script(
        tuple(
            CallTest(tuple(args), wanted, comparison=comparison) for args, wanted in zip(inputs, results, strict=True)
        )
    )


def _is_check(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == "check"


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


def _atol(loop: ast.For, entry_point: str) -> float | None:
    """The tolerance with which a loop compares what calls return with what is expected; ``None`` if it does not."""
    match loop.body[0]:
        case ast.Expr(
            value=ast.Call(func=ast.Name(id="assertion"), args=[_, _, ast.Constant(value=int() | float() as atol)])
        ):
            written = ast.unparse(loop)
        case _:
            return None
    for name in ("candidate", entry_point):
        for frame, wanted in _LOOPS:
            if written == ast.unparse(ast.parse(f"{frame} assertion({name}(*inp), {wanted}, {atol!r})")):
                return float(atol)
    return None


def _literal(node: ast.expr) -> Any:
    """Value of a literal of plain data in which ``inf`` and ``nan`` may stand; ``None`` for anything else."""
    try:
        value = ast.literal_eval(_Numbers().visit(node))
        require_plain(value, "test")
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError, InvalidFieldError):
        return None
    return value


class _Numbers(ast.NodeTransformer):
    """Puts the numbers in for the names that stand for them."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace one name."""
        return ast.copy_location(ast.Constant(_NAMES[node.id]), node) if node.id in _NAMES else node
