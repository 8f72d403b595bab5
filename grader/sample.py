"""One model answer to grade."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.errors import SampleError

__all__ = ["BadSample", "Sample", "label_of"]

_MAX_LABEL = 80
_MAX_NUMBER_LABEL = 10**18


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


def label_of(sample_id: Any, place: int) -> str:
    """What to call a sample in an error message: one short line, whatever its id is.

    Args:
        sample_id: as in `Sample`.
        place: in the batch, from 0.
    """
    if isinstance(sample_id, str):
        short = sample_id.isprintable() and len(sample_id) <= _MAX_LABEL
        return sample_id if short else ascii(sample_id[:_MAX_LABEL])
    is_number = isinstance(sample_id, int) and abs(sample_id) < _MAX_NUMBER_LABEL
    return str(sample_id) if is_number else f"#{place}"
