"""From the parts to the reward."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.config import Credit, StyleGate

if TYPE_CHECKING:
    from grader.config import RewardConfig

__all__ = ["Parts", "credit_for", "reward_of"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What is weighed: each in [0, 1]."""

    syntax: float
    functional: float
    style: float


NOTHING = Parts(0.0, 0.0, 0.0)
"""What a refused answer gets."""


def credit_for(share: float, credit: Credit, *, constant_share: float = 0.0) -> float:
    """What the functional part is worth, in [0, 1].

    Args:
        share: share of the tests' weights that was earned, in [0, 1] (`testcases.credit.share_earned`).
        credit: the mode.
        constant_share: the share that the best constant answer would earn, in [0, 1].
    """
    match credit:
        case Credit.FRACTION:
            return share
        case Credit.ALL:
            return 1.0 if share == 1.0 else 0.0
        case Credit.ABOVE_CONSTANT:
            if constant_share >= 1.0:
                return 0.0
            return max(0.0, (share - constant_share) / (1.0 - constant_share))


def reward_of(parts: Parts, config: RewardConfig) -> float:
    """The weighted sum, finite and in [0, 1]."""
    style = parts.style
    if config.style_gate is StyleGate.FUNCTIONAL and parts.functional <= 0.0:
        style = 0.0
    total = config.syntax * parts.syntax + config.functional * parts.functional + config.style * style
    return min(1.0, max(0.0, total)) if math.isfinite(total) else 0.0
