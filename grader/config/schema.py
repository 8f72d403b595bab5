"""Field types of settings: how a value is read, and the error for one that does not fit."""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "NAMES",
    "TEXT",
    "Choice",
    "Either",
    "FieldType",
    "Number",
    "Section",
    "SettingError",
    "UnknownKeyError",
    "field_types",
    "setting",
]

T = TypeVar("T")
_FIELD_TYPE = "wanted"
_EXACT = 2.0**53
"""Below it a float says which whole number is meant."""


class SettingError(ValueError):
    """A setting is not what it may be.

    Args:
        key: which one.
        said: what is wrong, in one line.
        together: whether it is about all settings of the section ``key``.
    """

    def __init__(self, key: str, said: str, *, together: bool = False) -> None:
        super().__init__(f"{key}: {said}" if key else said)
        self.key = key
        self.said = said
        self.together = together


class UnknownKeyError(SettingError):
    """There is no setting of that key."""


class InvalidValueError(ValueError):
    """A value is not what is wanted; holds the value, or the part of it that is wrong."""


class FieldType(Protocol):
    """What is wanted of a setting; as text, in words for people: ``a finite number above 0``."""

    def read(self, value: Any) -> Any:
        """The value as the grader takes it: of a number or a choice, its text will do.

        Raises:
            UnwantedError: it is something else.
        """


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a range; never ``true``, which Python takes for 1."""

    least: float | None = None
    above: float | None = None
    most: float | None = None
    whole: bool = False

    def read(self, value: Any) -> float:
        """See `FieldType`."""
        number = self._number(value)
        if (
            not -math.inf < number < math.inf  # math.isfinite cannot take every whole number
            or (self.least is not None and number < self.least)
            or (self.above is not None and number <= self.above)
            or (self.most is not None and number > self.most)
        ):
            raise InvalidValueError(value)
        return number

    def _number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise InvalidValueError(value)
        if isinstance(value, str) and not value.strip().isascii():
            raise InvalidValueError(value)
        try:
            if not self.whole:
                return float(value)
            if isinstance(value, str):
                digits, point, zeros = value.strip().partition(".")
                if point and (not zeros or zeros.strip("0") or not digits[-1:].isdigit()):
                    raise InvalidValueError(value)
                return int(digits)
            if isinstance(value, int) or (value.is_integer() and abs(value) < _EXACT):
                return int(value)
        except (ValueError, OverflowError):
            pass
        raise InvalidValueError(value)

    def __str__(self) -> str:
        kind = "whole number" if self.whole else "finite number"
        if self.most is not None:
            return f"a {kind.removeprefix('finite ')} from {self.least} to {self.most}"
        return f"a {kind} above {self.above}" if self.above is not None else f"a {kind} of at least {self.least}"


class Choice:
    """One of some words; a member, where they are those of an enumeration."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = {str(word): word for word in words}

    def read(self, value: Any) -> str:
        """See `FieldType`."""
        if not isinstance(value, str) or value not in self._words:
            raise InvalidValueError(value)
        return self._words[value]

    def __str__(self) -> str:
        return " or ".join(f'"{word}"' for word in self._words)


class Either:
    """What one of several takes; the first that does."""

    def __init__(self, *choices: FieldType) -> None:
        self._choices = choices

    def read(self, value: Any) -> Any:
        """See `FieldType`."""
        for choice in self._choices:
            try:
                return choice.read(value)
            except InvalidValueError:
                continue
        raise InvalidValueError(value)

    def __str__(self) -> str:
        return " or ".join(map(str, self._choices))


class _TextType:
    def read(self, value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidValueError(value)
        return value

    def __str__(self) -> str:
        return "text"


class _NamesType:
    def read(self, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple):
            raise InvalidValueError(value)
        for item in value:
            if not isinstance(item, str):
                raise InvalidValueError(item)
        return tuple(value)

    def __str__(self) -> str:
        return "a list of names"


TEXT, NAMES = _TextType(), _NamesType()


def setting(default: T, wanted: FieldType) -> T:
    """A field of a `Section`.

    Args:
        default: its value where none is set; need not be one that can be set.
        wanted: what may be set.
    """
    made: T = field(default=default, metadata={_FIELD_TYPE: wanted})
    return made


def field_types(section: type[Section]) -> dict[str, FieldType]:
    """What is wanted of each setting of a section, by its name; sections in it are left out."""
    return {one.name: one.metadata[_FIELD_TYPE] for one in fields(section) if _FIELD_TYPE in one.metadata}


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together: frozen, and each in its range, however they are made.

    Raises:
        SettingError: a setting is not what it may be.
    """

    SECTIONS: ClassVar[dict[str, type[Section]]] = {}
    """Sections in this one, by the names of their fields."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if _FIELD_TYPE in one.metadata and value is not one.default:
                try:
                    object.__setattr__(self, one.name, one.metadata[_FIELD_TYPE].read(value))
                except InvalidValueError as error:
                    raise SettingError(one.name, _mismatch(one.metadata[_FIELD_TYPE], error.args[0])) from None
        self.check()

    def check(self) -> None:
        """Look at what the settings are together.

        Raises:
            SettingError: they do not go together.
        """

    @classmethod
    def made_of(cls, tree: Any, place: str = "") -> Self:
        """The section that tables say, with the defaults where they say nothing.

        Args:
            tree: the table, of settings and of tables of the sections in it.
            place: where that is, for the keys of errors.

        Raises:
            SettingError: the first thing that is wrong.
        """
        if not isinstance(tree, dict):
            raise SettingError(place, _mismatch("a table", tree))
        prefix = f"{place}." if place else ""
        values: dict[str, Any] = {}
        for one in fields(cls):
            if one.name not in tree:
                continue
            value = tree[one.name]
            if one.name in cls.SECTIONS:
                value = cls.SECTIONS[one.name].made_of(value, f"{prefix}{one.name}")
            else:
                try:
                    value = one.metadata[_FIELD_TYPE].read(value)
                except InvalidValueError as error:
                    said = _mismatch(one.metadata[_FIELD_TYPE], error.args[0])
                    raise SettingError(f"{prefix}{one.name}", said) from None
            values[one.name] = value
        for key in tree:
            if key not in values:
                raise UnknownKeyError(f"{prefix}{key}", "unknown key")
        try:
            return cls(**values)
        except SettingError as error:
            raise SettingError(
                f"{prefix}{error.key}" if error.key else place, error.said, together=not error.key
            ) from None


def _mismatch(wanted: object, value: Any) -> str:
    return f"{wanted} is wanted, not {reprlib.repr(value)}"
