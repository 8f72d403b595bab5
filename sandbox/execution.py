"""What goes into the sandbox and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Execution", "ExecutionStatus", "Job", "SolutionStatus"]

_DEFAULT_LIMITS = Limits()


class SolutionStatus(StrEnum):
    """How one request to the solution process ended."""

    RETURNED = "returned"
    """There is a value, or a program's output."""
    RAISED = "raised"
    """The answer raised, or a program ended with a non-zero code."""
    EXITED = "exited"
    """The answer ended its own process."""
    TIMEOUT = "timeout"
    """CPU seconds used up, or idle for too long."""
    MEMORY = "memory"
    """More memory than it may have."""
    OUTPUT_LIMIT = "output_limit"
    """More output, or a larger value, than it may have."""
    CRASHED = "crashed"
    """A signal killed the process."""
    POLICY = "policy"
    """A wall was touched, and ended the process."""
    NOT_RUN = "not_run"
    """Not asked: the sample's budget was spent."""


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
    exam: bytes
    """The exam, encoded by `sandbox.values.encode`; only the examiner ever decodes it."""
    limits: Limits = _DEFAULT_LIMITS
    examiner_key: str = ""
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
