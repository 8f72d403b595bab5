"""Which walls stand, and what tier that makes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Tier", "WallReport", "standing_tier"]


class Tier(StrEnum):
    """The set of walls that stand, from the weakest up."""

    RLIMIT = "rlimit"

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return list(Tier).index(self)


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


_NEEDED = {Tier.RLIMIT: ("rlimits", "functions", "imports", "audit")}
"""The walls that make a tier, besides those of the tiers below it."""


def standing_tier(walls: Sequence[WallReport]) -> Tier | None:
    """The highest tier whose walls all stand, and those of every tier below; ``None`` when not even the lowest does."""
    standing = {wall.name for wall in walls if wall.stands}
    best = None
    for tier in Tier:
        if not standing.issuperset(_NEEDED[tier]):
            break
        best = tier
    return best
