"""Reference formats, one a module: each reads a reference of a caller into a `Problem`.

A module has

- ``NAME``;
- ``KEYS``: sets of keys; a reference of the format has all keys of at least one of them;
- ``fits(reference)``, only if other formats have the same keys: looks at the outermost fields of a reference with
  `KEYS`;
- ``read(reference, prompt=...)``: returns the problem, or the reference inside a row
  (`testcases.formats.fields.NestedReference`), or raises a `testcases.errors.ProblemError`.

A new format is one more module in `_FORMATS`. Two things are not in the module:

- A reference that is a list has no keys to compare, so `_fits` tries only `livecodebench` and `assertions` on lists.
  Another format of lists needs a line there, and a `fits` that tells its lists apart.
- ``grader dataset`` finds the id, the text and the solutions of a row by the names of the columns in
  `grader.tools.datasets.tasks`. Add those of the new data set that are missing there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from testcases.errors import AmbiguousFormatError, InvalidFieldError, UnknownFormatError
from testcases.formats import (
    apps,
    assertions,
    aws_code,
    bigcodebench,
    classeval,
    codecontests,
    codeforces,
    cruxeval,
    cure,
    deepcoder,
    evalplus,
    humaneval,
    kodcode,
    livecodebench,
    mbpp,
    multipl_e,
    native,
    nemo_gym,
    openai,
    prime_code,
    pytest_file,
    sandbox_fusion,
    script,
    synthetic1,
    test_cases,
    trainer_row,
    verl,
)
from testcases.formats.fields import NestedReference
from testcases.json_text import load_json, unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from testcases.model import Problem

__all__ = ["FORMAT_NAMES", "read_reference"]


class _Format(Protocol):
    @property
    def NAME(self) -> str: ...  # noqa: N802  # a module's constant

    @property
    def KEYS(self) -> tuple[frozenset[str], ...]: ...  # noqa: N802  # likewise

    def read(self, reference: Any, *, prompt: str) -> Problem | NestedReference: ...


_FORMATS: Final[tuple[_Format, ...]] = (
    native,
    humaneval,
    mbpp,
    evalplus,
    prime_code,
    apps,
    aws_code,
    livecodebench,
    codecontests,
    deepcoder,
    synthetic1,
    kodcode,
    pytest_file,
    bigcodebench,
    assertions,
    script,
    test_cases,
    codeforces,
    cruxeval,
    cure,
    classeval,
    multipl_e,
    sandbox_fusion,
    verl,
    nemo_gym,
    openai,
    trainer_row,
)
_BY_NAME: Final = {one.NAME: one for one in _FORMATS}

FORMAT_NAMES: Final = tuple(_BY_NAME)
"""Names of the formats."""

_MAX_ROWS = 3
"""Rows in one another: a data set's row in a trainer's row in a grader's item is the most there is."""


def read_reference(
    reference: Any,
    *,
    prompt: str = "",
    format_name: str | None = None,
    check: Callable[[Any], None] | None = None,
) -> Problem:
    """Make a problem of a reference.

    Args:
        reference: a dict or list in one of `FORMAT_NAMES`, or one wrapped as `testcases.json_text.unwrap` reads it.
        prompt: text of the user's turn, for formats whose tests use names of the prompt.
        format_name: name of the format; ``None`` for the one in the field ``format``, or else the only one that fits.
        check: called with the reference, and with each one that is found inside a row, before it is read; what it
            raises ends the reading.

    Raises:
        UnknownFormatError: no format fits, or none has that name.
        AmbiguousFormatError: several formats fit.
        InvalidFieldError: a field is missing or wrong.
    """
    path = ""
    for _ in range(_MAX_ROWS):
        try:
            if check is not None:
                check(reference)
            result = _read(reference, prompt, format_name)
        except InvalidFieldError as error:
            if not path:
                raise
            inner = "" if error.field == "reference" else f".{error.field}"
            raise InvalidFieldError(path + inner, str(error).removeprefix(f"{error.field}: ")) from None
        except (UnknownFormatError, AmbiguousFormatError) as error:
            raise type(error)(f"{path}: {error}" if path else str(error)) from None
        if not isinstance(result, NestedReference):
            return result
        reference, prompt, format_name = result.reference, result.prompt, result.format_name
        path = f"{path}.{result.field}" if path else result.field
    raise InvalidFieldError(path, "holds a row in a row in a row")


def _read(reference: Any, prompt: str, format_name: str | None) -> Problem | NestedReference:
    reference = unwrap(reference)
    if isinstance(reference, str):
        reference = load_json(reference, "reference")  # raises, and says where the text stops being JSON
    own_name = _own_format_name(reference)
    if format_name is not None and own_name is not None and own_name != format_name:
        raise InvalidFieldError("format", f"is {own_name}, but {format_name} is asked for")
    name = format_name if format_name is not None else own_name
    return (_fitting_format(reference) if name is None else _format_by_name(name)).read(reference, prompt=prompt)


def _own_format_name(reference: Any) -> str | None:
    name = reference.get("format") if isinstance(reference, dict) else None
    if name is not None and not isinstance(name, str):
        raise InvalidFieldError("format", f"must be one of {', '.join(FORMAT_NAMES)}")
    return name


def _format_by_name(name: str) -> _Format:
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise UnknownFormatError(f"there is no format {name[:40]!r}; the formats are {', '.join(FORMAT_NAMES)}")


def _fits(one: _Format, reference: dict[Any, Any] | list[Any]) -> bool:
    """Return whether a reference fits a format; keys are compared first, because they rule out most formats."""
    if isinstance(reference, list):
        return (one is livecodebench or one is assertions) and one.fits(reference)
    if not any(keys <= reference.keys() for keys in one.KEYS):
        return False
    # Formats that share their keys with others look further.
    further: Callable[[Any], bool] | None = getattr(one, "fits", None)
    return further is None or further(reference)


def _fitting_formats(reference: dict[Any, Any] | list[Any]) -> list[_Format]:
    """Return the formats that a reference fits without its nulls, with which tables fill missing columns."""
    if isinstance(reference, list):
        return [one for one in _FORMATS if _fits(one, reference)]
    given = {key: value for key, value in reference.items() if value is not None}
    # Where only nulls make a format of it, its reader says which field is missing.
    return [one for one in _FORMATS if _fits(one, given)] or [one for one in _FORMATS if _fits(one, reference)]


def _fitting_format(reference: Any) -> _Format:
    if not isinstance(reference, (dict, list)):
        kind = "nothing" if reference is None else type(reference).__name__
        raise UnknownFormatError(f"a reference must be an object or a list, not {kind}")
    fitting = _fitting_formats(reference)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(one.NAME for one in fitting)
        raise AmbiguousFormatError(f"the reference could be {names}: name its format in a field format")
    if isinstance(reference, list):
        raise UnknownFormatError("a list must hold assertions, or tests with input, output and testtype")
    keys = ", ".join(sorted(repr(key)[:40] for key in reference)[:8]) or "none"
    raise UnknownFormatError(f"no known format has these keys: {keys}; the formats are {', '.join(FORMAT_NAMES)}")
