"""Options of the benchmark, for its parts."""

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
    """Options that all parts share."""

    rounds: int
    tiers: Sequence[Tier]
    """Isolation tiers to measure, the highest first."""
    peers: Sequence[Contender]
    """Other graders; empty with ``--no-peers``."""
    mbpp: Path | None
    """File of MBPP, if it exists."""
    long: bool
    """True with ``--full``."""
    tell: Callable[[str], None]
    """Called with a description of the current step."""

    @property
    def target_tiers(self) -> Sequence[Tier]:
        """Isolation tiers that have targets: the highest and the lowest."""
        return self.tiers if len(self.tiers) <= 1 else (self.tiers[0], self.tiers[-1])
