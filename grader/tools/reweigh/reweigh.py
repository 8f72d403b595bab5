"""Compute rewards anew, and compare them with those that were stored."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from grader.core.scoring import RewardParts, weighted_reward
from grader.errors import InputError
from grader.tools.report.groups import RewardDistribution
from grader.tools.report.summary import RunningStats

if TYPE_CHECKING:
    from grader.config.settings import RewardConfig
    from grader.tools.files.stored_results import StoredResult

__all__ = ["Reweighing", "reweighed"]

_PARTS: Final = ("syntax", "functional", "style")
_SAME: Final = 1e-9
"""Rewards that differ by less are equal: the parts are the same numbers, added up in another order."""


def reweighed(result: StoredResult, config: RewardConfig) -> float | None:
    """Return the reward of a result by other settings; ``None`` when it is unscored.

    Raises:
        InputError: a part is missing.
    """
    if result.reward is None:
        return None
    return weighted_reward(_parts(result), config)


def _parts(result: StoredResult) -> RewardParts:
    try:
        return RewardParts(*(result.metrics[name] for name in _PARTS))
    except KeyError as error:
        raise InputError(f"sample {result.name}: has no metric {error.args[0]}, which its reward depends on") from None


@dataclass(slots=True)
class _Range:
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, value: float) -> None:
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)

    @property
    def is_point(self) -> bool:
        return self.maximum - self.minimum < _SAME


@dataclass(slots=True)
class _Group:
    """Rewards of the samples of one problem."""

    first: str
    """Name of the first sample."""
    samples: int = 0
    before: _Range = field(default_factory=_Range)
    after: _Range = field(default_factory=_Range)
    equal_style: _Range = field(default_factory=_Range)
    """Rewards if all had the same style."""


@dataclass(slots=True)
class Reweighing:
    """Rewards of a file before and after; the results themselves are not stored.

    `grader.tools.reweigh.tables.reweighing_tables` shows it, `as_dict` makes JSON of it.
    """

    config: RewardConfig
    samples: int = 0
    unscored: int = 0
    changed: int = 0
    before: RunningStats = field(default_factory=RunningStats)
    after: RunningStats = field(default_factory=RunningStats)
    distribution_before: RewardDistribution = field(default_factory=RewardDistribution)
    distribution_after: RewardDistribution = field(default_factory=RewardDistribution)
    _groups: dict[str, _Group] = field(default_factory=dict)

    def add(self, result: StoredResult) -> float | None:
        """Count a result, and return its new reward; ``None`` when it is unscored.

        Raises:
            InputError: a part is missing.
        """
        self.samples += 1
        after = reweighed(result, self.config)
        if after is None or result.reward is None:
            self.unscored += 1
            return None
        self.changed += abs(after - result.reward) >= _SAME
        for stats, distribution, reward in (
            (self.before, self.distribution_before, result.reward),
            (self.after, self.distribution_after, after),
        ):
            stats.add(reward)
            distribution.add(reward)
        if result.problem:
            group = self._groups.setdefault(result.problem, _Group(result.name))
            group.samples += 1
            group.before.add(result.reward)
            group.after.add(after)
            parts = _parts(result)
            group.equal_style.add(weighted_reward(RewardParts(parts.syntax, parts.functional, 1.0), self.config))
        return after

    @property
    def groups(self) -> int:
        """Number of problems with more than one scored sample."""
        return sum(group.samples > 1 for group in self._groups.values())

    @property
    def without_spread(self) -> tuple[int, int]:
        """Number of these whose samples all have the same reward, before and after."""
        several = [group for group in self._groups.values() if group.samples > 1]
        return sum(group.before.is_point for group in several), sum(group.after.is_point for group in several)

    @property
    def style_alone(self) -> list[str]:
        """First sample of each of these whose rewards differ now, and would not if all had the same style."""
        return [
            group.first
            for group in self._groups.values()
            if group.samples > 1 and not group.after.is_point and group.equal_style.is_point
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON data."""
        spread = self.without_spread
        config = self.config
        return {
            "preset": config.preset.value,
            "weights": {name: getattr(config, name) for name in _PARTS},
            "samples": self.samples,
            "unscored": self.unscored,
            "changed": self.changed,
            "before": _as_dict(self.before, self.distribution_before, spread[0]),
            "after": _as_dict(self.after, self.distribution_after, spread[1]),
            "groups": self.groups,
            "style_alone": self.style_alone,
        }


def _as_dict(stats: RunningStats, distribution: RewardDistribution, without_spread: int) -> dict[str, Any]:
    return {
        "reward": stats.as_dict(),
        "percentiles": {str(percent): value for percent, value in distribution.percentiles().items()},
        "groups_without_spread": without_spread,
    }
