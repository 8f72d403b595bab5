"""The verdict of one test, and its result with texts for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["CaseResult", "Verdict"]


class Verdict(StrEnum):
    """Outcome of one test. Only ``passed`` earns anything."""

    PASSED = "passed"
    """The observed value is what the test wants."""
    WRONG_ANSWER = "wrong_answer"
    """A value was observed, and it is not what the test wants."""
    EXCEPTION = "exception"
    """The answer raised, or ended its own process."""
    TIMEOUT = "timeout"
    """The answer used up its CPU seconds, or sat idle for too long."""
    MEMORY = "memory"
    """The answer asked for more memory than it may have."""
    OUTPUT_LIMIT = "output_limit"
    """The answer wrote or returned more bytes than it may."""
    CRASHED = "crashed"
    """A signal killed the answer's process."""
    POLICY = "policy"
    """A wall was touched, or the static policy refuses the answer."""
    NOT_RUN = "not_run"
    """Never ran: an earlier test timed out, or no time was left."""
    INTERNAL = "internal"
    """The grader failed; says nothing about the answer."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one test."""

    verdict: Verdict
    name: str
    """What the test is, for people."""
    detail: str = ""
    """What came back or went wrong, for people."""

    def as_list(self, index: int) -> list[Any]:
        """Return the result as plain data, with the index of its test in the spec."""
        return [self.verdict.value, self.name, self.detail, index]
