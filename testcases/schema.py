"""Field types: how a value is read and checked, and the JSON Schema of it, from one table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from testcases.errors import InvalidFieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ANY_VALUE", "Array", "Choice", "Dictionary", "Field", "FieldType", "Number", "Record", "Text"]


class FieldType(Protocol):
    """What a field may hold."""

    def read(self, value: Any, path: str) -> Any:
        """The value, as readers take it.

        Raises:
            InvalidFieldError: it may not hold that.
        """

    def schema(self) -> dict[str, Any]:
        """The same as a part of a JSON Schema."""


class _AnyValue:
    def read(self, value: Any, path: str) -> Any:  # noqa: ARG002 - the protocol
        return value

    def schema(self) -> dict[str, Any]:
        return {}


ANY_VALUE: Final = _AnyValue()


class Text:
    """Text.

    Args:
        least: fewest characters.
        check: raises `InvalidFieldError` for a text and its path; no schema says that.
    """

    def __init__(self, *, least: int = 0, check: Callable[[str, str], object] | None = None) -> None:
        self._least = least
        self._check = check

    def read(self, value: Any, path: str) -> str:
        """See `FieldType`."""
        if not isinstance(value, str):
            raise InvalidFieldError(path, "must be a valid string")
        if len(value) < self._least:
            characters = "character" if self._least == 1 else "characters"
            raise InvalidFieldError(path, f"must have at least {self._least} {characters}")
        if self._check is not None:
            self._check(value, path)
        return value

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        return {"type": "string"} | ({"minLength": self._least} if self._least else {})


class Number:
    """A finite number in a range; never ``true``, which Python takes for 1."""

    def __init__(
        self, *, least: float | None = None, above: float | None = None, most: float | None = None, whole: bool = False
    ) -> None:
        self._whole = whole
        self._range = [
            (words, keyword, bound, holds)
            for words, keyword, bound, holds in (
                ("greater than or equal to", "minimum", least, _at_least),
                ("greater than", "exclusiveMinimum", above, _more_than),
                ("less than or equal to", "maximum", most, _at_most),
            )
            if bound is not None
        ]

    def read(self, value: Any, path: str) -> float:
        """See `FieldType`."""
        if isinstance(value, bool) or not isinstance(value, int if self._whole else int | float):
            raise InvalidFieldError(path, f"must be a valid {'integer' if self._whole else 'number'}")
        if not -math.inf < value < math.inf:
            raise InvalidFieldError(path, "must be a finite number")
        for words, _, bound, holds in self._range:
            if not holds(value, bound):
                raise InvalidFieldError(path, f"must be {words} {bound}")
        try:
            return value if self._whole else float(value)
        except OverflowError:
            raise InvalidFieldError(path, "must be a finite number") from None

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        bounds = {keyword: bound for _, keyword, bound, _ in self._range}
        return {"type": "integer" if self._whole else "number", **bounds}


def _at_least(value: float, bound: float) -> bool:
    return value >= bound


def _more_than(value: float, bound: float) -> bool:
    return value > bound


def _at_most(value: float, bound: float) -> bool:
    return value <= bound


class Choice:
    """One of some words."""

    def __init__(self, *words: str) -> None:
        self._words = words

    def read(self, value: Any, path: str) -> str:
        """See `FieldType`."""
        if not isinstance(value, str) or value not in self._words:
            *others, last = map(repr, self._words)
            wanted = f"{', '.join(others)} or {last}" if others else last
            raise InvalidFieldError(path, f"must be {wanted}")
        return value

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        said = {"enum": list(self._words)} if len(self._words) > 1 else {"const": self._words[0]}
        return {"type": "string", **said}


class Array:
    """A list, which is read as a tuple."""

    def __init__(self, item: FieldType = ANY_VALUE, *, least: int = 0) -> None:
        self._item = item
        self._least = least

    def read(self, value: Any, path: str) -> tuple[Any, ...]:
        """See `FieldType`."""
        if not isinstance(value, list | tuple | set | frozenset):
            raise InvalidFieldError(path, "must be a list")
        if len(value) < self._least:
            raise InvalidFieldError(path, "must not be empty")
        if self._item is ANY_VALUE:
            return tuple(value)
        return tuple(self._item.read(item, f"{path}[{index}]") for index, item in enumerate(value))

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        return {"items": self._item.schema(), "type": "array"} | ({"minItems": self._least} if self._least else {})


class Dictionary:
    """An object with any names in it."""

    def read(self, value: Any, path: str) -> dict[str, Any]:
        """See `FieldType`."""
        if not isinstance(value, dict):
            raise InvalidFieldError(path, "must be a valid dictionary")
        for key in value:
            if not isinstance(key, str):
                raise InvalidFieldError(f"{path}[{repr(key)[:40]}]", "must be a valid string")
        return dict(value)

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        return {"additionalProperties": True, "type": "object"}


class Field:
    """A field of a record: what it may hold, and its default.

    Args:
        wanted: what it may hold.
        default: what it is when it is not there; without one it must be there.
    """

    __slots__ = ("default", "is_required", "wanted")

    def __init__(self, wanted: FieldType, *default: Any) -> None:
        self.wanted = wanted
        self.is_required = not default
        self.default = default[0] if default else None


class Record:
    """An object with the fields of a table and no other. A field that is None counts as absent: tables fill so.

    Args:
        name: what a schema calls it.
        description: what a schema says of it.
        fields: by their names.
        nullable: a field that may be None, and is there then.
    """

    def __init__(self, name: str, description: str, fields: Mapping[str, Field], *, nullable: str = "") -> None:
        self.name = name
        self.description = description
        self.fields = fields
        self._nullable = nullable

    def read(self, value: Any, path: str) -> dict[str, Any]:
        """All fields by their names; one that is not there has its default.

        Raises:
            InvalidFieldError: the first that is wrong, by its path.
        """
        if not isinstance(value, dict):
            raise InvalidFieldError(path or "reference", "must be an object")
        found: dict[str, Any] = {}
        for name, field in self.fields.items():
            given = value.get(name)
            if given is not None or (name == self._nullable and name in value):
                found[name] = field.wanted.read(given, _join_path(path, name))
            elif field.is_required:
                raise InvalidFieldError(_join_path(path, name), "is missing")
            else:
                found[name] = field.default
        for name in value:
            if name not in self.fields:
                raise InvalidFieldError(_join_path(path, str(name)), "is no field of this object")
        return found

    def schema(self) -> dict[str, Any]:
        """What it is called where it is described; see `described`."""
        return {"$ref": f"#/$defs/{self.name}"}

    def described(self) -> dict[str, Any]:
        """Its description in a schema."""
        needed = [name for name, field in self.fields.items() if field.is_required]
        return {
            "additionalProperties": False,
            "description": self.description,
            "properties": {name: _field_schema(field) for name, field in self.fields.items()},
            **({"required": needed} if needed else {}),
            "type": "object",
        }


def _field_schema(field: Field) -> dict[str, Any]:
    """Null stands for a field that need not be there, as tables have it."""
    said = field.wanted.schema()
    if field.is_required or not said:
        return said
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    shown = {} if default is None else {"default": default}
    return {**shown, "anyOf": [said, {"type": "null"}]}


def _join_path(path: str, name: str) -> str:
    told = name if name.isidentifier() else repr(name)[:40]
    return f"{path}.{told}" if path else told
