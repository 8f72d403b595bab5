"""What the grader runs on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.walls.report import Tier, WallReport

__all__ = ["HostReport"]


@dataclass(frozen=True, slots=True)
class HostReport:
    """The host, as far as it matters for grades."""

    tier: Tier
    """The set of walls in use."""
    walls: tuple[WallReport, ...]
    """Every wall, and why it does not stand where it does not."""
    lanes: int
    """How many answers run at a time."""
    python: str
    """Version of the interpreter that answers run in."""
    kernel: str

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return {
            "tier": self.tier.value,
            "walls": [wall.as_dict() for wall in self.walls],
            "lanes": self.lanes,
            "python": self.python,
            "kernel": self.kernel,
        }
