"""Types of the sandbox's callers: jobs, executions, analyses, and the isolation in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.isolation.tiers import TIERS, highest_tier
from sandbox.wire.analysis import (
    TEXT_CAP,
    Analysis,
    AnalysisRequest,
    AnalysisStatus,
    Finding,
    Policy,
    StyleFacts,
    one_line,
)
from sandbox.wire.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "TEXT_CAP",
    "Analysis",
    "AnalysisRequest",
    "AnalysisStatus",
    "Execution",
    "ExecutionStatus",
    "Finding",
    "Job",
    "LayerReport",
    "Limits",
    "Policy",
    "StyleFacts",
    "Tier",
    "active_tier",
    "one_line",
]


_DEFAULT_LIMITS = Limits()


class ExecutionStatus(StrEnum):
    """Outcome of one sample's run."""

    COMPLETED = "completed"
    """The harness has reported."""
    EXHAUSTED = "exhausted"
    """The harness has used up its CPU seconds, most likely on what the answer returned: no test has passed."""
    BROKEN = "broken"
    """The runner raised: the tests are broken, or the answer has brought that about."""
    LOST = "lost"
    """The harness died or hung, twice, while it ran the tests: the host's doing, the tests' or the answer's."""
    DEADLINE = "deadline"
    """The caller's deadline came first."""
    INTERNAL = "internal"
    """The sandbox failed before it could run the tests, twice; reports nothing about the answer."""


@dataclass(frozen=True, slots=True)
class Job:
    """One answer, and the tests to run against it."""

    source: str
    """The answer."""
    spec: bytes
    """The test spec, encoded by `sandbox.wire.values.encode`; only the harness ever decodes it."""
    limits: Limits = _DEFAULT_LIMITS
    traceless: bool = False
    """True if the tests leave nothing behind in the process that runs them, so that it may serve other jobs, too."""
    code: bytes = b""
    """The answer as its analysis has compiled it; empty if it is to be compiled where it runs."""


@dataclass(frozen=True, slots=True)
class Execution:
    """Result of a job."""

    status: ExecutionStatus
    report: Any = None
    """Plain data that the runner returned; ``None`` unless completed."""
    detail: str = ""
    """One line for people: why there is no report."""
    answer_started: bool = True
    """False if the run ended before the answer had a process."""
    cpu_s: float = 0.0
    """CPU seconds the answer used."""
    peak_mb: float = 0.0
    """Largest resident memory of the answer's processes, in MiB."""
    output: str = ""
    """The first 2 KiB of what the answer printed."""
    load_failure: str = ""
    """Reason in one line why the answer could never be loaded, or has nothing to call; empty if it could be used."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock milliseconds of each stage."""


class Tier(StrEnum):
    """The set of isolation layers that are active, from the weakest up."""

    RLIMIT = "rlimit"
    SECCOMP = "seccomp"
    NAMESPACES = "namespaces"

    @property
    def rank(self) -> int:
        """Index in the order, from 0."""
        return TIERS.index(self.value)


@dataclass(frozen=True, slots=True)
class LayerReport:
    """Report on one isolation layer."""

    name: str
    active: bool
    reason: str = ""
    """Reason for which the layer is not active; empty when it is."""

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON-serializable data, with the published key ``stands`` for `active`."""
        return {"name": self.name, "stands": self.active, "reason": self.reason}


def active_tier(layers: Iterable[LayerReport]) -> Tier | None:
    """Return the highest tier whose layers are active, with those of every tier below; ``None`` if no tier's are."""
    tier = highest_tier(layer.name for layer in layers if layer.active)
    return None if tier is None else Tier(tier)
