"""Make text of answers and callers safe to print on a terminal or to write as JSON."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["json_line", "json_safe_id", "one_line", "printable", "sample_name"]

_TAB = "    "
_SHORT = 0x100
_WIDE = 0x10000


def printable(text: str) -> str:
    """Replace by an escape every character that could control a terminal or hide text.

    These are all control characters but the line feed (colours, cursor movements, titles, the bell), characters that
    reverse the writing direction or have no width, other kinds of blanks, and lone surrogates. A tab becomes spaces,
    and a carriage return before a line feed is removed.
    """
    text = text.replace("\r\n", "\n").replace("\t", _TAB)
    # Nearly all text takes this path, which looks at no single character in Python code.
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else _escape(char) for char in text)


def one_line(value: Any, limit: int = 200) -> str:
    """Convert any value to one printable line of at most `limit` characters; a longer text ends in an ellipsis."""
    try:
        text = str(value)
    except (RecursionError, ValueError):  # nested too deeply; an integer of too many digits
        text = f"<{type(value).__name__}>"
    # Cut before the split: a text may be megabytes long, and most of it would be thrown away.
    text = printable(" ".join(text[: 4 * limit].split()))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def json_line(document: Any, *, indent: int | None = None) -> str:
    """Encode a document as JSON in plain ASCII, without any control character.

    Raises:
        ValueError: the document contains NaN or an infinity.
    """
    # json does not escape DEL. It can only occur inside a string, where an escape means the same.
    return json.dumps(document, allow_nan=False, indent=indent).replace("\x7f", "\\u007f")


def json_safe_id(sample_id: Any) -> Any:
    """Return the id of a sample, or its text if the id is not a JSON value."""
    try:
        json.dumps(sample_id, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return one_line(sample_id)
    return sample_id


def sample_name(sample_id: Any) -> str:
    """Return the name of a sample in every output for people: its id, in one printable line.

    An id that is no text is written as JSON. Commands that take an id take this name, too.
    """
    if not isinstance(sample_id, str):
        try:
            sample_id = json.dumps(sample_id, allow_nan=False, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError):
            return one_line(sample_id)
    return printable(sample_id).replace("\n", "\\n")


def _escape(char: str) -> str:
    code = ord(char)
    if code < _SHORT:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < _WIDE else f"\\U{code:08x}"
