"""Statistics by problem, against values worked out by hand and by drawing all subsets."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from grader.tools.report.groups import ProblemGroups, RewardDistribution, pass_at_k
from testcases.verdict import Verdict

RIGHT, WRONG = [Verdict.PASSED, Verdict.PASSED], [Verdict.PASSED, Verdict.WRONG_ANSWER]


@pytest.mark.parametrize("samples", range(1, 7))
def test_pass_at_k_is_the_share_of_draws_with_a_passing_sample(samples: int) -> None:
    for passed in range(samples + 1):
        for k in range(1, samples + 1):
            draws = list(combinations([index < passed for index in range(samples)], k))
            assert pass_at_k(samples, passed, k) == pytest.approx(sum(map(any, draws)) / len(draws))


def test_pass_rates_are_means_over_problems(make_grade: Any) -> None:
    groups = ProblemGroups()
    for verdicts in (RIGHT, WRONG, WRONG, WRONG):
        groups.add(make_grade(problem="a", verdicts=verdicts))
    groups.add(make_grade(problem="b", verdicts=RIGHT))
    assert groups.pass_rate == (0.25 + 1) / 2
    assert groups.pass_at == {1: groups.pass_rate}


def test_pass_at_5_where_every_problem_has_five_samples(make_grade: Any) -> None:
    groups = ProblemGroups()
    for problem, passed in (("a", 0), ("b", 2)):
        for index in range(6):
            groups.add(make_grade(problem=problem, verdicts=RIGHT if index < passed else WRONG))
    assert list(groups.pass_at) == [1, 5]
    assert groups.pass_at[5] == pytest.approx((0 + 1) / 2)


def test_groups_without_spread_are_those_of_equal_rewards(make_grade: Any) -> None:
    groups = ProblemGroups()
    for problem, rewards in {"equal": (0.5, 0.5), "spread": (0.5, 0.6), "alone": (0.5,)}.items():
        for reward in rewards:
            groups.add(make_grade(problem=problem, reward=reward, verdicts=RIGHT))
    assert (groups.several, groups.without_spread) == (2, 1)


def test_what_has_no_reward_or_no_tests_has_not_passed(make_grade: Any) -> None:
    groups = ProblemGroups()
    groups.add(make_grade(problem="a", reward=None, verdicts=RIGHT))
    groups.add(make_grade(problem="", verdicts=RIGHT))
    assert (groups.pass_rate, groups.pass_at) == (None, {})
    groups.add(make_grade(problem="a", verdicts=[]))
    assert groups.pass_rate == 0.0


def test_percentiles_are_of_the_nearest_rank() -> None:
    rewards = RewardDistribution()
    assert rewards.percentiles() == {}
    for reward in (0.0, 0.1, 0.2, 0.3, 1.0):
        rewards.add(reward)
    assert rewards.percentiles() == {5: 0.0, 25: 0.1, 50: 0.2, 75: 0.3, 95: 1.0}
