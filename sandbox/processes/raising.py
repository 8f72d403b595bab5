"""Exceptions on their way between solution and examiner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError
from sandbox.processes.protocol import RAISED
from sandbox.values import Reference, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.lent import Lending

__all__ = ["FILE", "RaisedBack", "message_of"]

FILE = "<answer>"
"""File name of the answer's code objects."""
_TEXT_CHARS = 500
_ARGS_BYTES = 1 << 14
_CAUSES = 3


def message_of(error: BaseException, keep: Callable[[Any], Reference]) -> bytes:
    """The answer ``raised`` for an exception; encodes whatever an exception of the answer's may be."""
    line = _line_of(error)
    if isinstance(error, MemoryError):
        return encode([RAISED, "MemoryError", "MemoryError", "", line, None, None, None])
    try:
        return encode([RAISED, *_fields(error, keep, line, _CAUSES)], keep)
    except BaseException:  # noqa: BLE001 - hostile names, texts, arguments
        return encode([RAISED, "Exception", _base_of(type(error)), "", line, None, None, None])


def _fields(error: BaseException, keep: Callable[[Any], Reference], line: int, depth: int) -> list[Any]:
    kind = type(error)
    try:
        text = str(error)[:_TEXT_CHARS]
    except BaseException as failure:  # noqa: BLE001 - a hostile __str__
        text = f"<{type(failure).__name__} in its own text>"
    reference = None
    if kind.__module__ != "builtins" and kind is not ValueCodecError:
        error.__traceback__ = None  # an exception that is kept would keep every frame it came through
        reference = keep(error)
    cause = error.__cause__
    chain = _fields(cause, keep, 0, depth - 1) if cause is not None and cause is not error and depth else None
    return [kind.__name__[:100], _base_of(kind), text, line, reference, _args_of(error, keep), chain]


def _base_of(kind: type[BaseException]) -> str:
    if issubclass(kind, ValueCodecError):
        return "TypeError"
    return next((base.__name__ for base in kind.__mro__ if base.__module__ == "builtins"), "Exception")


def _args_of(error: BaseException, keep: Callable[[Any], Reference]) -> tuple[Any, ...] | None:
    """What an exception was made of, where that crosses."""
    try:
        args = tuple(error.args)
        return args if len(encode(args, keep)) <= _ARGS_BYTES else None
    except BaseException:  # noqa: BLE001 - it can do without
        return None


def _line_of(error: BaseException) -> int:
    """The line of the answer it came from last; 0 when it came from elsewhere."""
    line, trace = 0, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class RaisedBack:
    """Makes exceptions of what test code raised when it was called back."""

    def __init__(self, lending: Lending) -> None:
        self._lending = lending

    def exception(self, fields: list[Any]) -> BaseException:
        """What to raise in the answer; when that comes back, it is what test code raised."""
        name, base, text, _, own, args, _ = fields
        if isinstance(own, BaseException):
            return own
        kind = self._lending.exception_class(str(name), str(base))
        try:
            error = kind(*args) if type(args) is tuple else kind(text)
        except TypeError:
            error = Exception(text)
        if type(own) is str:
            self._lending.stand_for(error, Reference(own, name))
        return error
