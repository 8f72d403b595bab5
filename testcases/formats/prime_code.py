r"""PRIME, APPS, TACO, and the ``prime_code`` reward of AWS: parallel lists of inputs and outputs.

Without a function name each pair is a program's input and output, as text or as a list of lines. Outputs are compared
by tokens, numbers within the tolerances of ``numpy.allclose``, as is usual with these sets.

With one (``fn_name``, or ``func_name``), each pair is a call. An input is a list of the arguments, or text with one
JSON value a line (``"[1, 2]\n3"``), or any other value, which is the one argument. An output is the value; beside an
input in text it is text too, and JSON. Two conventions of these sets are kept:

- Outputs may be wrapped in a list of one item. Where all outputs of a reference look so, nothing tells whether they
  are: the item and the list are both right.
- JSON has only text for keys. A sole argument that is a dict with integers for keys, as text, is passed with
  integers; such an output is right either way.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.calls import arguments_of_lines, checked, with_int_keys
from testcases.formats.fields import Fields, check_text, load_json
from testcases.problem import CallTest, Comparison, Problem, StdinTest

__all__ = ["NAME", "fits", "read"]

NAME: Final = "prime_code"

_BY_TOKENS = Comparison(mode="tokens", float_abs=1e-8, float_rel=1e-5)


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    return isinstance(reference, dict) and {"inputs", "outputs"} <= reference.keys()


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all shapes are read alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    inputs, outputs = fields.items("inputs"), fields.items("outputs")
    if len(inputs) != len(outputs):
        raise InvalidFieldError("outputs", f"has {len(outputs)} items, but inputs has {len(inputs)}")
    entry_point = fields.name_or(fields.first("fn_name", "func_name"), None)
    if entry_point is None:
        programs = [
            StdinTest(_text(given, f"inputs[{index}]"), _text(wanted, f"outputs[{index}]"))
            for index, (given, wanted) in enumerate(zip(inputs, outputs, strict=True))
        ]
        return Problem(tests=tuple(programs), comparison=_BY_TOKENS, shape=NAME)
    values = [
        load_json(check_text(wanted, f"outputs[{index}]"), f"outputs[{index}]")
        if isinstance(given, str) and isinstance(wanted, str)
        else wanted
        for index, (given, wanted) in enumerate(zip(inputs, outputs, strict=True))
    ]
    wrapped = all(isinstance(value, list) and len(value) == 1 for value in values)
    calls = [
        _call(given, value, index, wrapped=wrapped)
        for index, (given, value) in enumerate(zip(inputs, values, strict=True))
    ]
    return Problem(tests=tuple(calls), entry_point=entry_point, shape=NAME)


def _text(value: Any, path: str) -> str:
    if isinstance(value, list):
        return "\n".join(check_text(line, f"{path}[{number}]") for number, line in enumerate(value))
    return check_text(value, path)


def _call(given: Any, wanted: Any, index: int, *, wrapped: bool) -> CallTest:
    path = f"inputs[{index}]"
    if isinstance(given, str):
        args = arguments_of_lines(given, path)
    else:
        args = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if len(args) == 1:
        args = (with_int_keys(args[0]),)
    right = [wanted[0], wanted] if wrapped else [wanted]
    for value in tuple(right):
        numbered = with_int_keys(value)
        if numbered is not value:
            right.append(numbered)
    test = CallTest(args=args, expected=right[0], alternatives=tuple(right[1:]))
    return checked(test, args_path=path, expected_path=f"outputs[{index}]")
