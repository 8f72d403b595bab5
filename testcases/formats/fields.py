"""Read a row: its fields, checked as they are read, a reference nested in it, and the text of its conversation."""

from __future__ import annotations

import ast
import keyword
import math
from dataclasses import dataclass
from typing import Any, TypeVar

from testcases.errors import InvalidFieldError
from testcases.json_text import MAX_LAYERS, load_json

__all__ = ["Fields", "NestedReference", "check_name", "check_text", "last_user_text"]


Default = TypeVar("Default")


class Fields:
    """Fields of one object.

    A field that is None counts as absent, because columnar files fill missing columns with nulls.

    Args:
        values: the object.
        path: its path in the reference, for errors; empty for the reference itself.

    Raises:
        InvalidFieldError: `values` is not an object; the methods raise it for fields.
    """

    def __init__(self, values: Any, path: str = "") -> None:
        if not isinstance(values, dict):
            raise InvalidFieldError(path or "reference", f"must be an object, not {_type_name(values)}")
        self._values = values
        self._path = path

    def path(self, key: str) -> str:
        """Return the path of a field."""
        return f"{self._path}.{key}" if self._path else key

    def has(self, key: str) -> bool:
        """Return whether the field is present and not None."""
        return self._values.get(key) is not None

    def first(self, *keys: str) -> str:
        """Return the first name that is present, or else the first name: for a field with several spellings."""
        return next((key for key in keys if self.has(key)), keys[0])

    def value(self, key: str) -> Any:
        """Return the value of a field that must be present, but may be None."""
        if key not in self._values:
            raise InvalidFieldError(self.path(key), "is missing")
        return self._values[key]

    def value_or_none(self, key: str) -> Any:
        """Return the value of a field, or ``None`` if it is absent."""
        return self._values.get(key)

    def text(self, key: str) -> str:
        """Return the text of a field that must be present."""
        return check_text(self._present(key), self.path(key))

    def text_or(self, key: str, default: Default) -> str | Default:
        """Return the text of a field, or `default` if it is absent."""
        return self.text(key) if self.has(key) else default

    def name_or(self, key: str, default: Default) -> str | Default:
        """Return the Python name in a field, or `default` if it is absent or empty."""
        name = self.text_or(key, "")
        return check_name(name, self.path(key)) if name else default

    def amount_or(self, key: str, default: Default) -> float | Default:
        """Return the number of 0 or more in a field, or `default` if it is absent."""
        if not self.has(key):
            return default
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise InvalidFieldError(self.path(key), "must be a number of 0 or more")
        return float(value)

    def items(self, key: str) -> list[Any]:
        """Return the list, or JSON text of one, in a field that must be present and not empty."""
        value = self.json(key)
        if not isinstance(value, (list, tuple)):
            raise InvalidFieldError(self.path(key), f"must be a list, not {_type_name(value)}")
        if not value:
            raise InvalidFieldError(self.path(key), "must not be empty")
        return list(value)

    def object(self, key: str) -> Fields:
        """Return the object, or JSON text of one, in a field that must be present."""
        return Fields(self.json(key), self.path(key))

    def json(self, key: str) -> Any:
        """Return the value of a field that must be present; of text, the value of its JSON."""
        value = self._present(key)
        # Some writers make text of what is text already.
        for _ in range(MAX_LAYERS):
            if not isinstance(value, str):
                break
            value = load_json(value, self.path(key))
        return value

    def plain(self, key: str) -> Any:
        """Return the value of a field that must be present; of text, that of its JSON or else of its Python literal."""
        # Some data sets were written by str() of Python objects instead of by a JSON writer.
        try:
            return self.json(key)
        except InvalidFieldError:
            try:
                return ast.literal_eval(self.text(key))
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                pass
            raise

    def _present(self, key: str) -> Any:
        if not self.has(key):
            raise InvalidFieldError(self.path(key), "is missing")
        return self._values[key]


def check_text(value: Any, path: str) -> str:
    """Return a value that is text and can be encoded.

    Raises:
        InvalidFieldError: it is something else.
    """
    if not isinstance(value, str):
        raise InvalidFieldError(path, f"must be text, not {_type_name(value)}")
    # JSON text may have the escape of half a surrogate pair. Python reads it, and no process can be sent it as UTF-8.
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidFieldError(path, "holds half of a surrogate pair, which no encoding can carry") from None
    return str(value)


def check_name(value: str, path: str) -> str:
    """Return a text that is the name of a Python function, or of a method: ``Class.method``.

    Raises:
        InvalidFieldError: it cannot.
    """
    if not all(part.isidentifier() and not keyword.iskeyword(part) for part in value.split(".")):
        raise InvalidFieldError(path, "must be the name of a Python function")
    return value


def _type_name(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__


@dataclass(frozen=True, slots=True)
class NestedReference:
    """Result of a format whose rows contain a reference in another format."""

    reference: Any
    field: str
    """Its path in the row, for errors."""
    prompt: str = ""
    """The text of the task, if the row has it."""
    format_name: str | None = None
    """Name of its format, if the row has it."""


def last_user_text(conversation: Any) -> str:
    """Return the text of the last turn of a user, or of a conversation that is plain text; empty if there is none."""
    if isinstance(conversation, str):
        return conversation
    turns = conversation if isinstance(conversation, (list, tuple)) else ()
    texts = [
        _content_text(turn.get("content"))
        for turn in turns
        if isinstance(turn, dict) and turn.get("role") in {"user", "human"}
    ]
    return texts[-1] if texts else ""


def _content_text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, (list, tuple)) else ()
    return "".join(part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))
