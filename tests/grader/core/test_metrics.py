"""The metrics of a grade."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.core.scoring import METRIC_NAMES, ZERO_PARTS, MetricInputs, RewardParts, build_metrics, unscored_grade
from grader.extraction import ExtractionRule
from grader.types import Grade, GradeStatus, Metric, MetricType, TestResult
from testcases.verdict import Verdict

shares = st.floats(0, 1)
amounts = st.floats(0, 1e12)
observations = st.builds(
    MetricInputs,
    extraction_rule=st.sampled_from(ExtractionRule),
    code_truncated=st.booleans(),
    policy_violation=st.booleans(),
    stub=st.booleans(),
    grader_error=st.booleans(),
    isolation_tier=st.integers(0, 3),
    cpu_ms=amounts,
    peak_mb=amounts,
    duration_ms=amounts,
)


def named(*tests: Verdict, parts: RewardParts = ZERO_PARTS, code_found: bool = True, **seen: Any) -> dict[str, float]:
    results = [TestResult(verdict) for verdict in tests]
    metrics = build_metrics(parts, results, MetricInputs(**seen), code_found=code_found)
    return {metric.name: metric.value for metric in metrics}


@settings(deadline=None)
@given(st.builds(RewardParts, shares, shares, shares), st.lists(st.sampled_from(Verdict)), observations, st.booleans())
def test_every_sample_has_the_same_names_and_finite_values(
    parts: RewardParts, verdicts: list[Verdict], seen: MetricInputs, code_found: bool
) -> None:
    metrics = build_metrics(parts, [TestResult(verdict) for verdict in verdicts], seen, code_found=code_found)
    assert tuple(metric.name for metric in metrics) == METRIC_NAMES
    assert all(type(metric.value) is float and math.isfinite(metric.value) for metric in metrics)


def test_a_sample_that_could_not_be_read_has_them_too() -> None:
    grade = unscored_grade("a", "no tests")
    assert tuple(metric.name for metric in grade.metrics) == METRIC_NAMES
    values = {metric.name: metric.value for metric in grade.metrics}
    assert values.pop("grader_error") == 1.0
    assert values.pop("extraction_rule") == list(ExtractionRule).index(ExtractionRule.NONE)
    assert set(values.values()) == {0.0}
    assert (grade.status, grade.reward, grade.reason) == (GradeStatus.UNSCORED, None, "no tests")


def test_names_are_plain_and_different() -> None:
    assert len(set(METRIC_NAMES)) == len(METRIC_NAMES)
    assert all(name.isidentifier() and name.islower() for name in METRIC_NAMES)


def test_only_the_parts_are_rewards() -> None:
    metrics = build_metrics(ZERO_PARTS, (), MetricInputs(), code_found=False)
    rewards = [metric.name for metric in metrics if metric.type is MetricType.REWARD]
    assert rewards == ["syntax", "functional", "style"]


def test_the_parts_are_what_they_are() -> None:
    values = named(parts=RewardParts(1.0, 0.5, 0.25))
    assert (values["syntax"], values["functional"], values["style"]) == (1.0, 0.5, 0.25)


def test_tests_are_counted() -> None:
    values = named(Verdict.PASSED, Verdict.TIMEOUT, Verdict.PASSED, Verdict.WRONG_ANSWER, Verdict.NOT_RUN)
    assert (values["tests_passed"], values["tests_total"], values["timeouts"]) == (2.0, 5.0, 1.0)


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_counts_where_it_belongs(verdict: Verdict) -> None:
    values = named(verdict)
    assert values["tests_total"] == 1.0
    assert values["tests_passed"] == (verdict is Verdict.PASSED)
    assert values["timeouts"] == (verdict is Verdict.TIMEOUT)
    assert values["policy_violation"] == (verdict is Verdict.POLICY)


@pytest.mark.parametrize("flag", ["code_truncated", "policy_violation", "stub", "grader_error", "shared_process"])
def test_each_flag_is_seen(flag: str) -> None:
    assert named(**{flag: True})[flag] == 1.0
    assert named(**{flag: False})[flag] == 0.0
    assert [name for name in METRIC_NAMES if named(**{flag: True})[name] != named()[name]] == [flag]


@pytest.mark.parametrize("amount", ["isolation_tier", "cpu_ms", "peak_mb", "duration_ms"])
def test_each_amount_is_seen(amount: str) -> None:
    assert named(**{amount: 3})[amount] == 3.0
    assert [name for name in METRIC_NAMES if named(**{amount: 3})[name] != named()[name]] == [amount]


def test_rules_of_extraction_have_numbers_of_their_own() -> None:
    numbers = [named(extraction_rule=rule)["extraction_rule"] for rule in ExtractionRule]
    assert numbers == list(range(len(ExtractionRule)))


def test_code_found_is_seen() -> None:
    assert (named(code_found=True)["code_found"], named(code_found=False)["code_found"]) == (1.0, 0.0)


def test_a_grade_gives_a_metric_by_its_name() -> None:
    grade = Grade(1, GradeStatus.SCORED, 0.5, (Metric("a", 1.0), Metric("b", 2.0)))
    assert grade.metric("b") == 2.0
    with pytest.raises(KeyError):
        grade.metric("c")
