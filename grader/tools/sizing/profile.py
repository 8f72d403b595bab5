"""The measured profile of samples."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from grader.errors import InputError

__all__ = ["Profile", "read_profile"]

_MAX_FIGURE: Final = 1e12
"""No figure comes near it."""
_COUNTS: Final = frozenset({"rows", "samples", "unscored", "largest_bytes"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Figures of a measurement with one lane, on one host."""

    rows: int
    """Samples of the file."""
    samples: int
    """How many of them were graded for this."""
    unscored: int
    """How many of those have no score; their figures are in nothing but this."""
    cpu_s: float
    """CPU seconds of a sample, all processes of the grader together; the mean."""
    wall_s: float
    """Seconds of a sample; the mean."""
    p95_wall_s: float
    """Seconds in which 95 % of them were graded."""
    slowest_s: float
    """Seconds of the slowest."""
    start_s: float
    """Seconds until the first sample could be graded."""
    base_mb: float
    """Memory of the grader with one lane and nothing to do."""
    started_mb: float
    """What of it is not the grader's own process: a further lane takes no more."""
    lane_mb: float
    """The most that a sample took besides."""
    request_bytes: float
    """Of a sample as it is sent; the mean of all rows."""
    largest_bytes: int
    """Of the largest one."""
    result_bytes: float
    """Of a result; the mean."""

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return asdict(self)

    @classmethod
    def of(cls, document: Any, name: str) -> Self:
        """A profile from what `as_dict` gave, also inside of ``{"profile": ...}``.

        Args:
            document: what was read.
            name: where it is from, for errors.

        Raises:
            InputError: it is none.
        """
        if isinstance(document, dict) and isinstance(document.get("profile"), dict):
            document = document["profile"]
        if not isinstance(document, dict):
            raise InputError(f"{name}: is no profile; write one with `grader plan FILE --json`")
        values: dict[str, Any] = {}
        for field in (one.name for one in fields(cls)):
            value: Any = document.get(field)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value < _MAX_FIGURE or (field in _COUNTS and value != int(value)):
                raise InputError(f"{name}: {field}: a number of at least 0 is wanted; see `grader plan FILE --json`")
            values[field] = int(value) if field in _COUNTS else float(value)
        profile = cls(**values)
        for field in ("cpu_s", "wall_s", "request_bytes", "largest_bytes", "result_bytes"):
            if getattr(profile, field) <= 0:
                raise InputError(f"{name}: {field}: is 0, so nothing was measured")
        return profile


def read_profile(path: str) -> Profile:
    """The profile in a file.

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: is no JSON; write a profile with `grader plan FILE --json`") from None
    return Profile.of(document, path)
