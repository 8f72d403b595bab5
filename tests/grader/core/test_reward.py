"""From the parts to the reward."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.config.settings import Credit, RewardConfig, RewardPreset, StyleGate
from grader.core.scoring import ZERO_PARTS, RewardParts, functional_credit, weighted_reward
from testcases.compare.credit import earned_share
from testcases.model import Problem, StdinTest

PATIENT = settings(deadline=None)
shares = st.floats(0, 1)
parts = st.builds(RewardParts, shares, shares, shares)


@st.composite
def rewards(draw: st.DrawFn) -> RewardConfig:
    """Any configuration that is valid, most with weights that add up to one."""
    syntax, functional, style = draw(st.tuples(*[st.integers(0, 100)] * 3).filter(any))
    total = (syntax + functional + style) * draw(st.sampled_from([1.0, 1.0, 1.7]))
    return RewardConfig(
        syntax=syntax / total,
        functional=functional / total,
        style=style / total,
        credit=draw(st.sampled_from(Credit)),
        style_gate=draw(st.sampled_from(StyleGate)),
        preset=draw(st.sampled_from(RewardPreset)),
    )


class TestReward:
    @PATIENT
    @given(parts, rewards())
    def test_is_finite_and_between_0_and_1(self, some: RewardParts, config: RewardConfig) -> None:
        reward = weighted_reward(some, config)
        assert type(reward) is float
        assert 0.0 <= reward <= 1.0

    @PATIENT
    @given(st.builds(RewardParts, *[st.floats()] * 3), rewards())
    def test_is_so_whatever_the_parts_are(self, odd: RewardParts, config: RewardConfig) -> None:
        assert 0.0 <= weighted_reward(odd, config) <= 1.0

    @PATIENT
    @given(parts, rewards(), st.sampled_from(["syntax", "functional", "style"]), shares)
    def test_never_falls_when_a_part_rises(
        self, some: RewardParts, config: RewardConfig, name: str, value: float
    ) -> None:
        low, high = sorted([getattr(some, name), value])
        assert weighted_reward(replace(some, **{name: low}), config) <= weighted_reward(
            replace(some, **{name: high}), config
        )

    def test_is_the_weighted_sum(self) -> None:
        config = RewardConfig()
        assert weighted_reward(RewardParts(1.0, 1.0, 1.0), config) == pytest.approx(1.0)
        assert weighted_reward(RewardParts(1.0, 0.0, 0.0), config) == pytest.approx(0.3)
        assert weighted_reward(RewardParts(0.0, 1.0, 0.0), config) == pytest.approx(0.5)
        assert weighted_reward(RewardParts(0.0, 0.0, 1.0), config) == pytest.approx(0.2)
        assert weighted_reward(RewardParts(1.0, 0.5, 0.25), config) == pytest.approx(0.6)
        assert weighted_reward(ZERO_PARTS, config) == 0.0

    @PATIENT
    @given(rewards())
    def test_of_nothing_is_nothing_and_no_more_than_the_weights_of_everything(self, config: RewardConfig) -> None:
        assert weighted_reward(ZERO_PARTS, config) == 0.0
        weights = 1.0 if config.preset in {"binary", "dense"} else config.syntax + config.functional + config.style
        assert weighted_reward(RewardParts(1.0, 1.0, 1.0), config) == pytest.approx(min(1.0, weights))

    def test_of_an_overflow_is_nothing(self) -> None:
        assert weighted_reward(RewardParts(1.0, math.nan, 1.0), RewardConfig()) == 0.0
        assert weighted_reward(RewardParts(1.0, math.inf, 1.0), RewardConfig()) == 0.0


class TestStyleGate:
    @PATIENT
    @given(parts)
    def test_withholds_style_from_what_passes_nothing(self, some: RewardParts) -> None:
        gated = RewardConfig(style_gate=StyleGate.FUNCTIONAL)
        failed = replace(some, functional=0.0)
        assert weighted_reward(failed, gated) == weighted_reward(replace(failed, style=0.0), RewardConfig())

    @PATIENT
    @given(parts, st.floats(0, 1, exclude_min=True))
    def test_lets_what_passes_something_keep_it(self, some: RewardParts, functional: float) -> None:
        passed = replace(some, functional=functional)
        assert weighted_reward(passed, RewardConfig(style_gate=StyleGate.FUNCTIONAL)) == weighted_reward(
            passed, RewardConfig()
        )


class TestPreset:
    def test_gated_pays_for_neatness_in_proportion_to_what_passes(self) -> None:
        gated = RewardConfig(preset=RewardPreset.GATED)
        assert weighted_reward(RewardParts(1.0, 0.0, 1.0), gated) == 0.0
        assert weighted_reward(RewardParts(1.0, 0.5, 1.0), gated) == pytest.approx(0.375)
        assert weighted_reward(RewardParts(1.0, 1.0, 0.5), gated) == pytest.approx(0.9)
        assert weighted_reward(RewardParts(1.0, 1.0, 1.0), gated) == 1.0

    @PATIENT
    @given(parts)
    def test_gated_never_pays_more_than_the_weights(self, some: RewardParts) -> None:
        assert weighted_reward(some, RewardConfig(preset=RewardPreset.GATED)) <= weighted_reward(some, RewardConfig())

    @PATIENT
    @given(parts)
    def test_binary_pays_for_full_marks_only(self, some: RewardParts) -> None:
        binary = RewardConfig(preset=RewardPreset.BINARY)
        assert weighted_reward(some, binary) == float(some.functional == 1.0)
        assert weighted_reward(replace(some, functional=1.0), binary) == 1.0

    @PATIENT
    @given(parts)
    def test_dense_is_the_functional_part_whatever_the_weights_are(self, some: RewardParts) -> None:
        dense = RewardConfig(preset=RewardPreset.DENSE, syntax=0.9, functional=0.1, style=0.0)
        assert weighted_reward(some, dense) == some.functional

    @pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
    def test_binary_pays_nothing_for_nonsense(self, odd: float) -> None:
        assert weighted_reward(RewardParts(1.0, odd, 1.0), RewardConfig(preset=RewardPreset.BINARY)) == 0.0


class TestCredit:
    @PATIENT
    @given(shares, st.sampled_from(Credit), shares)
    def test_is_between_0_and_1(self, share: float, credit: Credit, constant: float) -> None:
        assert 0.0 <= functional_credit(share, credit, constant_share=constant) <= 1.0

    @PATIENT
    @given(shares, shares, st.sampled_from(Credit), shares)
    def test_never_falls_when_more_passes(self, one: float, other: float, credit: Credit, constant: float) -> None:
        low, high = sorted([one, other])
        assert functional_credit(low, credit, constant_share=constant) <= functional_credit(
            high, credit, constant_share=constant
        )

    @pytest.mark.parametrize("credit", Credit)
    @pytest.mark.parametrize("constant", [0.0, 0.5, 0.999])
    def test_of_all_is_full_and_of_nothing_is_none(self, credit: Credit, constant: float) -> None:
        assert functional_credit(1.0, credit, constant_share=constant) == 1.0
        assert functional_credit(0.0, credit, constant_share=constant) == 0.0

    @pytest.mark.parametrize(
        ("share", "credit", "constant", "earned"),
        [
            (0.25, Credit.FRACTION, 0.0, 0.25),
            (0.25, Credit.FRACTION, 0.5, 0.25),
            (0.999, Credit.ALL, 0.0, 0.0),
            (0.25, Credit.ABOVE_CONSTANT, 0.0, 0.25),
            (0.75, Credit.ABOVE_CONSTANT, 0.5, 0.5),
            (0.5, Credit.ABOVE_CONSTANT, 0.5, 0.0),
            (0.25, Credit.ABOVE_CONSTANT, 0.5, 0.0),
            (1.0, Credit.ABOVE_CONSTANT, 1.0, 0.0),  # where one constant passes all, nothing shows skill
        ],
    )
    def test_by_mode(self, share: float, credit: Credit, constant: float, earned: float) -> None:
        assert functional_credit(share, credit, constant_share=constant) == pytest.approx(earned)


@PATIENT
@given(st.lists(st.booleans(), min_size=1), st.data(), rewards(), shares, shares, shares)
def test_one_more_passed_test_never_lowers_the_reward(
    passed: list[bool], data: st.DataObject, config: RewardConfig, constant: float, syntax: float, style: float
) -> None:
    tests = tuple(
        StdinTest("", "", weight=data.draw(st.floats(0.001, 1000)), group=data.draw(st.sampled_from([None, "a", "b"])))
        for _ in passed
    )

    def reward(now: list[bool]) -> float:
        functional = functional_credit(
            earned_share(Problem(tests), enumerate(now)), config.credit, constant_share=constant
        )
        return weighted_reward(RewardParts(syntax, functional, style), config)

    for index in range(len(passed)):
        better = [*passed[:index], True, *passed[index + 1 :]]
        assert reward(better) >= reward(passed)


def test_nothing_has_a_part_of_each_kind() -> None:
    empty: Any = astuple(ZERO_PARTS)
    assert empty == (0.0, 0.0, 0.0)
