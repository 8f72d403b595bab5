"""Settings of the reward: the weights of its parts, and how they become one number (docs/reward.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grader.config.schema import Section, SettingError, setting
from testcases.schema import Choice, Number

__all__ = ["SHARE", "Credit", "RewardConfig", "RewardPreset", "StyleGate"]

_WEIGHT_NAMES = "syntax, functional, style and judge"
SHARE = Number(minimum=0, maximum=1)


class Credit(StrEnum):
    """Rule by which passed tests earn credit."""

    FRACTION = "fraction"
    """Share of the tests that pass."""
    ALL = "all"
    """1 when all pass, else 0."""
    ABOVE_CONSTANT = "above_constant"
    """Share of the tests that pass above that of the best constant answer, scaled to [0, 1]."""


class StyleGate(StrEnum):
    """Condition under which an answer earns style."""

    NONE = "none"
    """Every answer that parses and is not a stub."""
    FUNCTIONAL = "functional"
    """Only answers that pass at least one test."""


class RewardPreset(StrEnum):
    """Way in which the parts become a reward."""

    WEIGHTED = "weighted"
    """Weighted sum of the parts."""
    GATED = "gated"
    """The same sum times the functional part: what passes no test earns nothing, however neat it is."""
    DENSE = "dense"
    """The functional part alone; the weights do not matter."""
    BINARY = "binary"
    """1 when the functional part is full, else 0; the weights do not matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardConfig(Section):
    """Weights of the parts of the reward, and the rules for some of them."""

    preset: RewardPreset = setting(RewardPreset.WEIGHTED, Choice(*RewardPreset))
    syntax: float = setting(0.3, SHARE)
    functional: float = setting(0.5, SHARE)
    style: float = setting(0.2, SHARE)
    judge: float = setting(0.0, SHARE)
    credit: Credit = setting(Credit.FRACTION, Choice(*Credit))
    style_gate: StyleGate = setting(StyleGate.NONE, Choice(*StyleGate))

    def check(self) -> None:
        """Check that the weights add up to a reward in [0, 1]."""
        total = self.syntax + self.functional + self.style + self.judge
        if not 0 < total <= 1 + 1e-9:
            raise SettingError(
                "",
                f"the weights {_WEIGHT_NAMES} add up to {total:g}; more than 0 and at most 1 is wanted",
                whole_section=True,
            )
        if self.preset in {RewardPreset.BINARY, RewardPreset.DENSE} and self.judge > 0:
            raise SettingError("judge", f"a {self.preset} reward has no place for a judge: leave its weight 0")
