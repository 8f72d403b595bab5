"""Text of answers and callers made safe to show on a terminal or to write as JSON."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["json_line", "json_safe_id", "one_line", "printable"]

_KEPT = frozenset("\n")
_TAB = "    "
_SHORT = 0x100
_WIDE = 0x10000


def printable(text: str) -> str:
    """The text with nothing in it that a terminal could obey; what is left out shows as an escape.

    That is every control character but the line feed (so no colour, no cursor movement, no title, no bell), what
    reverses the direction of writing or has no width, other kinds of blanks, and lone surrogates. A tab becomes
    spaces, a carriage return before a line feed goes away.
    """
    text = text.replace("\r\n", "\n").replace("\t", _TAB)
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(char if char.isprintable() or char in _KEPT else _escape(char) for char in text)


def one_line(value: Any, limit: int = 200) -> str:
    """Any value as one printable line of at most `limit` characters; what is cut off ends in an ellipsis."""
    try:
        text = str(value)
    except (RecursionError, ValueError):  # nested too deeply; an integer of too many digits
        text = f"<{type(value).__name__}>"
    text = printable(" ".join(text[: 4 * limit].split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def json_line(document: Any, *, indent: int | None = None) -> str:
    """The document as JSON in plain ASCII, without any control character.

    Raises:
        ValueError: the document holds NaN or an infinity.
    """
    # json leaves DEL as it is; it can only stand inside a string, where an escape says the same
    return json.dumps(document, allow_nan=False, indent=indent).replace("\x7f", "\\u007f")


def json_safe_id(sample_id: Any) -> Any:
    """The id of a sample, or its text where JSON cannot say it."""
    try:
        json.dumps(sample_id, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return one_line(sample_id)
    return sample_id


def _escape(char: str) -> str:
    code = ord(char)
    if code < _SHORT:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WIDE else f"\\U{code:08x}"
