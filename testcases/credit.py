"""What passed tests are worth: weights, and groups that count only as a whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from testcases.problem import Problem

__all__ = ["share_earned"]


def share_earned(problem: Problem, results: Iterable[tuple[int, bool]]) -> float:
    """The share of the problem's weights that passed tests earn, in [0, 1]; exactly 1 when all passed.

    Args:
        problem: the problem.
        results: for each test that counts, the place in ``problem.tests`` of what it belongs to, and whether it passed.
    """
    weights: list[float] = []
    passed: list[bool] = []
    groups: dict[str, int] = {}
    for place, has_passed in results:
        test = problem.tests[place]
        if test.group is None or test.group not in groups:
            if test.group is not None:
                groups[test.group] = len(weights)
            weights.append(test.weight)
            passed.append(has_passed)
        else:
            weights[groups[test.group]] += test.weight
            passed[groups[test.group]] &= has_passed
    if not weights:
        return 0.0
    if all(passed):
        return 1.0
    return math.fsum(weight for weight, earned in zip(weights, passed, strict=True) if earned) / math.fsum(weights)
