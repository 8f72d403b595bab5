"""CRUXEval and LiveCodeBench's code execution: predict what a program returns.

``code`` defines a function, ``input`` is the text of its arguments (or of the whole call), and ``output`` is what it
returns, as the text of a Python literal or as a JSON value. The answer to such a row is a value: a literal, or an
assertion that compares the call with one. The code never runs.

As in the evaluation of CRUXEval, the predicted value is right if it equals the output by ``==``. Unlike there, it must
be a literal, as the prompts of both data sets demand: an expression would compute what is to be predicted.
"""

from __future__ import annotations

import ast
from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.model import PREDICTION_NAME, AssertTest, Problem
from testcases.source.parsing import defined_names, parse, try_parse

__all__ = ["KEYS", "NAME", "call_text", "fits", "read"]

NAME: Final = "cruxeval"
KEYS: Final = (frozenset({"code", "input", "output"}),)
_OTHER_FORMATS: Final = frozenset({
    "test", "tests", "test_list", "test_cases", "inputs", "outputs", "testtype", "pytest", "entry_point",
})  # fmt: skip


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside: code that defines a function."""
    code, given = reference.get("code"), reference.get("input")
    if not isinstance(code, str) or not isinstance(given, str):
        return False
    if any(reference.get(key) is not None for key in _OTHER_FORMATS):
        return False
    tree = try_parse(code)
    return tree is not None and bool(defined_names(tree))


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    source = f"assert {PREDICTION_NAME}() == {_literal(fields)}"
    return Problem((AssertTest(source),), entry_point=PREDICTION_NAME, answer="literal", format_name=NAME)


def call_text(code: str, given: str, name: str | None = None) -> str:
    """Return the call that the output is of: ``f(1, 2)``, of the input ``1, 2``, or the input if it is the call."""
    tree = try_parse(code)
    functions = [] if tree is None else [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    called = name or ("f" if "f" in functions else functions[-1] if functions else "f")
    return given.strip() if given.strip().startswith(f"{called}(") else f"{called}({given.strip()})"


def _literal(fields: Fields) -> str:
    value = fields.value("output")
    text = value if isinstance(value, str) else repr(value)
    tree = parse(text.strip(), fields.path("output"))
    try:
        ast.literal_eval(text.strip())
        # One line, whatever the row has; in brackets, because of tuples without them.
        return f"({ast.unparse(tree)})"
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise InvalidFieldError(fields.path("output"), "must be the text of a Python literal") from None
