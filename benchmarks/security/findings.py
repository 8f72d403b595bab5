"""What became of the answers, as values that JSON can keep."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Findings", "PeerFindings", "TierFindings"]


@dataclass(frozen=True, slots=True)
class TierFindings:
    """What this grader did in one tier."""

    tier: str
    families: Mapping[str, tuple[int, int]]
    """Each family with how often it was held off, and how often it was tried: once for each form of the tests."""
    not_held: tuple[str, ...] = ()
    """What was not: family, name, form, what it got."""
    left: int = 0
    """Processes that were there when the grader had ended."""
    missing: str = ""
    """Why this host has no such tier; then nothing was tried."""


@dataclass(frozen=True, slots=True)
class PeerFindings:
    """What another grader did."""

    name: str
    version: str
    families: Mapping[str, tuple[int, int]]
    """Each family with how many of its answers passed, and how many there are."""
    fooled_by: tuple[str, ...] = ()
    """Wrong answers that passed, and controls that did not: family, name."""
    left: int = 0
    """Processes that outlived the grader's."""
    leavers: int = 0
    """Answers that left any."""
    hung: int = 0
    """Answers after which the grader did not come back in time."""
    died: int = 0
    """Answers that ended the grader."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything one run of the command has found."""

    bundled: int
    collected: int
    python: str
    kernel: str
    tiers: tuple[TierFindings, ...]
    peers: tuple[PeerFindings, ...] = ()
    lambda_like: TierFindings | None = None
    """What the doctor said in the box that is like Lambda."""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """What each family tries."""

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return asdict(self)

    @classmethod
    def of_dict(cls, found: Mapping[str, Any]) -> Self:
        """The other way round."""
        box = found["lambda_like"]
        return cls(
            **{
                **found,
                "tiers": tuple(_tier(one) for one in found["tiers"]),
                "peers": tuple(_peer(one) for one in found["peers"]),
                "lambda_like": None if box is None else _tier(box),
            }
        )

    def with_lambda_like(self, box: TierFindings) -> Self:
        """The same, with what was found in the Lambda-like box."""
        return replace(self, lambda_like=box)

    @property
    def held(self) -> bool:
        """Whether everything held that was tried, in this grader."""
        boxes = [*self.tiers, *([] if self.lambda_like is None else [self.lambda_like])]
        return all(held == tried for box in boxes for held, tried in box.families.values()) and not any(
            box.left for box in boxes
        )


def _tier(found: Mapping[str, Any]) -> TierFindings:
    return TierFindings(**{**found, "families": _pairs(found), "not_held": tuple(found["not_held"])})


def _peer(found: Mapping[str, Any]) -> PeerFindings:
    return PeerFindings(**{**found, "families": _pairs(found), "fooled_by": tuple(found["fooled_by"])})


def _pairs(found: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    return {family: (first, second) for family, (first, second) in found["families"].items()}
