"""One model answer to grade."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.errors import SampleError

__all__ = ["BadSample", "Sample"]


@dataclass(frozen=True, slots=True)
class Sample:
    """What a caller sends: the completion and the reference to hold it against."""

    id: Any
    """Echoed as it came, type and all; made up from the place in the batch when the caller sent none."""
    completion: str | None
    """The model's text; ``None`` when the caller sent no assistant turn."""
    reference: Any
    """The tests, in any of the shapes of `testcases.formats`: a dict, a list, or JSON text. ``None`` when
    none was found."""
    prompt: str = ""
    """Text of the last user turn; prose or code; for formats whose tests need it."""
    reference_field: str = "reference_answer"
    """Where the reference was found, for error messages."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Whatever else came along; never interpreted."""


@dataclass(frozen=True, slots=True)
class BadSample:
    """A sample that cannot be read. It keeps its place in the batch, and gets a result like any other."""

    id: Any
    """As in `Sample`."""
    error: SampleError
