from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller

from grader.errors import ConfigError, EventError, GraderError, SampleError, UnscoredError
from grader.lambda_api import (
    Envelope,
    write_error,
    write_metrics,
    write_options,
    write_preprocess,
    write_response,
)
from grader.types import Grade, GradeStatus, Metric, MetricType, TestResult
from testcases.verdict import Verdict
from tests.grader.lambda_api.aws_rules import check_results, unwrap

METRICS = (Metric("functional", 0.5, MetricType.REWARD), Metric("tests_total", 4))


def grade(sample_id: Any = "123", reward: float | None = 0.85, metrics: tuple[Metric, ...] = METRICS) -> Grade:
    status = GradeStatus.UNSCORED if reward is None else GradeStatus.SCORED
    return Grade(sample_id=sample_id, status=status, reward=reward, metrics=metrics)


RESULT = {
    "id": "123",
    "aggregate_reward_score": 0.85,
    "metrics_list": [
        {"name": "functional", "value": 0.5, "type": "Reward"},
        {"name": "tests_total", "value": 4.0, "type": "Metric"},
    ],
}


def test_a_bare_list() -> None:
    assert write_response([grade()], Envelope.LIST, unscored_reward=0.0) == [RESULT]
    assert write_response([], Envelope.LIST, unscored_reward=0.0) == []


def test_a_status_code_object() -> None:
    response = write_response([grade()], Envelope.HTTP, unscored_reward=0.0)
    assert isinstance(response, dict)
    assert json.loads(response.pop("body")) == [RESULT]
    assert response == {"statusCode": 200, "headers": {"content-type": "application/json"}}


def test_details_are_added_only_when_asked_for() -> None:
    tests = (TestResult(Verdict.PASSED), TestResult(Verdict.WRONG_ANSWER, detail="3, not 4"))
    scored = replace(grade(), tests=tests, reason="f(1): \ud800", extraction_rule="bare_code")
    assert write_response([scored], Envelope.LIST, unscored_reward=0.0) == [RESULT]
    details = {
        "status": "scored",
        "reason": "f(1): \ufffd",
        "problem": "",
        "extraction_rule": "bare_code",
        "verdicts": ["passed", "wrong_answer"],
    }
    assert write_response([scored], Envelope.LIST, unscored_reward=0.0, detailed=True) == [RESULT | details]


@pytest.mark.parametrize("envelope", [Envelope.LIST, Envelope.HTTP])
def test_both_pass_awss_rules(envelope: Envelope) -> None:
    response = write_response([grade("a"), grade(7, None)], envelope, unscored_reward=0.25)
    results = unwrap(response, is_nova=envelope is Envelope.LIST)
    check_results(results, ["a", 7])
    assert [result["aggregate_reward_score"] for result in results] == [0.85, 0.25]


@pytest.mark.parametrize(
    ("reward", "unscored", "written"),
    [
        (0.5, 0.1, 0.5),
        (1.5, 0.1, 1.0),
        (-0.5, 0.1, 0.0),
        (1, 0.1, 1.0),
        (True, 0.1, 1.0),
        (None, 0.1, 0.1),
        (None, -1.0, 0.0),
        (None, 3.0, 1.0),
        (None, math.nan, 0.0),
        (math.nan, 0.1, 0.1),
        (math.inf, 0.1, 0.1),
        (-math.inf, 0.1, 0.1),
        (-0.0, 0.1, 0.0),
    ],
)
def test_rewards_are_finite_and_clamped(reward: float | None, unscored: float, written: float) -> None:
    (result,) = write_response([grade(reward=reward)], Envelope.LIST, unscored_reward=unscored)
    assert result["aggregate_reward_score"] == written
    assert type(result["aggregate_reward_score"]) is float


@pytest.mark.parametrize(
    ("value", "written"), [(math.nan, 0.0), (math.inf, 0.0), (-math.inf, 0.0), (-3.5, -3.5), (7, 7.0)]
)
def test_metric_values_are_finite(value: float, written: float) -> None:
    for envelope in (Envelope.LIST, Envelope.HTTP):
        response = write_response([grade(metrics=(Metric("m", value),))], envelope, unscored_reward=0.0)
        (result,) = unwrap(response, is_nova=envelope is Envelope.LIST)
        assert result["metrics_list"] == [{"name": "m", "value": written, "type": "Metric"}]


