"""References that are inside of others: a trainer's row around a data set's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Nested"]


@dataclass(frozen=True, slots=True)
class Nested:
    """What a format gives instead of a problem: the reference is inside, in a shape of its own."""

    reference: Any
    field: str
    """Where it is, for errors."""
    prompt: str = ""
    """The task's text, where the row has it."""
    shape: str | None = None
    """Its format, where the row names one."""
