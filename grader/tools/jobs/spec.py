"""Specification of a training job, read from a TOML file."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from grader.config.schema import InvalidValueError, Section, SettingError, UnknownKeyError
from grader.errors import ConfigError
from grader.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BOOLEAN", "TABLE", "JobSpec", "read_spec"]


class _BooleanType:
    def read(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InvalidValueError(value)
        return value

    def __str__(self) -> str:
        return "true or false"


class _TableType:
    def read(self, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise InvalidValueError(value)
        for item in value.values():
            if not isinstance(item, str | int | float | bool):
                raise InvalidValueError(item)
        return value

    def __str__(self) -> str:
        return "a table of numbers and strings"


BOOLEAN, TABLE = _BooleanType(), _TableType()


class JobSpec(Section):
    """Base class of specifications: the keys of a job's file."""

    REQUIRED: ClassVar[tuple[str, ...]] = ()
    """Keys that must not be missing or empty."""

    def check(self) -> None:
        """Check that no required key is missing."""
        for key in self.REQUIRED:
            if not getattr(self, key):
                raise SettingError("", f"{key}: missing")


SpecT = TypeVar("SpecT", bound=JobSpec)


def read_spec(spec_type: type[SpecT], file: str) -> SpecT:
    """Read the specification in a file.

    Raises:
        ConfigError: the file cannot be read, or a key is unknown, missing or of the wrong type; names file and key.
    """
    try:
        tree = tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    try:
        return spec_type.made_of(tree)
    except UnknownKeyError as error:
        known = [field.name for field in fields(spec_type)]
        near = difflib.get_close_matches(error.key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        raise ConfigError(f"{file}: {one_line(error.key)}: unknown key; {hint}") from None
    except SettingError as error:
        raise ConfigError(f"{file}: {one_line(error)}") from None
