"""A batch that has been graded, as the log tells of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.grade import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.grade import Grade
    from grader.host import HostReport

__all__ = ["Graded"]

_EVEN = 1e-9
"""Rewards that are no further apart are the same."""
_MOST_SHARE = 1000.0
"""So that next to no time is no infinity."""


@dataclass(frozen=True, slots=True)
class Graded:
    """The grades of one batch, and the circumstances."""

    grades: Sequence[Grade]
    """In the order of the samples; at least one."""
    host: HostReport
    elapsed_s: float
    """From the arrival of the event until all grades were there."""
    deadline_s: float | None = None
    """What the caller had given, counted from the same moment; ``None``: no deadline."""
    request: str = ""
    """Id of the invocation; empty where there is none."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def scored(self) -> list[Grade]:
        """The grades that say something about their answers."""
        return [grade for grade in self.grades if grade.status is GradeStatus.SCORED and grade.reward is not None]

    @property
    def deadline_share(self) -> float | None:
        """How much of the time that was given has been used, at most 1,000 times; ``None`` without a deadline."""
        return min(_MOST_SHARE, self.elapsed_s / self.deadline_s) if self.deadline_s else None

    @property
    def spreads(self) -> list[float]:
        """For each problem with two scored samples or more: how far apart the best and the worst reward are.

        Trainers that compare the answers to one prompt (GRPO and its kin) learn nothing where that is 0.
        """
        groups: defaultdict[str, list[float]] = defaultdict(list)
        for grade in self.scored:
            assert grade.reward is not None
            if grade.problem:
                groups[grade.problem].append(grade.reward)
        spreads = [max(rewards) - min(rewards) for rewards in groups.values() if len(rewards) > 1]
        return [spread if spread > _EVEN else 0.0 for spread in spreads]


def share_of(values: Sequence[float], wanted: float) -> float | None:
    """How many of the values are as good as this one; ``None`` when there are none."""
    return sum(abs(value - wanted) <= _EVEN for value in values) / len(values) if values else None
