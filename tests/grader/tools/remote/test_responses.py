from __future__ import annotations

import json
from typing import Any

import pytest

from grader.lambda_api import Envelope, write_response
from grader.tools.remote.payloads import RequestItem, ResponseError, read_response
from grader.types import Grade, GradeStatus, Metric, MetricType, TestResult
from testcases.verdict import Verdict

METRICS = (Metric("functional", 0.5, MetricType.REWARD), Metric("tests_total", 2), Metric("extraction_rule", 1))


def grade(sample_id: Any, reward: float | None = 0.5) -> Grade:
    return Grade(
        sample_id=sample_id,
        status=GradeStatus.UNSCORED if reward is None else GradeStatus.SCORED,
        reward=reward,
        metrics=METRICS,
        tests=(TestResult(Verdict.PASSED), TestResult(Verdict.TIMEOUT)),
        reason="late",
        extraction_rule="fenced",
    )


def items(*ids: Any) -> list[RequestItem]:
    return [RequestItem(place, one, b"{}") for place, one in enumerate(ids, 1)]


def answer(*grades: Grade, envelope: Envelope = Envelope.LIST, detailed: bool = True) -> bytes:
    return json.dumps(write_response(grades, envelope, unscored_reward=0.25, detailed=detailed)).encode()


@pytest.mark.parametrize("envelope", [Envelope.LIST, Envelope.HTTP])
def test_grades_come_back_as_they_were_in_either_envelope(envelope: Envelope) -> None:
    grades = [grade("a"), grade(7, None), grade({"any": ["thing"]})]
    assert read_response(answer(*grades, envelope=envelope), items("a", 7, {"any": ["thing"]})) == grades


def test_without_details_the_grade_is_made_of_the_metrics() -> None:
    failed = Grade("b", GradeStatus.UNSCORED, None, (Metric("grader_error", 1.0),))
    grades = read_response(answer(grade("a"), failed, detailed=False), items("a", "b"))
    assert [(one.status, one.reward, one.tests, one.reason) for one in grades] == [
        (GradeStatus.SCORED, 0.5, (), ""),
        (GradeStatus.UNSCORED, None, (), ""),
    ]
    assert grades[0].extraction_rule
    assert grades[1].extraction_rule == ""


def test_results_in_another_order_are_sorted_by_id() -> None:
    grades = read_response(answer(grade("b", 0.2), grade("a", 0.1)), items("a", "b"))
    assert [(one.sample_id, one.reward) for one in grades] == [("a", 0.1), ("b", 0.2)]


def test_equal_ids_go_by_their_order() -> None:
    assert [one.reward for one in read_response(answer(grade("a", 0.1), grade("a", 0.2)), items("a", "a"))] == [
        0.1,
        0.2,
    ]


def test_an_id_whose_surrogates_were_replaced_is_recognized() -> None:
    (result_grade,) = read_response(answer(grade("a\ud800")), items("a\ud800"))
    assert result_grade.sample_id == "a\ud800"


def result(**fields: Any) -> dict[str, Any]:
    return {"id": "a", "aggregate_reward_score": 0.5, "metrics_list": []} | fields


@pytest.mark.parametrize(
    ("document", "message"),
    [
        pytest.param("nonsense", "is not JSON", id="no JSON"),
        pytest.param("[" * 100_000, "is not JSON", id="nested too deeply"),
        pytest.param("{}", "type dict", id="no list"),
        pytest.param("null", "type NoneType", id="nothing"),
        pytest.param([], "0 results came back for 1", id="too few"),
        pytest.param([result(), result()], "2 results came back for 1", id="too many"),
        pytest.param([result(id="b")], "other samples", id="another's"),
        pytest.param([7], "other samples", id="no object"),
        pytest.param([result(aggregate_reward_score=None)], "aggregate_reward_score", id="no reward"),
        pytest.param('[{"id": "a", "aggregate_reward_score": NaN}]', "not a finite number", id="NaN"),
        pytest.param([result(aggregate_reward_score=True)], "not a finite number", id="a boolean"),
        pytest.param([result(metrics_list=[7])], "metric", id="no metric"),
        pytest.param([result(status="fine")], "status", id="no status"),
        pytest.param([result(verdicts=["fine"])], "verdict", id="no verdict"),
        pytest.param({"statusCode": 500, "body": '{"error": "why"}'}, "status 500: why", id="status 500"),
        pytest.param({"statusCode": 200, "body": "nonsense"}, "body", id="no JSON in the body"),
    ],
)
def test_the_error_about_another_response_says_why(document: Any, message: str) -> None:
    payload = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(ResponseError, match=message):
        read_response(payload.encode(), items("a"))
