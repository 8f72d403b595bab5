"""What passed tests are worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.compare.credit import earned_share
from testcases.model import CheckTest, Problem, StdinTest

ONE = StdinTest("", "")


def in_group(name: str | None, weight: float = 1.0) -> StdinTest:
    return StdinTest("", "", group=name, weight=weight)


@given(st.lists(st.booleans(), min_size=1))
def test_without_weights_it_is_the_share_that_passed(passed: list[bool]) -> None:
    share = earned_share(Problem((ONE,) * len(passed)), enumerate(passed))
    assert share == pytest.approx(sum(passed) / len(passed))
    assert (share == 1.0) == all(passed)
    assert (share == 0.0) == (not any(passed))


def test_of_no_results_is_nothing() -> None:
    assert earned_share(Problem((ONE,)), ()) == 0.0


def test_weights() -> None:
    problem = Problem((in_group(None, 3.0), in_group(None, 0.5), in_group(None, 0.5)))
    assert earned_share(problem, [(0, True), (1, False), (2, False)]) == 0.75
    assert earned_share(problem, [(0, False), (1, True), (2, True)]) == 0.25


def test_what_counts_as_several_weighs_as_several() -> None:
    problem = Problem((CheckTest("", weight=2.0), ONE))
    assert earned_share(problem, [(0, True), (0, False), (0, False), (1, True)]) == 3 / 7


def test_a_group_is_all_or_nothing() -> None:
    problem = Problem((in_group("a"), ONE, in_group("a", 2.0), in_group("b")))
    assert earned_share(problem, [(0, True), (1, True), (2, True), (3, False)]) == 4 / 5
    assert earned_share(problem, [(0, False), (1, True), (2, True), (3, True)]) == 2 / 5
    assert earned_share(problem, [(0, True), (1, True), (2, False), (3, True)]) == 2 / 5


def test_a_check_in_a_group_is_all_or_nothing() -> None:
    problem = Problem((CheckTest("", group="a"), ONE))
    assert earned_share(problem, [(0, True), (0, True), (0, False), (1, True)]) == 1 / 4


weights = st.floats(0.001, 1000.0)


@given(st.lists(st.tuples(weights, st.sampled_from([None, "a", "b"]), st.booleans()), min_size=1, max_size=50))
def test_only_everything_is_worth_everything(drawn: list[tuple[float, str | None, bool]]) -> None:
    problem = Problem(tuple(in_group(group, weight) for weight, group, _ in drawn))
    share = earned_share(problem, enumerate(passed for *_, passed in drawn))
    assert 0.0 <= share <= 1.0
    assert (share == 1.0) == all(passed for *_, passed in drawn)
