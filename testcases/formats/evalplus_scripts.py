"""The scripts into which HumanEval+ and MBPP+ are written for graders of HumanEval and MBPP.

A script holds ``inputs`` and ``results`` side by side, a loop over both, and a function ``assertion(out, exp, atol)``
that imports numpy for its tolerance. Run as it stands it is one test that needs numpy. Here each input is a test, and
compared as EvalPlus compares. Scripts for tasks with large outputs have a solution, ``ref_func``, instead of results.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from testcases.errors import InvalidFieldError
from testcases.formats.evalplus_oracles import PRESENCE, comparison_of, presence_check
from testcases.plain_data import require_plain
from testcases.problem import ASK_ORACLE, CallTest, CheckTest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testcases.problem import Test

__all__ = ["Script", "read_script"]

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
        tests = [CallTest(tuple(args), ASK_ORACLE, comparison=comparison_of(entry_point, atol)) for args in inputs]
        return Script(tuple(tests), f"{code}\n\n{entry_point} = ref_func\n")
    if results is None or len(results) != len(inputs):
        return None
    if entry_point in PRESENCE:
        shown = [(", ".join(map(repr, args)), repr(wanted)) for args, wanted in zip(inputs, results, strict=True)]
        return Script((CheckTest(presence_check(shown)),))
    comparison = comparison_of(entry_point, atol)
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
