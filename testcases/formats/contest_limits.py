"""Time and memory limits of contest sites, turned into limits for Python.

The limits are for compiled languages. The sites themselves, and graders of these data sets, allow Python a multiple of
the time.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from testcases.model import ProblemLimits

__all__ = ["contest_limits", "parse_megabytes", "parse_seconds"]

_TIME_FACTOR: Final = 5.0
"""Multiple of the time limit that Python gets."""
# Limits of 64 MB are for C++, where an integer takes 4 bytes; in Python it takes 36, with its item in a list.
_MIN_MB: Final = 512
_MAX_AMOUNT: Final = 1e6
_AMOUNT: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)
_SECONDS: Final = {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "milliseconds": 1e-3}
_MEGABYTES: Final = {
    "": 1.0,
    "mb": 1.0,
    "megabyte": 1.0,
    "megabytes": 1.0,
    "kb": 2**-10,
    "gb": 2.0**10,
    "bytes": 2**-20,
}


def contest_limits(seconds: float | None, megabytes: float | None) -> ProblemLimits:
    """Return limits for answers in Python; a limit that is unknown or out of range stays the grader's own."""
    return ProblemLimits(
        cpu_s=None if not _is_amount(seconds) else _TIME_FACTOR * float(seconds or 0),
        memory_mb=None if not _is_amount(megabytes) else max(_MIN_MB, math.ceil(megabytes or 0)),
    )


def parse_seconds(value: Any) -> float | None:
    """Parse a time as data sets write it: ``2``, ``"2.0 seconds"``, ``{"seconds": 2, "nanos": 500000000}``."""
    if isinstance(value, dict):
        parts = value.get("seconds") or 0, value.get("nanos") or 0
        return parts[0] + parts[1] / 1e9 if all(isinstance(part, (int, float)) for part in parts) else None
    return _parse_amount(value, _SECONDS)


def parse_megabytes(value: Any) -> float | None:
    """Parse an amount of memory as data sets write it: ``256``, ``"256 megabytes"``."""
    return _parse_amount(value, _MEGABYTES)


def _parse_amount(value: Any, units: dict[str, float]) -> float | None:
    if isinstance(value, str):
        match = _AMOUNT.fullmatch(value.strip())
        factor = units.get(match[2].lower()) if match else None
        return None if match is None or factor is None else float(match[1]) * factor
    return (
        float(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value < _MAX_AMOUNT
        else None
    )


def _is_amount(value: float | None) -> bool:
    return value is not None and 0 < value < _MAX_AMOUNT
