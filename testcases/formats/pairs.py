r"""Parallel lists of inputs and outputs, as APPS and its kin have them.

Without a function name each pair is a program's input and output, as text or as a list of lines. With one, each pair is
a call. An input is a list of the arguments, or text with one JSON value a line (``"[1, 2]\n3"``), or any other value,
which is the one argument. An output is the value; beside an input in text it is text too, and JSON. Two conventions of
these sets are kept:

- Outputs may be wrapped in a list of one item. Where all outputs of a reference look so, nothing tells whether they
  are: the item and the list are both right.
- JSON has only text for keys. A sole argument that is a dict with integers for keys, as text, is passed with
  integers; such an output is right either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testcases.errors import InvalidFieldError
from testcases.formats.calls import BY_TOKENS, USUAL_IMPORTS, call_of, text_of
from testcases.formats.fields import check_text, load_json
from testcases.problem import Problem, ProblemLimits, StdinTest

if TYPE_CHECKING:
    from testcases.formats.fields import Fields

__all__ = ["problem_of_pairs"]


def problem_of_pairs(fields: Fields, *, shape: str, limits: ProblemLimits | None = None) -> Problem:
    """The problem that an object with ``inputs``, ``outputs`` and perhaps ``fn_name`` (or ``func_name``) says.

    Args:
        fields: the object.
        shape: the format it was found in.
        limits: what the problem asks for.

    Raises:
        InvalidFieldError: a field is missing or wrong.
    """
    limits = limits if limits is not None else ProblemLimits()
    inputs, outputs = fields.items("inputs"), fields.items("outputs")
    if len(inputs) != len(outputs):
        raise InvalidFieldError(fields.path("outputs"), f"has {len(outputs)} items, but inputs has {len(inputs)}")
    given, wanted = fields.path("inputs"), fields.path("outputs")
    name = _function(fields)
    if name is None:
        programs = tuple(
            StdinTest(text_of(one, f"{given}[{index}]"), text_of(other, f"{wanted}[{index}]"))
            for index, (one, other) in enumerate(zip(inputs, outputs, strict=True))
        )
        return Problem(programs, comparison=BY_TOKENS, limits=limits, shape=shape)
    values = [
        _read(one, other, f"{wanted}[{index}]") for index, (one, other) in enumerate(zip(inputs, outputs, strict=True))
    ]
    wrapped = all(isinstance(value, list) and len(value) == 1 for value in values)
    calls = tuple(
        call_of(one, value, f"{given}[{index}]", f"{wanted}[{index}]", wrapped=wrapped)
        for index, (one, value) in enumerate(zip(inputs, values, strict=True))
    )
    return Problem(calls, entry_point=name, prompt=USUAL_IMPORTS, limits=limits, shape=shape)


def _function(fields: Fields) -> str | None:
    name = fields.name_or(fields.first("fn_name", "func_name"), None)
    owner = fields.name_or("class_name", None)
    return name if name is None or owner is None or "." in name else f"{owner}.{name}"


def _read(given: Any, wanted: Any, path: str) -> Any:
    if isinstance(given, str) and isinstance(wanted, str):
        return load_json(check_text(wanted, path), path)
    return wanted
