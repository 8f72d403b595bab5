"""Results of the attacks, as JSON data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Findings", "PeerFindings", "TierFindings"]


@dataclass(frozen=True, slots=True)
class TierFindings:
    """Results of this grader in one isolation tier."""

    tier: str
    families: Mapping[str, tuple[int, int]]
    """Number of stopped and of all attempts by family; each answer is tried once for each form of the tests."""
    not_held: tuple[str, ...] = ()
    """Attempts that were not stopped: family, name, form and result."""
    left: int = 0
    """Number of processes that outlived the grader."""
    missing: str = ""
    """Reason why this host lacks the tier; then nothing was tried."""


@dataclass(frozen=True, slots=True)
class PeerFindings:
    """Results of another grader."""

    name: str
    version: str
    families: Mapping[str, tuple[int, int]]
    """Number of answers that passed, and of all answers, by family."""
    fooled_by: tuple[str, ...] = ()
    """Wrong answers that passed, and controls that failed: family and name."""
    left: int = 0
    """Number of processes that outlived the grader."""
    leavers: int = 0
    """Number of answers that left processes."""
    hung: int = 0
    """Number of answers after which the grader did not finish in time."""
    died: int = 0
    """Number of answers that crashed the grader."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Results of one run of the command."""

    bundled: int
    collected: int
    python: str
    kernel: str
    tiers: tuple[TierFindings, ...]
    peers: tuple[PeerFindings, ...] = ()
    lambda_like: TierFindings | None = None
    """The doctor's results in the Lambda-like container."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of the families."""

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Make results from the output of `as_dict`."""
        box = data["lambda_like"]
        return cls(
            **{
                **data,
                "tiers": tuple(_tier(one) for one in data["tiers"]),
                "peers": tuple(_peer(one) for one in data["peers"]),
                "lambda_like": None if box is None else _tier(box),
            }
        )

    def with_lambda_like(self, box: TierFindings) -> Self:
        """Return the results with those of the Lambda-like container added."""
        return replace(self, lambda_like=box)

    @property
    def held(self) -> bool:
        """True if this grader stopped every attempt, and left no process."""
        boxes = [*self.tiers, *([] if self.lambda_like is None else [self.lambda_like])]
        return all(held == tried for box in boxes for held, tried in box.families.values()) and not any(
            box.left for box in boxes
        )


def _tier(data: Mapping[str, Any]) -> TierFindings:
    return TierFindings(**{**data, "families": _pairs(data), "not_held": tuple(data["not_held"])})


def _peer(data: Mapping[str, Any]) -> PeerFindings:
    return PeerFindings(**{**data, "families": _pairs(data), "fooled_by": tuple(data["fooled_by"])})


def _pairs(data: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {family: (first, second) for family, (first, second) in data["families"].items()}
