"""The judge: which answers are rated, and what the rating does to a grade."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from grader.config.settings import StyleGate
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
"""Every sample has these where there is a judge, after the others."""
_MAX_RATINGS: Final = 4096
_NOT_RATED: Final = Rating(0.0)


class Judge:
    """Rates answers by a model. Ratings are kept, so that the same question has the same answer while it lives.

    Args:
        config: the settings; they name a model.
        rate: asks it; raises `grader.judge.bedrock.JudgeUnavailableError` where no question can be asked.
    """

    def __init__(self, config: GraderConfig, *, rate: Callable[[RatingRequest, float], Rating] | None = None) -> None:
        self._config = config
        self._rate = rate or BedrockModel(config.judge).rate
        self._known: OrderedDict[str, float] = OrderedDict()
        self._turn = threading.Lock()

    def batch(self, deadline: float) -> RatingBatch:
        """The questions of one batch.

        Args:
            deadline: when nobody waits any more (`time.monotonic`).
        """
        return RatingBatch(self._opinion_on, threads=self._config.judge.threads, deadline=deadline)

    def rate_grade(self, request: str, grade: Grade, judging: RatingBatch, hand_out: Callable[[Grade], None]) -> None:
        """Have a grade handed out with the judge's opinion, now or later.

        What earns no style earns no rating, and is not asked about: what could not be graded, found, parsed or is a
        stub, and, where the style gate says so, what passes no test. Nor is an answer that is too long to be read.
        """
        if not self._is_worth_asking(grade):
            hand_out(self.judged(grade, _NOT_RATED))
            return
        assert grade.answer is not None
        judging.ask(RatingRequest(request, grade.answer), lambda opinion: hand_out(self.judged(grade, opinion)))

    def judged(self, grade: Grade, opinion: Rating = _NOT_RATED) -> Grade:
        """The grade with the opinion in its metrics and its reward, which it can only raise, and by its weight."""
        weight = self._config.reward.judge
        rating = self._config.judge.missing if opinion.rating is None else opinion.rating
        kind = MetricType.REWARD if weight > 0 else MetricType.METRIC
        metrics = (Metric(JUDGE_METRICS[0], rating, kind), Metric(JUDGE_METRICS[1], float(opinion.rating is None)))
        reward = None if grade.reward is None else min(1.0, grade.reward + weight * rating)
        return replace(grade, reward=reward, metrics=(*grade.metrics, *metrics))

    def _is_worth_asking(self, grade: Grade) -> bool:
        if grade.status is GradeStatus.UNSCORED or grade.answer is None or not grade.metric("syntax"):
            return False
        if self._config.reward.style_gate is StyleGate.FUNCTIONAL and not grade.metric("functional"):
            return False
        return len(grade.answer) <= self._config.judge.max_chars

    def _opinion_on(self, question: RatingRequest, deadline: float) -> Rating:
        with self._turn:
            known = self._known.get(question.digest)
            if known is not None:
                self._known.move_to_end(question.digest)
                return Rating(known)
        opinion = self._rate(question, deadline)
        if opinion.rating is not None:
            with self._turn:
                self._known[question.digest] = opinion.rating
                while len(self._known) > _MAX_RATINGS:
                    self._known.popitem(last=False)
        return opinion
