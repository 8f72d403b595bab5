"""HumanEval+ and MBPP+ as EvalPlus ships them: inputs, and a solution that says what is expected.

``base_input`` and ``plus_input`` hold the arguments of one call an item; each is one test. What is expected is what
``canonical_solution``, put after ``prompt`` if it is the continuation of that, returns beside the tests. ``contract``
goes before its first statement: an input that breaks it makes a broken test. ``atol`` is the absolute tolerance between
floats, see `testcases.formats.evalplus_oracles`. All other fields of a row are ignored.
"""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.evalplus_inputs import restored
from testcases.formats.evalplus_oracles import PRESENCE, comparison_of, presence_check
from testcases.formats.fields import Fields
from testcases.plain_data import require_plain
from testcases.problem import ASK_ORACLE, CallTest, CheckTest, Problem
from testcases.python_source import defined_names, parse, prompt_code

if TYPE_CHECKING:
    from testcases.problem import Test

__all__ = ["NAME", "fits", "read"]

NAME: Final = "evalplus"

_INPUTS = ("base_input", "plus_input")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    return isinstance(reference, dict) and any(key in reference for key in _INPUTS)


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    entry_point = fields.name_or("entry_point", None)
    if entry_point is None:
        raise InvalidFieldError("entry_point", "is missing")
    shown = prompt_code(fields.text_or("prompt", prompt), entry_point=entry_point)
    solution = _solution(fields, shown, entry_point)
    calls = {
        f"{key}[{index}]": args
        for key in _INPUTS
        if fields.has(key) and fields.json(key) != []
        for index, args in enumerate(restored(fields.items(key), reference.get("task_id")))
    }
    if not calls:
        raise InvalidFieldError("base_input", "must not be empty")
    for path, args in calls.items():
        if not isinstance(args, (list, tuple)):
            raise InvalidFieldError(path, f"must be a list of arguments, not {type(args).__name__}")
        require_plain(args, path)
    tests: tuple[Test, ...]
    if entry_point in PRESENCE:
        texts = [", ".join(map(repr, args)) for args in calls.values()]
        source = presence_check([(text, f"{entry_point}({text})") for text in texts], solution)
        tests = (CheckTest(source),)
    else:
        tests = tuple(CallTest(tuple(args), ASK_ORACLE) for args in calls.values())
    return Problem(
        tests,
        entry_point=entry_point,
        prompt=shown,
        oracle=solution,
        comparison=comparison_of(entry_point, fields.amount_or("atol", 0.0)),
        shape=NAME,
    )


def _solution(fields: Fields, shown: str, entry_point: str) -> str:
    """The canonical solution as a whole, with the contract in it."""
    own = fields.text("canonical_solution")
    contract = fields.text_or("contract", "")
    for source in (own, shown + own):
        try:
            tree = parse(source, "canonical_solution")
        except InvalidFieldError:
            continue
        if entry_point in defined_names(tree):
            return _with_contract(source, tree, contract, entry_point)
    parse(shown + own, "canonical_solution")
    raise InvalidFieldError("canonical_solution", f"does not define {entry_point}")


def _with_contract(source: str, tree: ast.Module, contract: str, entry_point: str) -> str:
    """The source with the lines of the contract before the function's first statement, indented as that is."""
    function = next(node for node in tree.body if isinstance(node, _FUNCTIONS) and node.name == entry_point)
    first = function.body[0]
    if not contract.strip() or first.lineno == function.lineno:
        return source
    lines = source.split("\n")
    asserted = textwrap.indent(textwrap.dedent(contract.strip("\n")), " " * first.col_offset)
    whole = "\n".join([*lines[: first.lineno - 1], asserted, *lines[first.lineno - 1 :]])
    parse(whole, "contract")
    return whole
