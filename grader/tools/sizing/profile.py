"""Profile of a data set: the measured time, memory and size of its samples."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from grader.errors import InputError

__all__ = ["Profile", "read_profile"]

_MAX_FIGURE: Final = 1e12
"""Upper bound of every figure; larger ones are rejected as corrupt."""
_COUNTS: Final = frozenset({"rows", "samples", "unscored", "largest_bytes"})


@dataclass(frozen=True, slots=True)
class Profile:
    """Measurements with one worker on one host. The names of the fields are keys of the JSON output."""

    rows: int
    """Number of samples in the file."""
    samples: int
    """Number of samples that were measured."""
    unscored: int
    """Number of samples that could not be graded; they are not part of the other figures."""
    cpu_s: float
    """Mean CPU seconds of a sample, of all processes of the grader together."""
    wall_s: float
    """Mean seconds of a sample."""
    p95_wall_s: float
    """95th percentile of the seconds of a sample."""
    slowest_s: float
    """Seconds of the slowest sample."""
    start_s: float
    """Seconds from the start of the grader to the end of the first sample."""
    base_mb: float
    """Memory of the idle grader with one worker, in MB."""
    started_mb: float
    """Part of `base_mb` outside of the grader's own process: an upper bound for each further worker."""
    lane_mb: float
    """Largest additional memory while a sample was graded, in MB."""
    request_bytes: float
    """Mean bytes of a sample in a request, of all rows."""
    largest_bytes: int
    """Bytes of the largest sample in a request."""
    result_bytes: float
    """Mean bytes of a result."""

    def as_dict(self) -> dict[str, Any]:
        """Return the profile as JSON data."""
        return asdict(self)

    @classmethod
    def of(cls, document: Any, name: str) -> Self:
        """Make a profile from the output of `as_dict`, or from ``{"profile": ...}`` around it.

        Args:
            document: JSON data.
            name: source of the document, for errors.

        Raises:
            InputError: it is not a profile.
        """
        if isinstance(document, dict) and isinstance(document.get("profile"), dict):
            document = document["profile"]
        if not isinstance(document, dict):
            raise InputError(f"{name}: not a profile; write one with `grader plan FILE --json`")
        values: dict[str, Any] = {}
        for field in (one.name for one in fields(cls)):
            value: Any = document.get(field)
            # The range check also rejects NaN, for which every comparison is false.
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value < _MAX_FIGURE or (field in _COUNTS and value != int(value)):
                raise InputError(f"{name}: {field}: expected a number of at least 0; see `grader plan FILE --json`")
            values[field] = int(value) if field in _COUNTS else float(value)
        profile = cls(**values)
        for field in ("cpu_s", "wall_s", "request_bytes", "largest_bytes", "result_bytes"):
            if getattr(profile, field) <= 0:
                raise InputError(f"{name}: {field}: 0, so nothing was measured")
        return profile


def read_profile(path: str) -> Profile:
    """Read the profile in a file.

    Raises:
        InputError: the file cannot be read, or is not a profile.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path}: not JSON; write a profile with `grader plan FILE --json`") from None
    return Profile.of(document, path)
