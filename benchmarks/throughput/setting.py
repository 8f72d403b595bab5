"""What the parts of the benchmark are run with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.throughput.contender import Contender
    from sandbox.types import Tier

__all__ = ["Setting"]


@dataclass(frozen=True, slots=True)
class Setting:
    """The same for all parts."""

    rounds: int
    tiers: Sequence[Tier]
    """Those to measure, the highest first."""
    peers: Sequence[Contender]
    """Other graders; none when they are left out."""
    mbpp: Path | None
    """The file of MBPP, where there is one."""
    long: bool
    """Whether to take the time for what takes long."""
    tell: Callable[[str], None]
    """Told what is being done."""

    @property
    def held_tiers(self) -> Sequence[Tier]:
        """What is held against the targets: all walls of the host, and again the lowest tier."""
        return self.tiers if len(self.tiers) <= 1 else (self.tiers[0], self.tiers[-1])
