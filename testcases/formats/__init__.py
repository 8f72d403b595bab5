"""Reference formats, one a module: what a caller sends becomes a `Problem`.

Each module has

- ``NAME``;
- ``KEYS``: sets of keys; a reference of the format has all keys of one of them;
- ``fits(reference)``, only where other formats have the same keys: looks at the outside of a reference with `KEYS`;
- ``read(reference, prompt=...)``: makes the problem, or returns where inside the reference is
  (`testcases.formats.fields`), or raises what is wrong.

A new format is one more module, named in `_FORMATS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from testcases.errors import AmbiguousFormatError, InvalidFieldError, UnknownFormatError
from testcases.formats import (
    apps,
    aws_code,
    bigcodebench,
    codecontests,
    deepcoder,
    evalplus,
    humaneval,
    kodcode,
    livecodebench,
    mbpp,
    native,
    nemo_gym,
    openai,
    prime_code,
    pytest_file,
    synthetic1,
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
    verl,
    nemo_gym,
    openai,
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
        prompt: text of the user's turn, for formats whose tests need what it defines.
        format_name: name of the format; None takes the one the reference names in its field ``format``, or else the
            only one it fits.
        check: called with the reference, and with each one that is found inside a row, before it is read; what it
            raises ends the reading.

    Raises:
        UnknownFormatError: no format fits, or there is none of that name.
        AmbiguousFormatError: several formats fit.
        InvalidFieldError: a field is missing or wrong.
    """
    path = ""
    for _ in range(_MAX_ROWS):
        try:
            if check is not None:
                check(reference)
            found = _read(reference, prompt, format_name)
        except InvalidFieldError as error:
            if not path:
                raise
            inner = "" if error.field == "reference" else f".{error.field}"
            raise InvalidFieldError(path + inner, str(error).removeprefix(f"{error.field}: ")) from None
        except (UnknownFormatError, AmbiguousFormatError) as error:
            raise type(error)(f"{path}: {error}" if path else str(error)) from None
        if not isinstance(found, NestedReference):
            return found
        reference, prompt, format_name = found.reference, found.prompt, found.format_name
        path = f"{path}.{found.field}" if path else found.field
    raise InvalidFieldError(path, "holds a row in a row in a row")


def _read(reference: Any, prompt: str, format_name: str | None) -> Problem | NestedReference:
    reference = unwrap(reference)
    if isinstance(reference, str):
        reference = load_json(reference, "reference")  # raises, and says where the text stops being JSON
    named = _named_format(reference)
    if format_name is not None and named is not None and named != format_name:
        raise InvalidFieldError("format", f"is {named}, but {format_name} is asked for")
    chosen = format_name if format_name is not None else named
    return (_recognized(reference) if chosen is None else _format_by_name(chosen)).read(reference, prompt=prompt)


def _named_format(reference: Any) -> str | None:
    name = reference.get("format") if isinstance(reference, dict) else None
    if name is not None and not isinstance(name, str):
        raise InvalidFieldError("format", f"must be one of {', '.join(FORMAT_NAMES)}")
    return name


def _format_by_name(name: str) -> _Format:
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise UnknownFormatError(f"there is no format {name[:40]!r}; the formats are {', '.join(FORMAT_NAMES)}")


def _fits(one: _Format, reference: dict[Any, Any] | list[Any]) -> bool:
    """Compare keys first: most formats are ruled out by them, and no code of theirs has to run."""
    if isinstance(reference, list):
        return one is livecodebench and livecodebench.fits(reference)
    if not any(keys <= reference.keys() for keys in one.KEYS):
        return False
    # Formats that share their keys with others look further.
    further: Callable[[Any], bool] | None = getattr(one, "fits", None)
    return further is None or further(reference)


def _recognized(reference: Any) -> _Format:
    if not isinstance(reference, (dict, list)):
        kind = "nothing" if reference is None else type(reference).__name__
        raise UnknownFormatError(f"a reference must be an object or a list, not {kind}")
    fitting = [one for one in _FORMATS if _fits(one, reference)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(one.NAME for one in fitting)
        raise AmbiguousFormatError(f"the reference could be {names}: name its format in a field format")
    if isinstance(reference, list):
        raise UnknownFormatError("a list must hold tests with input, output and testtype")
    keys = ", ".join(sorted(repr(key)[:40] for key in reference)[:8]) or "none"
    raise UnknownFormatError(f"no known format ({', '.join(FORMAT_NAMES)}) has these keys: {keys}")
