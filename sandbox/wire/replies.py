"""What comes of a request to the answer, as the examiner's side of it has it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sandbox.errors import ValueCodecError
from sandbox.wire.protocol import CALLBACK, LARGE, OK, RAISED
from sandbox.wire.values import Reference, decode

__all__ = ["CallbackRequest", "Raised", "Reply", "SolutionStatus", "parse_message"]


_CAUSES = 3
"""Causes of an exception that are told."""


class SolutionStatus(StrEnum):
    """How one request to the solution process ended."""

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
    """A wall was touched, and ended the process."""
    NOT_RUN = "not_run"
    """Not asked: the sample's budget was spent."""


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
    """What stands for the exception itself; ``None`` where its class is a built-in one."""
    args: tuple[Any, ...] | None = None
    cause: Raised | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request."""

    status: SolutionStatus
    value: Any = None
    changes: Any = None
    """What became of mutable arguments (`sandbox.wire.mutation`)."""
    raised: Raised | None = None
    detail: str = ""
    """One line for people, when there is no value."""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """What the answer's process asks in turn."""

    fields: list[Any]


def parse_message(body: memoryview) -> Reply | CallbackRequest:
    """What the answer's process has sent; nothing in it is believed but the values themselves.

    Raises:
        ValueCodecError: it is no answer.
    """
    match decode(body):
        case [verb, value, changes] if verb == OK:
            return Reply(SolutionStatus.RETURNED, value=value, changes=changes)
        case [verb] if verb == LARGE:
            return Reply(SolutionStatus.OUTPUT_LIMIT, detail="returned more than it may")
        case [verb, *fields] if verb == RAISED and (raised := _raised(fields, _CAUSES)) is not None:
            return _raising(raised)
        case [verb, *fields] if verb == CALLBACK:
            return CallbackRequest(fields)
    raise ValueCodecError("what it sent is no answer")


def _raised(fields: Any, depth: int) -> Raised | None:
    """What an exception was; ``None`` when the fields make no sense."""
    match fields:
        case [str(type_name), str(base), str(text), int(line), reference, args, cause]:
            known = reference if isinstance(reference, Reference) else None
            made_of = args if type(args) is tuple else None
            chain = _raised(cause, depth - 1) if depth else None
            return Raised(type_name[:100], base[:100], text[:500], line, known, made_of, chain)
    return None


def _raising(raised: Raised) -> Reply:
    status = SolutionStatus.MEMORY if raised.base == "MemoryError" else SolutionStatus.RAISED
    place = f" (line {raised.line})" if raised.line else ""
    return Reply(status, raised=raised, detail=f"{raised.type_name}: {raised.text}{place}")
