"""The line of a batch, as the embedded metric format wants it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import __version__
from grader.core.scoring import METRIC_NAMES
from grader.lambda_api.batch_log import DIMENSION, NAMESPACE, Origin, batch_lines
from grader.types import Metric
from tests.grader.lambda_api.emf import check_emf, metrics_in
from tests.grader.lambda_api.making import graded, scored, unscored_grade


def line_of(*grades: Any, **more: Any) -> dict[str, Any]:
    (line,) = batch_lines(graded(*grades, **more), Origin("f"))
    check_emf(line)
    return line


def test_a_batch_is_one_record_with_the_numbers_of_every_sample() -> None:
    line = line_of(scored(0.0), scored(0.75), scored(1.0))
    assert line["event"] == "batch"
    assert line["reward"] == [0.0, 0.75, 1.0]
    assert line["timeouts"] == [1.0, 1.0, 1.0]
    assert line["duration_ms"] == [4.5, 4.5, 4.5]
    assert (line["samples"], line["scored"], line["unscored"]) == (3, 3, 0)
    assert line["mean_reward"] == pytest.approx(1.75 / 3, abs=1e-6)
    assert (line["batch_ms"], line["deadline_share"]) == (500.0, 0.25)
    assert (line["tier"], line["walls"]) == ("seccomp", ["rlimits"])
    assert line["verdicts"] == {"passed": 3, "timeout": 3}
    assert line[DIMENSION] == "f"
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (NAMESPACE, [[DIMENSION]])
    assert line["_aws"]["Timestamp"] == 1795219200000


def test_versions_are_fields_and_no_dimension() -> None:
    """A dimension would make each version a new set of metrics to pay for."""
    known = {"AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "7", "IMAGE_REVISION": "abc"}
    (line,) = batch_lines(graded(scored(1.0), facts={"turns": 2}), Origin.of(known))
    check_emf(line)
    assert (line["grader_version"], line["function_version"], line["revision"]) == (__version__, "7", "abc")
    assert line["turns"] == 2
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["function"]]
    assert not {"grader_version", "function_version", "revision", "turns"} & metrics_in(line).keys()
    (line,) = batch_lines(graded(scored(1.0)), Origin.of({}))
    assert (line["function"], line["grader_version"]) == ("local", __version__)
    assert not {"function_version", "revision"} & line.keys()


def test_every_metric_of_a_sample_is_one_but_those_whose_numbers_are_names() -> None:
    assert set(METRIC_NAMES) - set(metrics_in(line_of(scored(1.0)))) == {"extraction_rule"}


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("reward", "None"), ("samples", "Count"), ("timeouts", "Count"), ("grader_error", "Count"),
        ("duration_ms", "Milliseconds"), ("batch_ms", "Milliseconds"), ("peak_mb", "Megabytes"),
        ("zero_spread_share", "None"), ("isolation_tier", "None"),
    ],
)  # fmt: skip
def test_units(name: str, unit: str) -> None:
    assert metrics_in(line_of(scored(1.0), scored(1.0)))[name] == unit


class TestNothingToLearn:
    def test_shares_of_the_extremes(self) -> None:
        nothing, half, all_of_it = scored(0.0, passed=0), scored(0.5), scored(1.0)
        line = line_of(nothing, nothing, half, all_of_it)
        assert (line["zero_reward_share"], line["full_reward_share"]) == (0.5, 0.25)
        assert (line["none_passed_share"], line["all_passed_share"]) == (0.5, 0.0)

    def test_spread_is_that_within_problems(self) -> None:
        grades = [
            scored(0.2, problem="a"),
            scored(0.9, problem="b"),
            scored(0.8, problem="a"),
            scored(0.9, problem="b"),
        ]
        line = line_of(*grades)
        assert line["groups"] == 2
        assert line["group_spread"] == [0.6, 0.0]
        assert line["zero_spread_share"] == 0.5

    def test_rounding_is_no_spread(self) -> None:
        line = line_of(scored(0.1 + 0.2), scored(0.3))
        assert (line["group_spread"], line["zero_spread_share"]) == ([0.0], 1.0)

    @pytest.mark.parametrize(
        "grades",
        [
            pytest.param([scored(0.2, problem="a"), scored(0.2, problem="b")], id="one sample a problem"),
            pytest.param([scored(0.2, problem=""), scored(0.2, problem="")], id="problem unknown"),
            pytest.param([scored(0.2), unscored_grade("x", "no")], id="the other is unscored"),
        ],
    )
    def test_without_groups_there_is_no_share_of_them(self, grades: list[Any]) -> None:
        line = line_of(*grades)
        assert line["groups"] == 0
        assert {"zero_spread_share", "group_spread"}.isdisjoint(line.keys() | metrics_in(line).keys())


def test_unscored_samples_count_as_errors_and_in_no_mean() -> None:
    line = line_of(scored(0.5), unscored_grade("x", "no tests"))
    assert (line["reward"], line["functional"]) == ([0.5], [0.5])
    assert line["grader_error"] == [0.0, 1.0]
    assert (line["unscored"], line["mean_reward"]) == (1, 0.5)


def test_a_batch_of_which_nothing_is_known() -> None:
    line = line_of(unscored_grade("x", "no"), deadline_s=None)
    assert line["grader_error"] == [1.0]
    assert line["mean_reward"] is None
    assert {"reward", "syntax", "deadline_share", "zero_reward_share"}.isdisjoint(line)


@pytest.mark.parametrize(("deadline_s", "share"), [(0.0, None), (5e-324, 1000.0), (1.0, 0.5)])
def test_deadlines_of_next_to_nothing(deadline_s: float, share: float | None) -> None:
    assert line_of(scored(1.0), deadline_s=deadline_s).get("deadline_share") == share


def test_more_than_a_hundred_samples_are_more_records_and_no_number_is_lost_or_said_twice() -> None:
    rewards = [number / 250 for number in range(250)]
    first, *rest = batch_lines(graded(*map(scored, rewards)), Origin("f"))
    assert [line["event"] for line in rest] == ["batch_rest", "batch_rest"]
    for line in (first, *rest):
        check_emf(line)
    assert first["reward"] + rest[0]["reward"] + rest[1]["reward"] == rewards
    assert first["samples"] == 250
    assert "samples" not in metrics_in(rest[0])


def test_a_number_that_is_none_is_left_out() -> None:
    good = scored(0.5)
    bad = replace(good, metrics=tuple(Metric(one.name, float("nan")) for one in good.metrics))
    assert line_of(good, bad)["syntax"] == [1.0]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.one_of(
            st.builds(scored, st.floats(0, 1), problem=st.sampled_from("abc"), passed=st.integers(0, 3)),
            st.builds(unscored_grade, st.text(), st.text()),
        ),
        min_size=1,
        max_size=220,
    ),
    st.one_of(st.none(), st.floats(0, 900)),
    st.floats(0, 900),
)
def test_whatever_the_batch_the_records_are_valid(
    grades: list[Any], deadline_s: float | None, elapsed_s: float
) -> None:
    lines = batch_lines(graded(*grades, deadline_s=deadline_s, elapsed_s=elapsed_s), Origin("f"))
    for line in lines:
        check_emf(line)
    of_all = [grade.reward for grade in grades if grade.reward is not None]
    assert [value for line in lines for value in line.get("reward", [])] == pytest.approx(of_all, abs=1e-4)


@pytest.mark.parametrize(
    "damage",
    [
        {"reward": []}, {"reward": [0.5] * 101}, {"reward": ["1"]}, {"reward": [float("nan")]}, {"function": ""},
        {"_aws": {"Timestamp": 1795219200, "CloudWatchMetrics": []}}, {"_aws": {}},
    ],
)  # fmt: skip
def test_the_check_can_fail(damage: dict[str, Any]) -> None:
    line = line_of(scored(1.0))
    with pytest.raises((AssertionError, jsonschema.ValidationError)):
        check_emf(line | damage)
