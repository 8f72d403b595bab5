"""The rating requests of one batch, sent to the judge's model in threads, beside the grading."""

from __future__ import annotations

import json
import logging
from collections import Counter
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from grader.background import BackgroundCalls, DeadlinePassedError, NoThreadError
from grader.judge.bedrock import JudgeUnavailableError
from grader.judge.prompt import Rating

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.judge.prompt import RatingRequest

    Rate: TypeAlias = Callable[[RatingRequest, float], Rating]

__all__ = ["RatingBatch"]

_log = logging.getLogger("grader.judge.judging")  # operators filter on it: docs/operations.md
_DEADLINE_PASSED: Final = Rating(None, "there was no rating before the deadline")
_NO_THREAD: Final = Rating(None, "the host has no room for a thread")


class RatingBatch:
    """Rates answers, each once. A context manager.

    Args:
        rate: asks the model; called in the threads with a request and the deadline.
        threads: maximum number of threads.
        deadline: time after which a rating is of no use (`time.monotonic`).
    """

    def __init__(self, rate: Rate, *, threads: int, deadline: float) -> None:
        self._rate = rate
        self._deadline = deadline
        self._unavailable: Rating | None = None
        self._ratings: dict[RatingRequest, Rating] = {}
        self._calls = BackgroundCalls(self._call, threads=threads, deadline=deadline, name="judge")

    async def rate(self, request: RatingRequest) -> Rating:
        """Wait for the rating of one answer. Runs in the loop, beside `deliver`."""
        if self._unavailable is not None:
            rating = self._unavailable
        else:
            try:
                rating = await self._calls.submit(request)
            except DeadlinePassedError:
                rating = _DEADLINE_PASSED
            except NoThreadError:
                rating = _NO_THREAD
        self._ratings[request] = rating
        return rating

    async def deliver(self) -> None:
        """Bring the ratings to those who await them, until `finish` was called and none is awaited."""
        await self._calls.deliver()

    def finish(self) -> None:
        """Let `deliver` end: no other request will be made."""
        self._calls.finish()

    def close(self) -> None:
        """Send no more requests, and log what went wrong."""
        self._calls.close()
        failures = Counter(rating.error for rating in self._ratings.values() if rating.rating is None)
        for reason, count in failures.most_common(1):
            record = {"event": "judge", "asked": len(self._ratings), "failed": failures.total(), "reason": reason}
            _log.warning("%s", json.dumps(record | {"of_that_reason": count}))
        self._ratings.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _call(self, request: RatingRequest) -> Rating:
        # In the thread, so that requests that are queued already are not sent in vain, each with its retries.
        if self._unavailable is not None:
            return self._unavailable
        try:
            return self._rate(request, self._deadline)
        except JudgeUnavailableError as error:
            self._unavailable = Rating(None, str(error))
            return self._unavailable
        except Exception as error:  # noqa: BLE001 - a rating is one sample's matter, whatever is wrong with it
            return Rating(None, f"could not be asked: {type(error).__name__}")
