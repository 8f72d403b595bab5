"""The judge: choose the answers that are rated, and put the rating into the grade."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from grader.config.settings import RewardPreset, StyleGate
from grader.judge.bedrock import BedrockModel
from grader.judge.prompt import Rating, RatingRequest
from grader.judge.rating_batch import RatingBatch
from grader.types import GradeStatus, Metric, MetricType

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.config.settings import GraderConfig
    from grader.types import Grade

__all__ = ["JUDGE_METRICS", "Judge"]

JUDGE_METRICS: Final = ("judge", "judge_error")
"""Metrics that every sample has after the others, where there is a judge."""
_MAX_RATINGS: Final = 4096
_NOT_RATED: Final = Rating(0.0)


class Judge:
    """Rates answers by a model, and keeps the ratings, so that equal answers get equal ratings while it lives.

    Args:
        config: the settings; they name a model.
        rate: asks the model; raises `grader.judge.bedrock.JudgeUnavailableError` when no request can succeed.
    """

    def __init__(self, config: GraderConfig, *, rate: Callable[[RatingRequest, float], Rating] | None = None) -> None:
        self._config = config
        self._rate = rate or BedrockModel(config.judge).rate
        self._known: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def batch(self, deadline: float) -> RatingBatch:
        """Open the rating requests of one batch; close what you get.

        Args:
            deadline: time after which a rating is of no use (`time.monotonic`).
        """
        return RatingBatch(self._rate_once, threads=self._config.judge.threads, deadline=deadline)

    async def rate(self, prompt: str, grade: Grade, ratings: RatingBatch) -> Grade:
        """Wait for the rating of a grade's answer; return the grade with it.

        An answer that earns no style is not rated: one that could not be graded, found or parsed, a stub, and, where
        the style gate demands it, one that passes no test. Nor is an answer that is too long to be sent.

        Args:
            prompt: text that the answer responds to.
            grade: grade of the answer.
            ratings: the batch that the answer belongs to.
        """
        if not self._is_rated(grade):
            return self.with_rating(grade)
        assert grade.answer is not None
        return self.with_rating(grade, await ratings.rate(RatingRequest(prompt, grade.answer)))

    def with_rating(self, grade: Grade, rating: Rating = _NOT_RATED) -> Grade:
        """Return the grade with a rating in its metrics and its reward. A rating can only raise a reward."""
        # Added to the reward, not averaged with it: a failure of the judge must not lower the grade.
        weight = self._config.reward.judge
        value = self._config.judge.missing if rating.rating is None else rating.rating
        kind = MetricType.REWARD if weight > 0 else MetricType.METRIC
        metrics = (Metric(JUDGE_METRICS[0], value, kind), Metric(JUDGE_METRICS[1], float(rating.rating is None)))
        if self._config.reward.preset is RewardPreset.GATED:
            weight *= grade.metric("functional")
        reward = None if grade.reward is None else min(1.0, grade.reward + weight * value)
        return replace(grade, reward=reward, metrics=(*grade.metrics, *metrics))

    def _is_rated(self, grade: Grade) -> bool:
        if grade.status is GradeStatus.UNSCORED or grade.answer is None or not grade.metric("syntax"):
            return False
        reward = self._config.reward
        gated = reward.style_gate is StyleGate.FUNCTIONAL or reward.preset is RewardPreset.GATED
        if gated and not grade.metric("functional"):
            return False
        return len(grade.answer) <= self._config.judge.max_chars

    def _rate_once(self, request: RatingRequest, deadline: float) -> Rating:
        """Return the known rating, or ask the model; called in the threads of a batch."""
        with self._lock:
            known = self._known.get(request.digest)
            if known is not None:
                self._known.move_to_end(request.digest)
                return Rating(known)
        # Without the lock: requests must not wait for each other. Equal ones of a batch are one request already.
        rating = self._rate(request, deadline)
        if rating.rating is not None:  # a failure is asked about again the next time
            with self._lock:
                self._known[request.digest] = rating.rating
                while len(self._known) > _MAX_RATINGS:
                    self._known.popitem(last=False)
        return rating
