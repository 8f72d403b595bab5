"""The verdict of one test, and its result with texts for people."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testcases.blame import Fault

__all__ = ["CaseResult", "Verdict"]


# The values are part of the reports and logs that users filter on.
class Verdict(StrEnum):
    """Outcome of one test. Only ``passed`` earns anything."""

    PASSED = "passed"
    """The observed value is an expected one."""
    WRONG_ANSWER = "wrong_answer"
    """A value was observed, and it is not an expected one."""
    EXCEPTION = "exception"
    """The answer raised, or ended its own process."""
    TIMEOUT = "timeout"
    """The answer used up its CPU seconds, or was idle for too long."""
    MEMORY = "memory"
    """The answer asked for more memory than its limit."""
    OUTPUT_LIMIT = "output_limit"
    """The answer wrote or returned more bytes than its limit."""
    CRASHED = "crashed"
    """A signal killed the solution process."""
    POLICY = "policy"
    """The answer tried what an isolation layer or the static policy forbids."""
    NOT_RUN = "not_run"
    """The test did not run: an earlier one timed out, or no time was left."""
    INTERNAL = "internal"
    """The grader failed. The verdict is not about the answer."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Verdict of one test, with texts for people."""

    verdict: Verdict
    name: str
    """The test in short: a call, the first line of an assertion, the name of a test function."""
    detail: str = ""
    """The value that was returned, or the error."""
    fault: Fault | None = None
    """What may be wrong with the test itself; ``None`` where the failure is the answer's."""

    def as_list(self, index: int) -> list[Any]:
        """Return the result as plain data, with the index of its test in the spec, and its fault or an empty text."""
        return [self.verdict.value, self.name, self.detail, index, self.fault.value if self.fault is not None else ""]
