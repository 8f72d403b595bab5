"""Short texts that describe values, calls and errors to people, however large or odd these are."""

from __future__ import annotations

import reprlib
from typing import Any

from sandbox.wire.values import Reference
from testcases.signals import FinalError, is_from_solution

__all__ = ["MAX_TEXT_CHARS", "describe_arguments", "describe_error", "describe_value"]

MAX_TEXT_CHARS = 400
"""Number of characters of the longest text."""

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 120
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = 12


def describe_value(value: Any) -> str:
    """Describe a value of a call."""
    if type(value) is Reference:
        return f"an object of type {value.kind}"
    try:
        return _repr.repr(value)[:MAX_TEXT_CHARS]
    except (ValueError, RecursionError):  # an integer beyond Python's limit of decimal digits (CVE-2020-10735)
        return f"a large {type(value).__name__}"


def describe_arguments(args: list[Any], kwargs: dict[str, Any]) -> str:
    """Describe the arguments of a call."""
    texts = [*map(describe_value, args), *(f"{name}={describe_value(value)}" for name, value in kwargs.items())]
    return ", ".join(texts)[:MAX_TEXT_CHARS]


def describe_error(error: BaseException) -> str:
    """Describe the error that ended a test."""
    # The text may be made from an object of the solution, whose `__str__` raises or ends its process. That must not
    # look like a fault of the grader, else an answer could choose to be unscored.
    try:
        text = str(error)
    except (FinalError, Exception):  # noqa: BLE001 - whatever the solution raises
        text = "an error whose text cannot be had"
    if isinstance(error, AssertionError) and not is_from_solution(error):
        return text[:MAX_TEXT_CHARS] or "the assertion does not hold"
    if isinstance(error, FinalError):
        return text[:MAX_TEXT_CHARS]
    return f"{type(error).__name__}: {text}"[:MAX_TEXT_CHARS]
