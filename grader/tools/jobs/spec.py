"""Specification of a training job, read from a TOML file."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from grader.config.schema import Section, SettingError, UnknownKeyError
from grader.errors import ConfigError
from grader.text import one_line
from testcases.schema import Dictionary, MismatchError

__all__ = ["TABLE", "JobSpec", "read_spec"]


class _Table(Dictionary):
    def read(self, value: Any, path: str) -> dict[str, Any]:
        table = super().read(value, path)
        for key, item in table.items():
            if not isinstance(item, str | int | float | bool):
                raise MismatchError(f"{path}.{key}", "must be a number or a string", item)
        return table

    def __str__(self) -> str:
        return "a table of numbers and strings"


TABLE = _Table()


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
        return spec_type.from_dict(tree)
    except UnknownKeyError as error:
        known = [field.name for field in fields(spec_type)]
        near = difflib.get_close_matches(error.key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
        raise ConfigError(f"{file}: {one_line(error.key)}: unknown key; {hint}") from None
    except SettingError as error:
        raise ConfigError(f"{file}: {one_line(error)}") from None
