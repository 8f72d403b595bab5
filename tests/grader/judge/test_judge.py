"""The choice of the answers that are rated, and the effect of a rating on a grade."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.config.settings import GraderConfig, JudgeConfig, RewardConfig, StyleGate
from grader.judge import Judge
from grader.judge.prompt import Rating, RatingRequest
from grader.types import Grade, MetricType
from sandbox.scheduler.loop import Loop
from tests.grader.lambda_api.making import scored, unscored_grade

REQUEST = "Do it."


def made(*, weight: float = 0.2, missing: float = 0.0, gate: StyleGate = StyleGate.NONE, rate: Any = None) -> Judge:
    reward = RewardConfig(syntax=0.1, functional=0.5, style=0.2, judge=weight, style_gate=gate)
    judge = JudgeConfig(model="m", missing=missing, max_chars=100)
    return Judge(GraderConfig(reward=reward, judge=judge), rate=rate or (lambda *_: Rating(0.5)))


def considered(judge: Judge, grade: Grade) -> tuple[Grade, list[RatingRequest]]:
    """Rate a grade; return it with its rating, and the requests that were made for it."""
    requests: list[RatingRequest] = []

    class Ratings:
        async def rate(self, request: RatingRequest) -> Rating:
            requests.append(request)
            return Rating(1.0)

    (rated,) = Loop().run([judge.rate(REQUEST, grade, Ratings())])  # type: ignore[arg-type]  # all that it needs
    return rated, requests


def test_a_rating_raises_the_reward_by_its_weight() -> None:
    grade = made().with_rating(scored(0.5), Rating(0.5))
    assert grade.reward == pytest.approx(0.6)
    assert [(one.name, one.value, one.type) for one in grade.metrics[-2:]] == [
        ("judge", 0.5, MetricType.REWARD),
        ("judge_error", 0.0, MetricType.METRIC),
    ]


def test_without_weight_it_is_only_reported() -> None:
    grade = made(weight=0.0).with_rating(scored(0.5), Rating(1.0))
    assert grade.reward == 0.5
    assert (grade.metric("judge"), grade.metrics[-2].type) == (1.0, MetricType.METRIC)


@settings(deadline=None)
@given(st.floats(0, 0.8), st.one_of(st.none(), st.floats(0, 1)), st.floats(0, 0.2), st.floats(0, 1))
def test_it_never_takes_away_and_never_gives_more_than_its_weight(
    reward: float, rating: float | None, weight: float, missing: float
) -> None:
    judged = made(weight=weight, missing=missing).with_rating(scored(reward), Rating(rating))
    assert judged.reward is not None
    assert reward <= judged.reward <= min(1.0, reward + weight + 1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_a_rating_that_could_not_be_had_counts_as_is_set_and_is_seen(missing: float) -> None:
    grade = made(missing=missing).with_rating(scored(0.5), Rating(None, "no"))
    assert (grade.metric("judge"), grade.metric("judge_error")) == (missing, 1.0)
    assert grade.reward == pytest.approx(0.5 + 0.2 * missing)


def test_an_unscored_sample_stays_so_and_has_the_same_metrics() -> None:
    grade, asked = considered(made(), unscored_grade("a", "no"))
    assert asked == []
    assert grade.reward is None
    assert [one.name for one in grade.metrics] == [one.name for one in considered(made(), scored(1.0))[0].metrics]


def test_it_is_asked_for_what_was_requested_and_graded_and_nothing_else() -> None:
    grade, asked = considered(made(), scored(0.5))
    assert asked == [RatingRequest("Do it.", "the-answer")]
    assert grade.metric("judge") == 1.0


def without(grade: Grade, name: str) -> Grade:
    return replace(grade, metrics=tuple(one._replace(value=0.0) if one.name == name else one for one in grade.metrics))


@pytest.mark.parametrize(
    ("grade", "gate"),
    [
        pytest.param(without(scored(0.0), "syntax"), StyleGate.NONE, id="withheld"),
        pytest.param(replace(scored(0.0), answer=None), StyleGate.NONE, id="no answer"),
        pytest.param(replace(scored(0.0), answer="x" * 101), StyleGate.NONE, id="too long"),
        pytest.param(without(scored(0.1), "functional"), StyleGate.FUNCTIONAL, id="nothing passed"),
    ],
)
def test_what_earns_no_style_earns_no_rating(grade: Grade, gate: StyleGate) -> None:
    judged, asked = considered(made(gate=gate, missing=1.0), grade)
    assert asked == []
    assert (judged.metric("judge"), judged.metric("judge_error"), judged.reward) == (0.0, 0.0, grade.reward)


def test_what_fails_is_rated_where_no_gate_says_otherwise() -> None:
    _, asked = considered(made(), without(scored(0.1), "functional"))
    assert len(asked) == 1


def test_a_rating_is_kept_and_a_failure_is_not() -> None:
    replies = [Rating(None, "busy"), Rating(0.3), Rating(0.9)]
    judge = made(rate=lambda *_: replies.pop(0))
    ratings = [judge._rate_once(RatingRequest("r", "a"), time.monotonic()) for _ in range(3)]
    assert [one.rating for one in ratings] == [None, 0.3, 0.3]
    assert judge._rate_once(RatingRequest("r", "b"), time.monotonic()).rating == 0.9


def test_no_more_ratings_are_kept_than_there_is_room_for() -> None:
    judge = made()
    for number in range(5000):
        judge._rate_once(RatingRequest("r", str(number)), 0.0)
    assert len(judge._known) == 4096
