"""The function of a multi-turn RL job: the entry point of the image with the other handler, and the runtime client."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.runtime_api import RuntimeApi
from tests.end_to_end.serving import RIGHT, serving
from tests.grader.rollout.job_service import JobService, answer, event

if TYPE_CHECKING:
    from collections.abc import Iterator

TASK = {
    "prompt": "Write add(a, b).",
    "reference_answer": {
        "entry_point": "add",
        "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}],
    },
    "visible_tests": 1,
}
ENDLESS = "```python\ndef add(a, b):\n    while True:\n        a += 1\n    return a\n```"
ATTACK = "```python\nimport os\n\ndef add(a, b):\n    os._exit(0)\n```"


@pytest.fixture
def service() -> Iterator[JobService]:
    with JobService([]) as served:
        yield served


@pytest.fixture
def function(service: JobService) -> Iterator[RuntimeApi]:
    """The function, with credentials and the address of the job runtime in its environment only."""
    api = RuntimeApi()
    environ = {
        "AWS_LAMBDA_RUNTIME_API": api.address, "AWS_LAMBDA_FUNCTION_NAME": "SageMaker-agent",
        "AWS_ACCESS_KEY_ID": "AKIACANARYCANARYCAN1", "AWS_SECRET_ACCESS_KEY": "canary", "AWS_REGION": "us-west-2",
        "AWS_ENDPOINT_URL_SAGEMAKERJOBRUNTIME": service.url, "NO_PROXY": "127.0.0.1",
        "GRADER_CREDENTIALS": "keep", "GRADER_WORKERS": "1", "GRADER_LIMITS_CPU_S": "1",
    }  # fmt: skip
    try:
        with serving(environ, "grader.rollout.lambda_handler", stdout=subprocess.DEVNULL):
            yield api
    finally:
        api.close()


def test_a_rollout_is_played_and_reported(function: RuntimeApi, service: JobService) -> None:
    service.samples += [answer(ENDLESS), answer(RIGHT)]
    outcome = function.invoke(event(TASK), timeout_s=120)
    assert (outcome.kind, outcome.body) == ("response", {})
    assert service.operations == ["sample", "sample", "complete-rollout", "update-reward"]
    assert "timeout" in service.bodies("sample")[1]["messages"][2]["content"]
    assert service.bodies("update-reward")[0]["Rewards"][0] > 0.9
    # The same environment plays the next one.
    service.samples += [answer(ATTACK)] * 3
    outcome = function.invoke(event(TASK), timeout_s=120)
    assert (outcome.kind, outcome.body) == ("response", {})
    assert service.bodies("complete-rollout")[-1]["Status"] == "ready"
    assert service.bodies("update-reward")[-1]["Rewards"][0] < 0.6


def test_a_batch_to_grade_is_refused_in_one_line(function: RuntimeApi, service: JobService) -> None:
    outcome = function.invoke([{"id": "1", "messages": []}], timeout_s=60)
    assert outcome.body["errorType"] == "ValidationError"
    assert not service.calls
