"""Retry policy of remote grading: how often, and how long to wait."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from typing import Final

__all__ = ["RetryBudget", "RetryPolicy"]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with full jitter, bounded for each batch and for the whole run.

    The waits are those of "Exponential Backoff And Jitter" (AWS Architecture Blog): before the n-th repetition anything
    up to ``min(longest_s, first_s * 2 ** (n - 1))``, so that those who were refused together do not come back together.
    """

    max_retries: int = 8
    """Of a batch for which there was no capacity."""
    single_item_retries: int = 3
    """Of a single sample that the function fails for."""
    first_s: float = 0.5
    longest_s: float = 20.0
    max_failures: int = 200
    """Failed invocations that a run may have, besides two for each that went well."""

    def wait_s(self, repetition: int, draw: float) -> float:
        """Seconds to wait before a repetition.

        Args:
            repetition: which one, from 1.
            draw: from 0 to 1, at random.
        """
        return draw * min(self.longest_s, self.first_s * 2.0 ** min(repetition - 1, 30))


_FAILURES_PER_SUCCESS: Final = 2


@dataclass(slots=True)
class RetryBudget:
    """Counts the invocations of a run. For use from several threads."""

    patience: RetryPolicy
    good: int = 0
    failed: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _random: random.Random = field(default_factory=random.SystemRandom)

    def record_success(self) -> None:
        """Count an invocation with an answer."""
        with self._turn:
            self.good += 1

    def record_failure(self) -> bool:
        """Count one without; whether the run may go on."""
        with self._turn:
            self.failed += 1
            return self.failed <= self.patience.max_failures + _FAILURES_PER_SUCCESS * self.good

    def wait_s(self, repetition: int) -> float:
        """As `RetryPolicy.wait_s`, drawn anew each time."""
        return self.patience.wait_s(repetition, self._random.random())
