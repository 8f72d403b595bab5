"""Exceptions on their way between solution and harness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError
from sandbox.processes.solution.harness_objects import new_error
from sandbox.processes.solution.objects import built_in_error, exact_str, mro_of, name_of
from sandbox.processes.solution.trampoline import CallFailedError, call
from sandbox.wire.protocol import ExceptionFields
from sandbox.wire.values import Reference, encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.processes.solution.harness_objects import HarnessObjects
    from sandbox.processes.solution.trampoline import Steps

__all__ = ["ANSWER_FILE", "CallbackErrors", "encode_exception"]

ANSWER_FILE = "<answer>"
"""File name of the answer's code objects."""
_TEXT_CHARS = 500
_ARGS_BYTES = 1 << 14
_NAME_CHARS = 100
_CAUSES = 3
_MAX_NOTES = 20
_OUT_OF_MEMORY = encode(ExceptionFields("MemoryError", "MemoryError", "").pack())
"""Made while there is memory to make it."""
_trace_of = BaseException.__dict__["__traceback__"].__get__
_cause_of = BaseException.__dict__["__cause__"].__get__
_context_of = BaseException.__dict__["__context__"].__get__
_hides_context = BaseException.__dict__["__suppress_context__"].__get__
_attributes_of = BaseException.__dict__["__dict__"].__get__
_args_of = BaseException.__dict__["args"].__get__
_path_of: Callable[[BaseException], Any] = OSError.__dict__["filename"].__get__
"""Read past the class, because an answer's class can define attributes of these names, which would run its code."""


def encode_exception(error: BaseException, keep: Callable[[Any], Reference]) -> Steps:
    """Return steps that encode an exception of the answer as a reply, whatever the exception is."""
    line = _line_of(error)
    # An exception that is kept would keep alive every frame it came through.
    BaseException.with_traceback(error, None)
    if issubclass(type(error), MemoryError):
        return _OUT_OF_MEMORY
    try:
        fields = yield from _fields(error, keep, line, _CAUSES)
        return encode(fields.pack(), keep)
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception:  # noqa: BLE001 - the answer has broken something that this code uses
        return encode(ExceptionFields("Exception", _base_of(type(error)), "", line).pack())


def _fields(error: BaseException, keep: Callable[[Any], Reference], line: int, depth: int) -> Steps:
    kind = type(error)
    try:
        text = exact_str((yield call(str, error)))[:_TEXT_CHARS]
    except CallFailedError as failure:  # a hostile __str__
        text = f"<{name_of(type(failure.error))} in its own text>"
    reference = None
    if built_in_error(kind) is None and kind is not ValueCodecError:
        reference = keep(error)
    cause, chain = _cause_of(error), None
    if cause is not None and cause is not error and depth:
        chain = list((yield from _fields(cause, keep, 0, depth - 1)))
    context, former = _context_of(error), None
    if chain is None and context is not None and context is not error and depth:
        former = list((yield from _fields(context, keep, 0, depth - 1)))
    name, args = name_of(kind)[:_NAME_CHARS], _crossing_args(error, keep)
    notes, hides = _notes_of(error), _hides_context(error)
    return ExceptionFields(name, _base_of(kind), text, line, reference, args, chain, former, notes, hides)


def _notes_of(error: BaseException) -> list[str] | None:
    attributes = _attributes_of(error)
    notes = attributes.get("__notes__") if type(attributes) is dict else None
    if type(notes) is not list:
        return None
    return [note[:_TEXT_CHARS] for note in notes[:_MAX_NOTES] if type(note) is str]


def _base_of(kind: type[BaseException]) -> str:
    if kind is ValueCodecError:
        return "TypeError"
    return next(filter(None, map(built_in_error, mro_of(kind))), "Exception")


def _crossing_args(error: BaseException, keep: Callable[[Any], Reference]) -> tuple[Any, ...] | None:
    """Return the arguments of an exception; ``None`` if they cannot cross."""
    try:
        args = _args_of(error)
        if issubclass(type(error), OSError) and built_in_error(type(error)) and (path := _path_of(error)) is not None:
            args = (*args, path)  # it takes the path as an argument, but does not keep it as one
        return args if len(encode(args, keep)) <= _ARGS_BYTES else None
    except Exception:  # noqa: BLE001 - it can do without
        return None


def _line_of(error: BaseException) -> int:
    """Return the innermost line of the answer that the exception came through; 0 if there is none."""
    line, trace = 0, _trace_of(error)
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == ANSWER_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


class CallbackErrors:
    """Makes exceptions in the answer from exceptions of test code that the answer has called."""

    def __init__(self, harness_objects: HarnessObjects) -> None:
        self._harness_objects = harness_objects

    def exception(self, fields: list[Any]) -> BaseException:
        """Return the exception to raise in the answer. If it comes back, the harness finds the original again."""
        raised = ExceptionFields(*fields)
        own = raised.reference
        if isinstance(own, BaseException):
            return own
        kind = self._harness_objects.exception_class(str(raised.type_name), str(raised.base))
        args = raised.args if type(raised.args) is tuple else (raised.text,)
        try:
            error = new_error(kind, str(raised.base), args)
        except TypeError:
            error = Exception(raised.text)
        if type(raised.attributes) is dict:
            _attributes_of(error).update(raised.attributes)
        if type(own) is str:
            self._harness_objects.bind(error, Reference(own, raised.type_name))
        return error
