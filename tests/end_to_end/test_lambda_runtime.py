"""The handler behind the real runtime client, as in a container-image Lambda."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.runtime_api import RuntimeApi
from tests.grader.lambda_api.aws_rules import check_results

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}]}
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
LOOP = "```python\ndef add(a, b):\n    while True:\n        a = {number}\n```"


def _sample(name: str, completion: str, reference: Any = REFERENCE) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Add."}, {"role": "assistant", "content": completion}]
    return {"id": name, "messages": messages, "reference_answer": reference}


@pytest.fixture(scope="module")
def api() -> Iterator[RuntimeApi]:
    """A runtime API with the real client, running our handler, at its other end."""
    served = RuntimeApi()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "AWS_"))}
    environ |= {"AWS_LAMBDA_RUNTIME_API": served.address, "AWS_LAMBDA_FUNCTION_NAME": "grader"}
    client = subprocess.Popen([sys.executable, "-m", "awslambdaric", "grader.handler.lambda_handler"], env=environ)
    yield served
    alive = client.poll() is None
    client.kill()
    client.wait()
    served.close()
    assert alive, "the runtime client has died"


def test_a_good_batch_is_answered_in_order(api: RuntimeApi) -> None:
    event = [_sample("right", RIGHT), _sample("none", "I do not know."), _sample("again", RIGHT)]
    outcome = api.invoke(event, timeout_s=60)
    assert outcome.kind == "response"
    check_results(outcome.body, [sample["id"] for sample in event])
    rewards = {result["id"]: result["aggregate_reward_score"] for result in outcome.body}
    assert list(rewards) == ["right", "none", "again"]
    assert rewards["right"] == rewards["again"] > 0.9
    assert rewards["none"] == 0.0


@pytest.mark.parametrize(
    ("event", "kind", "text"),
    [
        pytest.param({"surprise": 1}, "EventError", "surprise", id="no known shape"),
        pytest.param("this is not JSON", "Runtime.UnmarshalError", "", id="no JSON"),
        pytest.param(17, "EventError", "", id="no object"),
    ],
)
def test_a_malformed_event_is_a_clear_error_and_the_process_lives_on(
    api: RuntimeApi, event: Any, kind: str, text: str
) -> None:
    outcome = api.invoke(event, timeout_s=60)
    assert outcome.kind == "error"
    assert outcome.body["errorType"] == kind
    assert text in outcome.body["errorMessage"]
    after = api.invoke([_sample("after", RIGHT)], timeout_s=60)
    assert after.body[0]["aggregate_reward_score"] > 0.9


def test_an_http_event_is_answered_as_http(api: RuntimeApi) -> None:
    event = {"body": json.dumps({"batch": [_sample("right", RIGHT)]})}
    outcome = api.invoke(event, timeout_s=60)
    assert outcome.body["statusCode"] == 200
    assert json.loads(outcome.body["body"])[0]["aggregate_reward_score"] > 0.9


@pytest.mark.alone
def test_a_batch_with_two_seconds_left_is_answered_before_they_are_over(api: RuntimeApi) -> None:
    api.invoke([_sample("warm", RIGHT)], timeout_s=60)
    slow = {**REFERENCE, "limits": {"cpu_s": 30, "total_cpu_s": 30}}
    event = [_sample("first", RIGHT), *(_sample(f"loop {n}", LOOP.format(number=n), slow) for n in range(8))]
    for _ in range(3):  # a busy host may take more than the margin it is given
        outcome = api.invoke(event, timeout_s=2)
        assert outcome.kind == "response"
        check_results(outcome.body, [sample["id"] for sample in event])
        results = {result["id"]: result for result in outcome.body}
        assert results["first"]["aggregate_reward_score"] > 0.9
        for number in range(8):
            metrics = {metric["name"]: metric["value"] for metric in results[f"loop {number}"]["metrics_list"]}
            assert metrics["grader_error"] == 1.0  # not run for want of time: nothing is known of these answers
            assert metrics["tests_passed"] == 0.0
        if outcome.after_s < 2:
            break
    print(f"a batch with a deadline of 2 s was answered after {outcome.after_s:.2f} s")
    assert outcome.after_s < 2
