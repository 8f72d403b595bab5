"""Repeat calls: again after a failure that may pass, or until what was asked for is ready."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from grader.aws.errors import classify

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.errors import AwsFailure

__all__ = ["AttemptsFailedError", "RetryPolicy", "poll"]

T = TypeVar("T")
_MAX_DOUBLINGS: Final = 30
"""Upper bound of the exponent; a float overflows at 1024."""


class AttemptsFailedError(Exception):
    """The last failure of a call, after which it is not tried again.

    Attributes:
        failure: the failure.
        suffix: number of attempts, to be put after its text; empty after a single one.
    """

    def __init__(self, failure: AwsFailure, attempts: int) -> None:
        super().__init__(f"{failure.code} at attempt {attempts}")
        self.failure = failure
        self.suffix = f", {attempts} times" if attempts > 1 else ""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter.

    The waits are those of "Exponential Backoff And Jitter" (AWS Architecture Blog): before the n-th repetition anything
    up to ``min(longest_s, first_s * 2 ** (n - 1))``, so that callers that were refused together do not come back
    together.
    """

    max_attempts: int
    """Number of attempts, the first one included."""
    first_s: float
    """Longest wait before the first repetition, in seconds."""
    longest_s: float
    """Longest wait before any repetition, in seconds."""

    def wait_s(self, repetition: int, draw: float | None = None) -> float:
        """Return the seconds to wait before a repetition.

        Args:
            repetition: number of the repetition, from 1.
            draw: share of the longest wait, from 0 to 1; ``None`` draws one at random.
        """
        share = random.random() if draw is None else draw  # noqa: S311 - spreads callers in time, guards nothing
        return share * min(self.longest_s, self.first_s * 2.0 ** min(repetition - 1, _MAX_DOUBLINGS))

    def call(
        self,
        call: Callable[[], T],
        *,
        until: float,
        may_repeat: Callable[[AwsFailure], bool],
        passed_on: type[Exception] | tuple[type[Exception], ...] = (),
        pause: Callable[[float], None] | None = None,
    ) -> T:
        """Call until it goes well, and return the result.

        Every exception is classified, and never leaves: the client raises whatever its libraries raise, and one
        object or one rating must not end the batch.

        Args:
            call: the call, of a client whose own retries are off.
            until: time (`time.monotonic`) after which no attempt begins.
            may_repeat: returns True if another attempt may help after this failure; called after each one.
            passed_on: exceptions of `call` that are raised as they are.
            pause: waits for so many seconds; ``None`` is `time.sleep`.

        Raises:
            AttemptsFailedError: another attempt would not help, was the last one, or would come too late.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return call()
            except passed_on:
                raise
            except Exception as error:  # noqa: BLE001 - see above
                failure = classify(error)
            wait_s = self.wait_s(attempt)
            # may_repeat comes first: it also takes note of failures that are not repeated
            if not may_repeat(failure) or attempt == self.max_attempts or time.monotonic() + wait_s >= until:
                raise AttemptsFailedError(failure, attempt)
            (pause or time.sleep)(wait_s)


def poll(
    check: Callable[[], T | None],
    *,
    wait_s: float,
    timeout_s: float,
    growth: float = 1.0,
    longest_s: float = float("inf"),
    pause: Callable[[float], None] | None = None,
) -> T | None:
    """Call `check` until it returns something, and return that; ``None`` after the timeout.

    Args:
        check: returns ``None`` as long as there is nothing yet. It is called at least once, and once more at the end.
        wait_s: seconds between the first two calls.
        timeout_s: seconds after which it is not called again.
        growth: factor of each wait to the one before.
        longest_s: longest wait, in seconds.
        pause: waits for so many seconds; ``None`` is `time.sleep`.
    """
    started, waited_s = time.monotonic(), 0.0
    while True:
        result = check()
        if result is not None:
            return result
        # both clocks: the calls take time too, and an injected pause takes none
        if max(waited_s, time.monotonic() - started) >= timeout_s:
            return None
        (pause or time.sleep)(wait_s)
        waited_s, wait_s = waited_s + wait_s, min(longest_s, wait_s * growth)
