"""Field types of references and settings: one object reads a value, describes it, and gives its JSON Schema."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from testcases.errors import InvalidFieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ANY_VALUE",
    "Array",
    "Boolean",
    "Choice",
    "Dictionary",
    "Field",
    "FieldType",
    "MismatchError",
    "Number",
    "Record",
    "Text",
]

_MAX_KEY_CHARS = 40


class MismatchError(InvalidFieldError):
    """A value does not have the type of its field.

    Attributes:
        value: the value that is wrong: the field's, or the item's in a list.
    """

    def __init__(self, field: str, message: str, value: Any) -> None:
        super().__init__(field, message)
        self.value = value


class FieldType(Protocol):
    """Values that a field may hold. ``str`` of it is a phrase for error messages, such as ``a number from 0 to 1``."""

    def read(self, value: Any, path: str) -> Any:
        """Return the value in the form that readers take.

        Raises:
            InvalidFieldError: the field at `path` may not hold it.
        """

    def schema(self) -> dict[str, Any]:
        """Return the part of a JSON Schema that accepts the same values."""


class _AnyValue:
    def read(self, value: Any, path: str) -> Any:  # noqa: ARG002 - the protocol
        return value

    def schema(self) -> dict[str, Any]:
        return {}

    def __str__(self) -> str:
        return "any value"


ANY_VALUE: Final = _AnyValue()


class Text:
    """Text.

    Args:
        min_length: fewest characters.
        check: called with a text and its path, to raise `InvalidFieldError`; no JSON Schema can express it.
    """

    def __init__(self, *, min_length: int = 0, check: Callable[[str, str], object] | None = None) -> None:
        self._min_length = min_length
        self._check = check

    def read(self, value: Any, path: str) -> str:
        """See `FieldType`."""
        if not isinstance(value, str):
            raise MismatchError(path, "must be a valid string", value)
        if len(value) < self._min_length:
            characters = "character" if self._min_length == 1 else "characters"
            raise MismatchError(path, f"must have at least {self._min_length} {characters}", value)
        if self._check is not None:
            self._check(value, path)
        return value

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        return {"type": "string"} | ({"minLength": self._min_length} if self._min_length else {})

    def __str__(self) -> str:
        return "text"


class Boolean:
    """``true`` or ``false``."""

    def read(self, value: Any, path: str) -> bool:
        """See `FieldType`."""
        if not isinstance(value, bool):
            raise MismatchError(path, "must be true or false", value)
        return value

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        return {"type": "boolean"}

    def __str__(self) -> str:
        return "true or false"


class Number:
    """A finite number in a range; never ``true``, which Python takes for 1.

    Args:
        minimum: smallest value; ``None`` for no bound, as with the other two.
        exclusive_minimum: value that all values are above.
        maximum: largest value.
        integer: accept ``int`` only; otherwise values are read as ``float``.
    """

    def __init__(
        self,
        *,
        minimum: float | None = None,
        exclusive_minimum: float | None = None,
        maximum: float | None = None,
        integer: bool = False,
    ) -> None:
        self.integer = integer
        self._minimum = minimum
        self._exclusive_minimum = exclusive_minimum
        self._maximum = maximum

    def read(self, value: Any, path: str) -> float:
        """See `FieldType`."""
        # bool is a subclass of int.
        if isinstance(value, bool) or not isinstance(value, int if self.integer else int | float):
            raise MismatchError(path, f"must be a valid {'integer' if self.integer else 'number'}", value)
        if not -math.inf < value < math.inf:  # math.isfinite converts, and no float holds every integer
            raise MismatchError(path, "must be a finite number", value)
        if self._minimum is not None and value < self._minimum:
            raise MismatchError(path, f"must be greater than or equal to {self._minimum}", value)
        if self._exclusive_minimum is not None and value <= self._exclusive_minimum:
            raise MismatchError(path, f"must be greater than {self._exclusive_minimum}", value)
        if self._maximum is not None and value > self._maximum:
            raise MismatchError(path, f"must be less than or equal to {self._maximum}", value)
        try:
            return value if self.integer else float(value)
        except OverflowError:
            raise MismatchError(path, "must be a finite number", value) from None

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        bounds = {
            "minimum": self._minimum,
            "exclusiveMinimum": self._exclusive_minimum,
            "maximum": self._maximum,
        }
        kind = "integer" if self.integer else "number"
        return {"type": kind, **{keyword: bound for keyword, bound in bounds.items() if bound is not None}}

    def __str__(self) -> str:
        kind = "whole number" if self.integer else "finite number"
        if self._maximum is not None:
            return f"a {kind.removeprefix('finite ')} from {self._minimum} to {self._maximum}"
        if self._exclusive_minimum is not None:
            return f"a {kind} above {self._exclusive_minimum}"
        return f"a {kind}" if self._minimum is None else f"a {kind} of at least {self._minimum}"


class Choice:
    """One of some words; of words that are members of an enumeration, the member."""

    def __init__(self, *words: str) -> None:
        self._words = {str(word): word for word in words}

    def read(self, value: Any, path: str) -> str:
        """See `FieldType`."""
        if not isinstance(value, str) or value not in self._words:
            *others, last = map(repr, self._words)
            raise MismatchError(path, f"must be {', '.join(others)} or {last}" if others else f"must be {last}", value)
        return self._words[value]

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        words = list(self._words)
        return {"type": "string"} | ({"enum": words} if len(words) > 1 else {"const": words[0]})

    def __str__(self) -> str:
        return " or ".join(f'"{word}"' for word in self._words)


class Array:
    """A list, which is read as a tuple.

    Args:
        item: type of each item.
        min_items: fewest items, 0 or 1.
    """

    def __init__(self, item: FieldType = ANY_VALUE, *, min_items: int = 0) -> None:
        self._item = item
        self._min_items = min_items

    def read(self, value: Any, path: str) -> tuple[Any, ...]:
        """See `FieldType`."""
        if not isinstance(value, list | tuple | set | frozenset):
            raise MismatchError(path, "must be a list", value)
        if len(value) < self._min_items:
            raise MismatchError(path, "must not be empty", value)
        if self._item is ANY_VALUE:
            return tuple(value)
        return tuple(self._item.read(item, f"{path}[{index}]") for index, item in enumerate(value))

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        bounds = {"minItems": self._min_items} if self._min_items else {}
        return {"items": self._item.schema(), "type": "array"} | bounds

    def __str__(self) -> str:
        return "a list"


class Dictionary:
    """An object with any keys."""

    def read(self, value: Any, path: str) -> dict[str, Any]:
        """See `FieldType`."""
        if not isinstance(value, dict):
            raise MismatchError(path, "must be a valid dictionary", value)
        for key in value:
            if not isinstance(key, str):
                raise MismatchError(f"{path}[{repr(key)[:_MAX_KEY_CHARS]}]", "must be a valid string", key)
        return dict(value)

    def schema(self) -> dict[str, Any]:
        """See `FieldType`."""
        return {"additionalProperties": True, "type": "object"}

    def __str__(self) -> str:
        return "a table"


class Field:
    """A field of a record.

    Args:
        field_type: values that it may hold.
        default: its value where it is absent; a field without a default is required.
    """

    __slots__ = ("default", "field_type", "is_required")

    def __init__(self, field_type: FieldType, *default: Any) -> None:
        self.field_type = field_type
        self.is_required = not default
        self.default = default[0] if default else None


class Record:
    """An object with the fields of a table and no other.

    A field that is None counts as absent, because columnar files fill missing columns with nulls.

    Args:
        name: its name in a JSON Schema.
        description: its description in a JSON Schema.
        fields: by their names.
        nullable: name of the one field for which None is a value.
    """

    def __init__(self, name: str, description: str, fields: Mapping[str, Field], *, nullable: str = "") -> None:
        self.name = name
        self.description = description
        self.fields = fields
        self._nullable = nullable

    def read(self, value: Any, path: str) -> dict[str, Any]:
        """Return all fields by their names, absent ones with their defaults.

        Raises:
            InvalidFieldError: the first field that is wrong, by its path.
        """
        if not isinstance(value, dict):
            raise MismatchError(path or "reference", "must be an object", value)
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            item = value.get(name)
            if item is not None or (name == self._nullable and name in value):
                values[name] = field.field_type.read(item, _join_path(path, name))
            elif field.is_required:
                raise InvalidFieldError(_join_path(path, name), "is missing")
            else:
                values[name] = field.default
        for name in value:
            if name not in self.fields:
                raise InvalidFieldError(_join_path(path, str(name)), "is not a field of this object")
        return values

    def schema(self) -> dict[str, Any]:
        """Return a reference to its definition; see `definition`."""
        return {"$ref": f"#/$defs/{self.name}"}

    def definition(self) -> dict[str, Any]:
        """Return its definition in a JSON Schema."""
        required = [name for name, field in self.fields.items() if field.is_required]
        return {
            "additionalProperties": False,
            "description": self.description,
            "properties": {name: _field_schema(field) for name, field in self.fields.items()},
            **({"required": required} if required else {}),
            "type": "object",
        }

    def __str__(self) -> str:
        return "an object"


def _field_schema(field: Field) -> dict[str, Any]:
    """Return the schema of a field; null is accepted for every field that may be absent."""
    schema = field.field_type.schema()
    if field.is_required or not schema:
        return schema
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    shown = {} if default is None else {"default": default}
    return {**shown, "anyOf": [schema, {"type": "null"}]}


def _join_path(path: str, name: str) -> str:
    key = name if name.isidentifier() else repr(name)[:_MAX_KEY_CHARS]
    return f"{path}.{key}" if path else key
