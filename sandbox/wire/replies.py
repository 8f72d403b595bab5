"""Replies of a solution process, as the harness reads them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sandbox.errors import ValueCodecError
from sandbox.wire.protocol import CALLBACK, FILES, LARGE, OK, RAISED
from sandbox.wire.value_size import check_value_size
from sandbox.wire.values import Reference, decode

__all__ = ["CallbackRequest", "Raised", "Reply", "SolutionStatus", "parse_message"]


_CAUSES = 3
"""Number of causes of an exception that are kept."""


class SolutionStatus(StrEnum):
    """Outcome of one request to the solution process."""

    RETURNED = "returned"
    """There is a value, or a program's output."""
    RAISED = "raised"
    """The answer raised, or a program ended with a non-zero code."""
    EXITED = "exited"
    """The answer ended its own process."""
    TIMEOUT = "timeout"
    """CPU seconds used up, or idle for too long."""
    MEMORY = "memory"
    """More memory than it may have."""
    OUTPUT_LIMIT = "output_limit"
    """More output, or a larger value, than it may have."""
    CRASHED = "crashed"
    """A signal killed the process."""
    POLICY = "policy"
    """An isolation layer was touched, and ended the process."""
    NOT_RUN = "not_run"
    """Not requested: the sample's budget was spent."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the answer, as far as it crosses."""

    type_name: str
    base: str
    """The nearest built-in class it descends from."""
    text: str
    line: int
    """1-based line of the answer it came from; 0 when it came from elsewhere."""
    reference: Reference | None = None
    """Reference to the exception itself; ``None`` if its class is a built-in one."""
    args: tuple[Any, ...] | None = None
    cause: Raised | None = None
    context: Raised | None = None
    notes: tuple[str, ...] = ()
    hides_context: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """Result of one request."""

    status: SolutionStatus
    value: Any = None
    changes: Any = None
    """Changes to mutable arguments (`sandbox.wire.mutation`)."""
    raised: Raised | None = None
    detail: str = ""
    """One line for people, when there is no value."""
    files: Any = None
    """Changes of files that came along (`sandbox.processes.memory_files.exchange`); ``None`` if there were none."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """Request of the answer's process in turn, for an object of test code."""

    fields: list[Any]
    files: Any = None
    """As in `Reply`."""


def parse_message(body: memoryview, value_bytes: int = 256 << 20) -> Reply | CallbackRequest:
    """Return what the solution process has sent.

    The answer can send any bytes: nothing in them is trusted but the values themselves, which the tests compare.

    Args:
        body: the message.
        value_bytes: bytes of memory that it may take once it is decoded.

    Raises:
        ValueSizeError: it would take more.
        ValueCodecError: it is not a reply.
    """
    check_value_size(body, value_bytes)
    match decode(body):
        case [verb, changes, list(message)] if verb == FILES:
            return replace(_parse(message), files=changes)
        case message:
            return _parse(message)


def _parse(message: Any) -> Reply | CallbackRequest:
    # Verbs are compared in guards, because a bare name in a pattern would be bound and not compared.
    match message:
        case [verb, value, changes] if verb == OK:
            return Reply(SolutionStatus.RETURNED, value=value, changes=changes)
        case [verb] if verb == LARGE:
            return Reply(SolutionStatus.OUTPUT_LIMIT, detail="returned more than it may")
        case [verb, *fields] if verb == RAISED and (raised := _raised(fields, _CAUSES)) is not None:
            return _raising(raised)
        case [verb, *fields] if verb == CALLBACK:
            return CallbackRequest(fields)
    raise ValueCodecError("what it sent is not a reply")


def _raised(fields: Any, depth: int) -> Raised | None:
    """Return the exception that the fields describe (`ExceptionFields`); ``None`` if they are malformed."""
    match fields:
        case [str(type_name), str(base), str(text), int(line), reference, args, cause, context, notes, hides, _]:
            # Cut again, because the answer may have sent this without our code.
            return Raised(
                type_name[:100],
                base[:100],
                text[:500],
                line,
                reference=reference if isinstance(reference, Reference) else None,
                args=args if type(args) is tuple else None,
                cause=_raised(cause, depth - 1) if depth else None,
                context=_raised(context, depth - 1) if depth else None,
                notes=tuple(note[:500] for note in notes[:20] if type(note) is str) if type(notes) is list else (),
                hides_context=hides is True,
            )
    return None


def _raising(raised: Raised) -> Reply:
    status = SolutionStatus.MEMORY if raised.base == "MemoryError" else SolutionStatus.RAISED
    line = f" (line {raised.line})" if raised.line else ""
    return Reply(status, raised=raised, detail=f"{raised.type_name}: {raised.text}{line}")
