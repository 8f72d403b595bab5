"""What comes of a request to the answer, as the examiner's side of it has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.errors import ValueCodecError
from sandbox.execution import SolutionStatus
from sandbox.processes.protocol import LARGE, OK, RAISED
from sandbox.values import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Raised", "Reply", "understood"]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception of the answer, as far as it crosses."""

    type_name: str
    base: str
    """The nearest built-in class it descends from."""
    text: str
    line: int
    """1-based line of the answer it came from; 0 when it came from elsewhere."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one request."""

    status: SolutionStatus
    value: Any = None
    args: Sequence[Any] | None = None
    """What became of mutable arguments: an item for each that changed, ``None`` for the others; ``None`` when none
    did."""
    raised: Raised | None = None
    detail: str = ""
    """One line for people, when there is no value."""


def understood(body: memoryview) -> Reply:
    """What the answer's process has sent; nothing in it is believed but the values themselves.

    Raises:
        ValueCodecError: it is no answer.
    """
    match decode(body):
        case [verb, value, args] if verb == OK and (args is None or type(args) is list):
            return Reply(SolutionStatus.RETURNED, value=value, args=args)
        case [verb] if verb == LARGE:
            return Reply(SolutionStatus.OUTPUT_LIMIT, detail="returned more than it may")
        case [verb, str(type_name), str(base), str(text), int(line)] if verb == RAISED:
            return _raised(Raised(type_name[:100], base[:100], text[:500], line))
    raise ValueCodecError("what it sent is no answer")


def _raised(raised: Raised) -> Reply:
    status = SolutionStatus.MEMORY if raised.base == "MemoryError" else SolutionStatus.RAISED
    place = f" (line {raised.line})" if raised.line else ""
    return Reply(status, raised=raised, detail=f"{raised.type_name}: {raised.text}{place}")