@pytest.mark.parametrize(
    ("sample_id", "written"),
    [
        ("é 中 😀", "é 中 😀"),
        (7, 7),
        (7.5, 7.5),
        (False, False),
        (None, None),
        ({"a": [1, None]}, {"a": [1, None]}),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        ([math.nan], "[nan]"),
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        (["\ud800"], "['\\ud800']"),
        ({1, 2}, "{1, 2}"),
    ],
    ids=lambda value: ascii(value)[:30] if isinstance(value, (str, float)) else type(value).__name__,
)
def test_ids_are_echoed_as_long_as_json_can_say_them(sample_id: Any, written: Any) -> None:
    (result,) = write_response([grade(sample_id)], Envelope.LIST, unscored_reward=0.0)
    assert result["id"] == written
    assert type(result["id"]) is type(written)


def test_an_id_with_no_text_at_all_is_made_up() -> None:
    deep: Any = []
    for _ in range(200_000):
        deep = [deep]
    results = write_response([grade(10**5000), grade(deep)], Envelope.LIST, unscored_reward=0.0)
    assert [result["id"] for result in results] == ["sample-0", "sample-1"]


@pytest.mark.parametrize("environment", ["AWS_Lambda_Image", "AWS_Lambda_python3.13"])
def test_the_lambda_runtime_can_encode_every_response(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", environment)
    grades = [grade(value) for value in ("\ud800", math.nan, [math.inf], {"k": "\udfff"}, "é")]
    for envelope in (Envelope.LIST, Envelope.HTTP):
        encoded, content_type = LambdaMarshaller().marshal_response(
            write_response(grades, envelope, unscored_reward=0.0)
        )
        assert content_type == "application/json"
        decoded = json.loads(encoded.encode("utf-8"), parse_constant=pytest.fail)
        assert len(unwrap(decoded, is_nova=envelope is Envelope.LIST)) == len(grades)


def test_an_error_is_an_answer_over_http() -> None:
    response = write_error(EventError("event: body is empty"), Envelope.HTTP)
    assert response["statusCode"] == 400
    assert json.loads(response["body"]) == {"error": "event: body is empty"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SampleError("a", "b", "c"), 400),
        (ConfigError("x"), 500),
        (UnscoredError("x"), 500),
        (GraderError("x"), 500),
    ],
)
def test_only_the_callers_mistakes_are_bad_requests(error: GraderError, status: int) -> None:
    assert write_error(error, Envelope.HTTP)["statusCode"] == status


def test_an_error_is_raised_where_there_is_no_place_for_it() -> None:
    error = EventError("event: body is empty")
    with pytest.raises(EventError) as caught:
        write_error(error, Envelope.LIST)
    assert caught.value is error


def test_the_answer_to_a_preflight_request() -> None:
    assert write_options() == {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"ok": true}',
    }


def test_nova_metrics_are_no_json_text() -> None:
    assert write_metrics(grade(), unscored_reward=0.0) == {
        "statusCode": 200,
        "body": [
            {"metric": "reward", "value": 0.85},
            {"metric": "functional", "value": 0.5},
            {"metric": "tests_total", "value": 4.0},
        ],
    }
    unscored = write_metrics(grade(reward=None, metrics=(Metric("m", math.nan),)), unscored_reward=0.5)
    assert [entry["value"] for entry in unscored["body"]] == [0.5, 0.0]


def test_nova_preprocess_is_an_echo() -> None:
    data = {"system": "s", "prompt": "p", "gold": {"a": 1}}
    assert write_preprocess(data) == {"statusCode": 200, "body": data}
    assert write_preprocess({"gold": "\ud800"})["body"] == {"gold": "\ufffd"}
    assert write_preprocess({"\ud800": 1})["body"] == {"\ufffd": 1}
