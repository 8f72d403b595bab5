"""Which walls stand, and what tier that makes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.walls.kernel_walls import TIERS, highest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Tier", "WallReport", "standing_tier"]


class Tier(StrEnum):
    """The set of walls that stand, from the weakest up."""

    RLIMIT = "rlimit"
    SECCOMP = "seccomp"
    NAMESPACES = "namespaces"

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return TIERS.index(self.value)


@dataclass(frozen=True, slots=True)
class WallReport:
    """Whether one wall stands."""

    name: str
    stands: bool
    reason: str = ""
    """Why it does not; empty when it stands."""

    def as_dict(self) -> dict[str, object]:
        """The same as JSON can say it."""
        return asdict(self)


def standing_tier(walls: Iterable[WallReport]) -> Tier | None:
    """The highest tier whose walls all stand, and those of every tier below; ``None`` when not even the lowest does."""
    tier = highest(wall.name for wall in walls if wall.stands)
    return None if tier is None else Tier(tier)
