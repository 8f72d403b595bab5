"""Sections of settings: frozen dataclasses whose fields are checked, and the text values that settings may have.

The field types themselves are those of references (`testcases.schema`).
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

from testcases.errors import InvalidFieldError
from testcases.schema import Array, MismatchError, Number, Text

if TYPE_CHECKING:
    from testcases.schema import FieldType

__all__ = [
    "NAMES",
    "TEXT",
    "Either",
    "Section",
    "SettingError",
    "UnknownKeyError",
    "field_types",
    "read_setting",
    "setting",
]

T = TypeVar("T")
_FIELD_TYPE = "field_type"
_EXACT = 2.0**53
"""Limit below which a float stands for exactly one integer."""


class SettingError(ValueError):
    """A setting has a value that it may not have.

    Args:
        key: the setting, such as ``limits.cpu_s``.
        message: the fault, in one line.
        whole_section: True if the fault is one of all settings of the section ``key`` together.
    """

    def __init__(self, key: str, message: str, *, whole_section: bool = False) -> None:
        super().__init__(f"{key}: {message}" if key else message)
        self.key = key
        self.message = message
        self.whole_section = whole_section


class UnknownKeyError(SettingError):
    """No setting has that key."""


class Either:
    """A value of one of several types: the first that accepts it."""

    def __init__(self, *choices: FieldType) -> None:
        self._choices = choices

    def read(self, value: Any, path: str) -> Any:
        """See `testcases.schema.FieldType`."""
        for choice in self._choices:
            try:
                return choice.read(_parse_text(value, choice), path)
            except InvalidFieldError:
                continue
        raise MismatchError(path, f"must be {self}", value)

    def schema(self) -> dict[str, Any]:
        """See `testcases.schema.FieldType`."""
        return {"anyOf": [choice.schema() for choice in self._choices]}

    def __str__(self) -> str:
        return " or ".join(map(str, self._choices))


class _Names(Array):
    def read(self, value: Any, path: str) -> tuple[Any, ...]:
        if isinstance(value, set | frozenset):  # without an order, equal configurations would differ
            raise MismatchError(path, "must be a list", value)
        return super().read(value, path)

    def __str__(self) -> str:
        return "a list of names"


TEXT: Final = Text()
NAMES: Final = _Names(TEXT)


def read_setting(key: str, field_type: FieldType, value: Any) -> Any:
    """Return the value of a setting; of a number, its text will do, because environment variables are text.

    Raises:
        SettingError: the setting may not have that value.
    """
    try:
        return field_type.read(_parse_text(value, field_type), key)
    except MismatchError as error:
        # The item that is wrong in a list, but the setting as it was written where that itself is wrong.
        raise SettingError(key, _mismatch(field_type, value if error.field == key else error.value)) from None


def _parse_text(value: Any, field_type: FieldType) -> Any:
    """Return the number that a text stands for, where one is expected; any other value as it is."""
    if not isinstance(field_type, Number) or isinstance(value, bool):
        return value
    # Python reads the digits of every script; a setting in them is more likely a mistake.
    if isinstance(value, str) and not value.strip().isascii():
        return value
    try:
        return _parse_integer(value) if field_type.integer else _parse_float(value)
    except ValueError:  # also for more digits than Python reads
        return value


def _parse_float(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _parse_integer(value: Any) -> Any:
    """Return 3 for ``3``, ``"3"``, ``3.0`` and ``"3.0"``; not for ``"3."`` or ``"3e0"``."""
    if isinstance(value, str):
        digits, point, zeros = value.strip().partition(".")
        if point and (not zeros or zeros.strip("0") or not digits[-1:].isdigit()):
            return value
        return int(digits)
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


def setting(default: T, field_type: FieldType) -> T:
    """Declare a field of a `Section`.

    Args:
        default: its value where none is set; may be one that cannot be set.
        field_type: values that can be set.
    """
    declared: T = field(default=default, metadata={_FIELD_TYPE: field_type})
    return declared


def field_types(section: type[Section]) -> dict[str, FieldType]:
    """Return the type of each setting of a section by its name, without the sections in it."""
    return {one.name: one.metadata[_FIELD_TYPE] for one in fields(section) if _FIELD_TYPE in one.metadata}


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together: frozen, and each in its range, however they are made.

    Raises:
        SettingError: a setting has a value that it may not have.
    """

    SECTIONS: ClassVar[dict[str, type[Section]]] = {}
    """Sections in this one, by the names of their fields."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            # A default need not be a value that can be set: None stands for "not set".
            if _FIELD_TYPE in one.metadata and value is not one.default:
                object.__setattr__(self, one.name, read_setting(one.name, one.metadata[_FIELD_TYPE], value))
        self.check()

    def check(self) -> None:
        """Check the settings together.

        Raises:
            SettingError: they contradict each other.
        """

    @classmethod
    def from_dict(cls, tree: Any, path: str = "") -> Self:
        """Make a section of a table, with the defaults for all settings that the table lacks.

        Args:
            tree: the table, of settings and of tables of the sections in it.
            path: its key, for errors; empty for the whole configuration.

        Raises:
            SettingError: the first thing that is wrong.
        """
        if not isinstance(tree, dict):
            raise SettingError(path, _mismatch("a table", tree))
        prefix = f"{path}." if path else ""
        values: dict[str, Any] = {}
        for one in fields(cls):
            if one.name not in tree:
                continue
            key, value = f"{prefix}{one.name}", tree[one.name]
            if one.name in cls.SECTIONS:
                values[one.name] = cls.SECTIONS[one.name].from_dict(value, key)
            else:
                values[one.name] = read_setting(key, one.metadata[_FIELD_TYPE], value)
        for key in tree:
            if key not in values:
                raise UnknownKeyError(f"{prefix}{key}", "unknown key")
        try:
            return cls(**values)
        except SettingError as error:
            key = f"{prefix}{error.key}" if error.key else path
            raise SettingError(key, error.message, whole_section=not error.key) from None


def _mismatch(expected: object, value: Any) -> str:
    return f"{expected} is wanted, not {reprlib.repr(value)}"
