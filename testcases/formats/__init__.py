"""Reference formats, one a module: what a caller sends becomes a `Problem`.

Each module has a ``NAME``, ``fits(reference)``, which looks at the outside only, and ``read(reference, prompt=...)``,
which makes the problem or says what is wrong. A new format is one more module, named in `_FORMATS`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from testcases.errors import AmbiguousShapeError, InvalidFieldError, UnknownShapeError
from testcases.formats import aws_code, humaneval, livecodebench, mbpp, native, prime_code
from testcases.formats.fields import load_json

if TYPE_CHECKING:
    from testcases.problem import Problem

__all__ = ["SHAPES", "read_reference"]


class _Format(Protocol):
    @property
    def NAME(self) -> str: ...  # noqa: N802  # a module's constant

    def fits(self, reference: Any) -> bool: ...

    def read(self, reference: Any, *, prompt: str) -> Problem: ...


_FORMATS: Final[tuple[_Format, ...]] = (native, humaneval, mbpp, prime_code, aws_code, livecodebench)
_BY_NAME: Final = {one.NAME: one for one in _FORMATS}

SHAPES: Final = tuple(_BY_NAME)
"""Names of the shapes."""

_MOST_LAYERS = 3
"""JSON text in ``{"text": ...}`` in JSON text: no caller wraps a reference deeper."""

_LATER: Final = {
    "pytest": "pytest references are not supported yet",
    "test": "pytest references are not supported yet; a test that defines check(candidate) needs an entry_point",
    "s3_uri": "references by s3_uri are not supported yet",
}


def read_reference(reference: Any, *, prompt: str = "", shape: str | None = None) -> Problem:
    """Make a problem of a reference.

    Args:
        reference: a dict or list in one of `SHAPES`, JSON text of one, or ``{"text": "<JSON text>"}``.
        prompt: text of the user's turn, for shapes whose tests need what it defines.
        shape: name of the shape; None takes the one the reference names in its field ``format``, or else the
            only one it fits.

    Raises:
        UnknownShapeError: no shape fits, or there is none of that name.
        AmbiguousShapeError: several shapes fit.
        InvalidFieldError: a field is missing or wrong.
    """
    reference = _unwrapped(reference)
    named = _named_shape(reference)
    if shape is not None and named is not None and named != shape:
        raise InvalidFieldError("format", f"is {named}, but {shape} is asked for")
    chosen = shape if shape is not None else named
    return (_recognised(reference) if chosen is None else _known(chosen)).read(reference, prompt=prompt)


def _unwrapped(reference: Any) -> Any:
    for _ in range(_MOST_LAYERS):
        if isinstance(reference, dict) and reference.keys() == {"text"}:
            reference = reference["text"]
        if not isinstance(reference, str):
            break
        reference = load_json(reference, "reference")
    return reference


def _named_shape(reference: Any) -> str | None:
    name = reference.get("format") if isinstance(reference, dict) else None
    if name is not None and not isinstance(name, str):
        raise InvalidFieldError("format", f"must be one of {', '.join(SHAPES)}")
    return name


def _known(name: str) -> _Format:
    if name in _BY_NAME:
        return _BY_NAME[name]
    if name == "pytest":
        raise UnknownShapeError(_LATER["pytest"])
    raise UnknownShapeError(f"there is no shape {name[:40]!r}; the shapes are {', '.join(SHAPES)}")


def _recognised(reference: Any) -> _Format:
    if not isinstance(reference, (dict, list)):
        kind = "nothing" if reference is None else type(reference).__name__
        raise UnknownShapeError(f"a reference must be an object or a list, not {kind}")
    fitting = [one for one in _FORMATS if one.fits(reference)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(one.NAME for one in fitting)
        raise AmbiguousShapeError(f"the reference could be {names}: name its shape in a field format")
    if isinstance(reference, list):
        raise UnknownShapeError("a list must hold tests with input, output and testtype")
    for key, reason in _LATER.items():
        if key in reference:
            raise UnknownShapeError(reason)
    keys = ", ".join(sorted(repr(key)[:40] for key in reference)[:8]) or "none"
    raise UnknownShapeError(f"no known shape ({', '.join(SHAPES)}) has these keys: {keys}")
