"""Short texts for people that describe values, calls and errors, however large or odd these are."""

from __future__ import annotations

import reprlib
from typing import Any

from testcases.signals import FinalError, is_answers

__all__ = ["TEXT_CHARS", "call_text", "error_text", "is_reference", "value_text"]

TEXT_CHARS = 400
"""Longest text."""

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = _repr.maxlong = 120
_repr.maxlist = _repr.maxtuple = _repr.maxdict = _repr.maxset = 12


def is_reference(value: Any) -> bool:
    """Whether the value stands for an object that stayed in the answer's process."""
    return type(value).__name__ == "Reference"


def value_text(value: Any) -> str:
    """A value."""
    if is_reference(value):
        return f"an object of type {value.kind}"
    try:
        return _repr.repr(value)[:TEXT_CHARS]
    except (ValueError, RecursionError):  # an integer of too many digits
        return f"a large {type(value).__name__}"


def call_text(args: list[Any], kwargs: dict[str, Any]) -> str:
    """The arguments of a call."""
    told = [*map(value_text, args), *(f"{name}={value_text(value)}" for name, value in kwargs.items())]
    return ", ".join(told)[:TEXT_CHARS]


def error_text(error: BaseException) -> str:
    """What ended a test."""
    try:
        text = str(error)
    except (FinalError, Exception):  # noqa: BLE001 - a message may be an object of the answer's
        text = "an error whose text cannot be had"
    if isinstance(error, AssertionError) and not is_answers(error):
        return text[:TEXT_CHARS] or "the assertion does not hold"
    if isinstance(error, FinalError):
        return text[:TEXT_CHARS]
    return f"{type(error).__name__}: {text}"[:TEXT_CHARS]
