"""The handler responds to any event: with one finite result for each sample, or with one clear error.

``make properties`` runs many more examples than the tests: see `EXAMPLES`.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from grader.errors import GraderError
from grader.handler import Handler
from tests.grader.lambda_api.aws_rules import check_results
from tests.soak.strategies import answers, events, near_events, near_references, samples

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
"""Number of examples of each property, new ones each time; 0 for a few that are always the same."""
DEADLINE_S = 20.0
GRACE_S = 20.0
"""Extra time for a busy host."""
MANY = settings(
    deadline=None,
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(24 * 3600 if EXAMPLES else 300)]
METRICS: list[str] = []
"""Names of the metrics of every result, set from a first one."""


class Context:
    """Fake of the runtime's context object."""

    def get_remaining_time_in_millis(self) -> int:
        return int(DEADLINE_S * 1000)


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    limits = {"CPU_S": "0.5", "TOTAL_CPU_S": "1", "WALL_S": "1", "MEMORY_MB": "256", "OUTPUT_KB": "256"}
    handler = Handler({f"GRADER_LIMITS_{name}": value for name, value in limits.items()})
    METRICS[:] = [
        metric["name"] for metric in handler.handle([{"id": 0, "messages": []}], Context())[0]["metrics_list"]
    ]
    yield handler
    handler.close()


def answer(handler: Handler, event: Any) -> Any:
    """Return the response or the error; check that either comes before the deadline."""
    started = time.monotonic()
    try:
        return handler.handle(event, Context())
    except GraderError as error:
        return error
    finally:
        assert time.monotonic() - started < DEADLINE_S + GRACE_S


def check_metrics(results: list[Any]) -> None:
    """Check that every sample has the same metrics in the same order, and parts of the reward in [0, 1]."""
    for result in results:
        assert [metric["name"] for metric in result["metrics_list"]] == METRICS
        for metric in result["metrics_list"]:
            assert metric["type"] == "Metric" or 0.0 <= metric["value"] <= 1.0


def check(response: Any) -> None:
    """Check what holds for the response to any event."""
    if isinstance(response, GraderError):
        assert str(response).isprintable(), "one line that a terminal can show"
        return
    json.dumps(response, allow_nan=False, ensure_ascii=False).encode()
    if isinstance(response, list):
        check_results(response, [result["id"] for result in response])
        check_metrics(response)
        return
    assert isinstance(response, dict)
    if "tier" in response:
        return
    assert response["statusCode"] in {200, 400, 500}
    body = response["body"]
    document = json.loads(body) if isinstance(body, str) else body
    if response["statusCode"] != 200:
        assert list(document) == ["error"]
        assert document["error"].isprintable()
    elif isinstance(document, list) and document and "aggregate_reward_score" in document[0]:
        check_results(document, [result["id"] for result in document])
        check_metrics(document)


@MANY
@given(events())
def test_any_event_gets_a_response(handler: Handler, event: Any) -> None:
    check(answer(handler, event))


@MANY
@given(near_events())
def test_an_almost_valid_event_gets_a_response(handler: Handler, event: Any) -> None:
    check(answer(handler, event))


@MANY
@given(samples(), samples())
def test_samples_keep_their_ids_and_their_order(handler: Handler, first: Any, second: Any) -> None:
    results = answer(handler, [first, second, first])
    check_results(results, [first["id"], second["id"], first["id"]])
    check_metrics(results)
    assert results[0] | {"metrics_list": []} == results[2] | {"metrics_list": []}


@MANY
@given(near_references())
def test_any_reference_gets_a_result(handler: Handler, pair: tuple[Any, str]) -> None:
    reference, text = pair
    results = answer(handler, [{"id": "it", "completion": text, "reference_answer": reference}])
    check_results(results, ["it"])
    check_metrics(results)


REFERENCE = {"entry_point": "f", "tests": [{"args": [1], "expected": 2}, {"assert": "assert f(2) == 3"}]}


@MANY
@given(answers())
def test_any_answer_is_scored(handler: Handler, text: str) -> None:
    results = answer(handler, [{"id": "it", "completion": text, "reference_answer": REFERENCE}])
    check_results(results, ["it"])
    check_metrics(results)
    metrics = {metric["name"]: metric["value"] for metric in results[0]["metrics_list"]}
    assert metrics["grader_error"] == 0.0
