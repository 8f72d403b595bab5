"""What goes into the sandbox and what comes out: jobs, executions, analyses, and the isolation in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.isolation.tiers import TIERS, highest_tier
from sandbox.wire.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "Analysis",
    "AnalysisRequest",
    "AnalysisStatus",
    "Execution",
    "ExecutionStatus",
    "Finding",
    "Job",
    "LayerReport",
    "Policy",
    "StyleFacts",
    "Tier",
    "active_tier",
    "one_line",
]


_DEFAULT_LIMITS = Limits()


class ExecutionStatus(StrEnum):
    """How one sample's run ended."""

    COMPLETED = "completed"
    """The examiner has reported."""
    EXHAUSTED = "exhausted"
    """The examiner has used up its CPU seconds on what the answer returned: no test has passed."""
    DEADLINE = "deadline"
    """The caller's deadline came first."""
    INTERNAL = "internal"
    """The sandbox failed, twice; says nothing about the answer."""


@dataclass(frozen=True, slots=True)
class Job:
    """One answer and the exam it is put to."""

    source: str
    """The answer."""
    spec: bytes
    """The exam, encoded by `sandbox.wire.values.encode`; only the examiner ever decodes it."""
    limits: Limits = _DEFAULT_LIMITS
    harness_key: str = ""
    """Jobs with equal keys may be served by one examiner process, one after the other; empty: never."""


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of a job."""

    status: ExecutionStatus
    report: Any = None
    """Plain data: what the conductor of the exam returned; ``None`` unless completed."""
    detail: str = ""
    """One line for people: why there is no report."""
    cpu_s: float = 0.0
    """CPU seconds the answer used."""
    peak_mb: float = 0.0
    """Largest resident memory of the answer's processes, in MiB."""
    output: str = ""
    """The first KiB of what the answer printed."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock milliseconds of each stage."""


TEXT_CAP = 200
"""Most characters of a message or detail."""


def one_line(text: str) -> str:
    """``text`` as one line of at most `TEXT_CAP` characters; what is cut off ends in an ellipsis."""
    line = " ".join(text[: 4 * TEXT_CAP].split())
    return line if len(line) <= TEXT_CAP else line[: TEXT_CAP - 1] + "…"


class Policy(StrEnum):
    """How strictly the source is read before it may run."""

    OFF = "off"
    STANDARD = "standard"
    STRICT = "strict"
    """RestrictedPython's own policy, which refuses a quarter and more of real code."""


class AnalysisStatus(StrEnum):
    """Whether the source could be parsed and compiled."""

    OK = "ok"
    SYNTAX_ERROR = "syntax_error"
    TOO_LARGE = "too_large"
    """Refused before parsing: over the size cap."""
    EXHAUSTED = "exhausted"
    """The parser or compiler ran out of time, memory or stack, or crashed: no program either way."""
    INTERNAL = "internal"
    """The analyst failed for reasons of its own, twice; says nothing about the source."""


@dataclass(frozen=True, slots=True)
class AnalysisRequest:
    """What to look at."""

    source: str
    entry_point: str | None = None
    """Name the source must define at its top level; ``None`` for programs."""
    policy: Policy = Policy.STANDARD
    allow_imports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found."""

    kind: str
    """Machine name: a pyflakes message class, or a policy rule."""
    line: int
    """1-based; 0 when it concerns the whole source."""
    message: str
    """One line for people, capped."""


@dataclass(frozen=True, slots=True)
class StyleFacts:
    """What black and pyflakes say, as numbers; no judgement."""

    lines: int
    """Lines of the source that are not blank."""
    changed_lines: int
    """Lines black would remove or add, blank ones left out; the larger of the two counts of each change."""
    similarity: float
    """How close the source is to black's output, in [0, 1]; 1 when black would change nothing."""
    findings: tuple[Finding, ...]
    """pyflakes messages, directives such as ``noqa`` ignored."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found."""

    status: AnalysisStatus
    detail: str = ""
    """One line for people: the syntax error, or what ran out."""
    violations: tuple[Finding, ...] = ()
    """What the policy refuses; empty when nothing."""
    defines_entry_point: bool = False
    """The source binds the entry point at its top level; true when none is asked for."""
    is_stub: bool = False
    """The entry point's body does nothing: ``pass``, ``...``, a docstring, ``raise NotImplementedError``, or
    the return of a bare constant. For programs: there is no statement that does anything."""


class Tier(StrEnum):
    """The set of walls that stand, from the weakest up."""

    RLIMIT = "rlimit"
    SECCOMP = "seccomp"
    NAMESPACES = "namespaces"

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return TIERS.index(self.value)


@dataclass(frozen=True, slots=True)
class LayerReport:
    """Report on one isolation layer."""

    name: str
    active: bool
    reason: str = ""
    """Why the layer is not active; empty when it is."""

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON-serializable data, with the published key ``stands`` for `active`."""
        return {"name": self.name, "stands": self.active, "reason": self.reason}


def active_tier(layers: Iterable[LayerReport]) -> Tier | None:
    """The highest tier whose walls all stand, and those of every tier below; ``None`` when not even the lowest does."""
    tier = highest_tier(layer.name for layer in layers if layer.active)
    return None if tier is None else Tier(tier)
