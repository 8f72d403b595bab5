"""What the figures must show: each with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that must show."""

    text: str
    """What is held against what, for people."""
    wanted: float
    measured: float | None
    """``None`` when this run has not measured it."""
    at_most: bool = False
    """Whether less is better."""
    by_cpu: float | None = None
    """The same of CPU milliseconds, where both sides have them: what other programs do moves it less."""

    @property
    def met(self) -> bool | None:
        """Whether it shows; ``None`` when that is not known."""
        if self.measured is None:
            return None
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted

    def as_dict(self) -> dict[str, Any]:
        """As JSON can say it."""
        return {
            "text": self.text, "wanted": self.wanted, "at_most": self.at_most, "measured": self.measured,
            "met": self.met, "by_cpu": self.by_cpu,
        }  # fmt: skip
