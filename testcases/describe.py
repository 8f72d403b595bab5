"""Short texts for people that describe values, calls and errors, however large or odd these are."""

from __future__ import annotations

import reprlib
from typing import Any

from testcases.signals import FinalError, is_from_solution

__all__ = ["MAX_TEXT_CHARS", "describe_arguments", "describe_error", "describe_value", "is_reference"]

MAX_TEXT_CHARS = 400
"""Longest text."""

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 120
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = 12


def is_reference(value: Any) -> bool:
    """Whether the value stands for an object that stayed in the answer's process."""
    return type(value).__name__ == "Reference"


def describe_value(value: Any) -> str:
    """A value."""
    if is_reference(value):
        return f"an object of type {value.kind}"
    try:
        return _repr.repr(value)[:MAX_TEXT_CHARS]
    except (ValueError, RecursionError):  # an integer of too many digits
        return f"a large {type(value).__name__}"


def describe_arguments(args: list[Any], kwargs: dict[str, Any]) -> str:
    """The arguments of a call."""
    told = [*map(describe_value, args), *(f"{name}={describe_value(value)}" for name, value in kwargs.items())]
    return ", ".join(told)[:MAX_TEXT_CHARS]


def describe_error(error: BaseException) -> str:
    """What ended a test."""
    try:
        text = str(error)
    except (FinalError, Exception):  # noqa: BLE001 - a message may be an object of the answer's
        text = "an error whose text cannot be had"
    if isinstance(error, AssertionError) and not is_from_solution(error):
        return text[:MAX_TEXT_CHARS] or "the assertion does not hold"
    if isinstance(error, FinalError):
        return text[:MAX_TEXT_CHARS]
    return f"{type(error).__name__}: {text}"[:MAX_TEXT_CHARS]
