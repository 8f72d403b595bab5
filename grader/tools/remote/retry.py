"""Retry limits of remote grading: number of attempts and of failures."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from grader.aws.retry import RetryPolicy

__all__ = ["RetryBudget", "RetryLimits"]


_THROTTLED: Final = RetryPolicy(max_attempts=9, first_s=0.5, longest_s=20.0)
_SINGLE_ITEM: Final = RetryPolicy(max_attempts=4, first_s=0.5, longest_s=20.0)


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """Bounds on retries, for each batch and for the whole run."""

    throttled: RetryPolicy = _THROTTLED
    """Policy for a batch for which there was no capacity."""
    single_item: RetryPolicy = _SINGLE_ITEM
    """Policy for a single sample at which the function fails."""
    max_failures: int = 200
    """Failed invocations that a run may have, besides two for each that went well."""


_FAILURES_PER_SUCCESS: Final = 2


@dataclass(slots=True)
class RetryBudget:
    """Counts the invocations of a run. Safe for threads."""

    limits: RetryLimits
    succeeded: int = 0
    failed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record_success(self) -> None:
        """Count an invocation that returned grades."""
        with self._lock:
            self.succeeded += 1

    def record_failure(self) -> bool:
        """Count a failed invocation; return True if the run may go on."""
        with self._lock:
            # Failures are allowed in proportion to the successes, so that a long run may have many, and a function that
            # is broken is given up within minutes.
            self.failed += 1
            return self.failed <= self.limits.max_failures + _FAILURES_PER_SUCCESS * self.succeeded
