"""Targets of the benchmark, with the measured values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """Bound for a measured value."""

    text: str
    """Description of the comparison."""
    bound: float
    measured: float | None
    """Measured value; ``None`` if this run has not measured it."""
    at_most: bool = False
    """True if the bound is a maximum, false if it is a minimum."""
    by_cpu: float | None = None
    """The same ratio by CPU time, if measured; other load on the machine affects it less."""

    @property
    def met(self) -> bool | None:
        """True if the target is met; ``None`` if it was not measured."""
        if self.measured is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound

    def as_dict(self) -> dict[str, Any]:
        """Return the target as JSON data."""
        return {
            "text": self.text, "wanted": self.bound, "at_most": self.at_most, "measured": self.measured,
            "met": self.met, "by_cpu": self.by_cpu,
        }  # fmt: skip
