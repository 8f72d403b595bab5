"""HumanEval+ and MBPP+ as EvalPlus ships them: inputs, and a solution that computes the expected values.

Each item of ``base_input`` and ``plus_input`` is a list of arguments, and is one test. The expected value is what
``canonical_solution`` returns in the harness process; a solution that continues ``prompt`` is put after it.
``contract`` is inserted before its first statement: an input that violates it is left out, for every answer. ``atol``
is the absolute tolerance between floats, see `testcases.formats.evalplus_scripts`. All other fields of a row are
ignored.

EvalPlus stores inputs as JSON, which has no tuples, sets or complex numbers, and restores them by the number of the
task. The numbers are those of ``mbpp_deserialize_inputs`` in ``evalplus/data/mbpp.py``, version 0.3.1.
"""

from __future__ import annotations

import ast
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.evalplus_scripts import PRESENCE_ONLY, build_presence_check, comparison_for
from testcases.formats.fields import Fields
from testcases.model import ASK_ORACLE, CallTest, CheckTest, Problem
from testcases.plain_data import require_plain
from testcases.source.parsing import defined_names, find_prompt_code, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcases.model import Test

__all__ = ["KEYS", "NAME", "read", "restore_types"]


_TASK: Final = re.compile(r"Mbpp/(\d+)")


def restore_types(inputs: list[Any], task_id: Any) -> list[Any]:
    """Return the arguments of each call with the types that JSON does not have; those of other data sets unchanged."""
    match = _TASK.fullmatch(task_id) if isinstance(task_id, str) else None
    restore = _BY_TASK.get(int(match[1])) if match else None
    if restore is None:
        return inputs
    return [restore(list(args)) if isinstance(args, (list, tuple)) else args for args in inputs]


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _tuples(value: Any) -> Any:
    return [_tuple(item) for item in value] if isinstance(value, list) else value


def _tuple_of_tuples(value: Any) -> Any:
    return _tuple(_tuples(value))


def _all_tuples(value: Any) -> Any:
    return tuple(_all_tuples(item) for item in value) if isinstance(value, list) else value


def _sets(value: Any) -> Any:
    # Of an empty list EvalPlus itself makes {}, which is a dict.
    return [set(item) if isinstance(item, list) and item else {} for item in value]


def _values_tuples(value: Any) -> Any:
    return {key: _tuple(item) for key, item in value.items()} if isinstance(value, dict) else value


def _unchanged(value: Any) -> Any:
    return value


def _each(convert: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda args: [convert(arg) for arg in args]


def _by_position(*converts: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    return lambda args: [*(convert(arg) for convert, arg in zip(converts, args, strict=False)), *args[len(converts) :]]


_CONVERSIONS: Final[tuple[tuple[Callable[[list[Any]], list[Any]], tuple[int, ...]], ...]] = (
    (
        _each(_tuple),
        (2, 116, 132, 143, 222, 261, 273, 394, 399, 421, 424, 429, 470, 560, 579, 596, 616, 630, 726, 740, 744, 809),
    ),
    (_each(_tuples), (63, 64, 70, 94, 120, 237, 272, 299, 400, 409, 417, 438, 473, 614, 780)),
    (_each(_tuple_of_tuples), (259, 278, 401, 445)),
    (_each(_all_tuples), (580, 615, 791)),
    (_by_position(_tuples), (75, 413, 444, 753)),
    (_by_position(_unchanged, _tuple), (106, 750)),
    (_by_position(_tuple), (250, 307, 405, 446, 617, 720, 763, 808)),
    (_by_position(_values_tuples), (722,)),
    (_by_position(_sets), (115,)),
    (_by_position(float, complex), (124,)),
    (_by_position(complex), (252,)),
)
_BY_TASK: Final = {number: restore for restore, numbers in _CONVERSIONS for number in numbers}


NAME: Final = "evalplus"

_INPUTS = ("base_input", "plus_input")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
KEYS: Final = tuple(frozenset({key}) for key in _INPUTS)


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    entry_point = fields.name_or("entry_point", None)
    if entry_point is None:
        raise InvalidFieldError("entry_point", "is missing")
    prompt_code = find_prompt_code(fields.text_or("prompt", prompt), entry_point=entry_point)
    solution = _solution(fields, prompt_code, entry_point)
    calls = {
        f"{key}[{index}]": args
        for key in _INPUTS
        if fields.has(key) and fields.json(key) not in ([], {})  # Mbpp/793 writes {} for no inputs
        for index, args in enumerate(restore_types(fields.items(key), reference.get("task_id")))
    }
    if not calls:
        raise InvalidFieldError("base_input", "must not be empty")
    for path, args in calls.items():
        if not isinstance(args, (list, tuple)):
            raise InvalidFieldError(path, f"must be a list of arguments, not {type(args).__name__}")
        require_plain(args, path)
    tests: tuple[Test, ...]
    if entry_point in PRESENCE_ONLY:
        texts = [", ".join(map(repr, args)) for args in calls.values()]
        source = build_presence_check([(text, f"{entry_point}({text})") for text in texts], solution)
        tests = (CheckTest(source),)
    else:
        tests = tuple(CallTest(tuple(args), ASK_ORACLE) for args in calls.values())
    return Problem(
        tests,
        entry_point=entry_point,
        prompt=prompt_code,
        oracle=solution,
        comparison=comparison_for(entry_point, fields.amount_or("atol", 0.0)),
        format_name=NAME,
    )


def _solution(fields: Fields, prompt_code: str, entry_point: str) -> str:
    """Return the whole source of the canonical solution, with the contract inserted."""
    own = fields.text("canonical_solution")
    contract = fields.text_or("contract", "")
    # HumanEval+ has the body that continues the prompt, MBPP+ a whole function.
    for source in (own, prompt_code + own):
        try:
            tree = parse(source, "canonical_solution")
        except InvalidFieldError:
            continue
        if entry_point in defined_names(tree):
            return _with_contract(source, tree, contract, entry_point)
    # If it is a syntax error that is in the way, this names it.
    parse(prompt_code + own, "canonical_solution")
    raise InvalidFieldError("canonical_solution", f"does not define {entry_point}")


def _with_contract(source: str, tree: ast.Module, contract: str, entry_point: str) -> str:
    """Insert the lines of the contract before the first statement of the function, with its indentation."""
    function = next(node for node in tree.body if isinstance(node, _FUNCTIONS) and node.name == entry_point)
    first = function.body[0]
    # A function in one line has no line before its first statement.
    if not contract.strip() or first.lineno == function.lineno:
        return source
    lines = source.split("\n")
    inserted = textwrap.indent(textwrap.dedent(contract.strip("\n")), lines[first.lineno - 1][: first.col_offset])
    whole = "\n".join([*lines[: first.lineno - 1], inserted, *lines[first.lineno - 1 :]])
    parse(whole, "contract")
    return whole
