"""Which walls stand, and what tier that makes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["KERNEL_WALLS", "ORPHANS", "Tier", "WallReport", "limit_to", "standing_tier", "unasked"]


class Tier(StrEnum):
    """The set of walls that stand, from the weakest up."""

    RLIMIT = "rlimit"
    SECCOMP = "seccomp"
    NAMESPACES = "namespaces"

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


_NEEDED = {
    Tier.RLIMIT: ("rlimits", "functions", "imports", "audit"),
    Tier.SECCOMP: ("no_new_privs", "seccomp"),
    Tier.NAMESPACES: ("namespaces",),
}
"""The walls that make a tier, besides those of the tiers below it."""

ORPHANS = "orphans"
"""The wall that brings what has lost its parent to the zygote."""
KERNEL_WALLS: dict[str, Tier] = {
    "namespaces": Tier.NAMESPACES,
    "no_new_privs": Tier.SECCOMP,
    ORPHANS: Tier.SECCOMP,
    "landlock": Tier.SECCOMP,
    "seccomp": Tier.SECCOMP,
}
"""Walls that are put up before the zygote starts, and the lowest tier each of them belongs to."""


def standing_tier(walls: Iterable[WallReport]) -> Tier | None:
    """The highest tier whose walls all stand, and those of every tier below; ``None`` when not even the lowest does."""
    return _highest({wall.name for wall in walls if wall.stands})


def limit_to(isolation: Tier | None, walls: Sequence[WallReport]) -> list[WallReport]:
    """Which kernel walls to put up, of those that can stand.

    Args:
        isolation: the tier to stay within; ``None``: as many walls as can stand.
        walls: what the probes of `KERNEL_WALLS` said.

    Returns:
        The same walls; those of a tier above the one in use say why they are left down.
    """
    standing = {wall.name for wall in walls if wall.stands}
    best = _highest(standing | set(_NEEDED[Tier.RLIMIT])) or Tier.RLIMIT
    used = best if isolation is None or isolation.rank > best.rank else isolation
    return [
        wall
        if not wall.stands or KERNEL_WALLS[wall.name].rank <= used.rank
        else WallReport(wall.name, stands=False, reason=_left_down(used))
        for wall in walls
    ]


def unasked() -> list[WallReport]:
    """The kernel walls of a host that is not asked, because the tier in use has none of them."""
    return [WallReport(name, stands=False, reason=_left_down(Tier.RLIMIT)) for name in KERNEL_WALLS]


def _left_down(used: Tier) -> str:
    return f"left down: the tier in use is {used.value}"


def _highest(standing: set[str]) -> Tier | None:
    best = None
    for tier in Tier:
        if not standing.issuperset(_NEEDED[tier]):
            break
        best = tier
    return best
