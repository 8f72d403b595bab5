"""The calls to the job runtime, checked against the service description that botocore has of it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber

from grader.aws.client import AwsSession
from grader.rollout.events import Trajectory
from grader.rollout.job_runtime import AlreadyEndedError, Clients, JobRuntime, JobRuntimeError
from tests.grader.rollout.job_service import JOB

if TYPE_CHECKING:
    from collections.abc import Iterator


class RawResponse(io.BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


IDS = {"JobArn": JOB, "TrajectoryId": "roll-1"}


@pytest.fixture
def stub() -> Iterator[Stubber]:
    """A client that accepts and returns only what the description allows."""
    with Stubber(AwsSession(region="us-west-2", attempts=1).client("sagemakerjobruntime")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def runtime(stub: Stubber) -> JobRuntime:
    return JobRuntime(Trajectory(JOB, "roll-1"), lambda *_: stub.client, pause=lambda _: None)


def test_a_sample_is_a_request_of_openai_s_shape(stub: Stubber, runtime: JobRuntime) -> None:
    messages = [{"role": "user", "content": "Write add."}]
    body = json.dumps({"model": "default", "messages": messages, "temperature": 0.5}).encode()
    reply = {"choices": [{"message": {"role": "assistant", "content": "done"}}]}
    text = json.dumps(reply).encode()
    response = {"ContentType": "application/json", "Body": StreamingBody(io.BytesIO(text), len(text))}
    stub.add_response("sample", response, {**IDS, "Body": body})
    assert runtime.sample(messages, {"temperature": 0.5}, timeout_s=60) == "done"


def test_reports_have_a_status_rewards_and_a_token(stub: Stubber, runtime: JobRuntime) -> None:
    stub.add_response("complete_rollout", {}, {**IDS, "Status": "ready", "ClientToken": ANY})
    stub.add_response("complete_rollout", {}, {**IDS, "Status": "failed", "ClientToken": ANY})
    stub.add_response("update_reward", {}, {**IDS, "Rewards": [0.25, 1.0], "ClientToken": ANY})
    runtime.complete("ready", timeout_s=60)
    runtime.complete("failed", timeout_s=60)
    runtime.update_reward([0.25, 1.0], timeout_s=60)


@pytest.mark.parametrize(
    ("code", "status", "repeated"),
    [
        ("ThrottlingException", 429, True), ("InternalServiceError", 500, True), ("ValidationException", 400, False),
        ("ResourceNotFoundException", 404, False), ("AccessDeniedException", 403, False),
        ("ServiceQuotaExceededException", 402, False),
    ],
)  # fmt: skip
def test_every_error_of_the_description_is_repeated_or_raised(
    stub: Stubber, runtime: JobRuntime, code: str, status: int, repeated: bool
) -> None:
    stub.add_client_error("update_reward", code, "why", status)
    if repeated:
        stub.add_response("update_reward", {}, {**IDS, "Rewards": [1.0], "ClientToken": ANY})
        runtime.update_reward([1.0], timeout_s=60)
        return
    with pytest.raises(JobRuntimeError, match=r"update_reward: .*") as caught:
        runtime.update_reward([1.0], timeout_s=60)
    assert caught.value.is_denied == (code == "AccessDeniedException")
    assert caught.value.is_refusal == (code == "ValidationException")


def test_a_conflict_means_that_it_has_ended(stub: Stubber, runtime: JobRuntime) -> None:
    stub.add_client_error("complete_rollout", "ConflictException", "why", 409)
    with pytest.raises(AlreadyEndedError):
        runtime.complete("ready", timeout_s=60)


def test_an_answer_that_may_have_been_given_is_not_asked_for_twice(
    runtime: JobRuntime, monkeypatch: pytest.MonkeyPatch, stub: Stubber
) -> None:
    """The service keeps every turn: a second one would belong to the trajectory, and to no grade."""
    from botocore.exceptions import ReadTimeoutError  # noqa: PLC0415 - slow to import

    calls: list[Any] = []

    def sample(**arguments: Any) -> Any:
        calls.append(arguments)
        raise ReadTimeoutError(endpoint_url="https://somewhere")

    monkeypatch.setattr(stub.client, "sample", sample)
    with pytest.raises(JobRuntimeError):
        runtime.sample([], {}, timeout_s=60)
    assert len(calls) == 1


@pytest.mark.parametrize(("timeout_s", "read_s"), [(1, 8), (8, 8), (31, 16), (300, 256), (10_000, 512)])
def test_a_client_waits_no_longer_than_it_may(timeout_s: float, read_s: float) -> None:
    clients = Clients()
    config = clients.client_for("us-west-2", timeout_s).meta.config
    assert config.read_timeout == read_s
    assert clients.client_for("us-west-2", timeout_s) is clients.client_for("us-west-2", timeout_s)


def test_the_runtime_is_that_of_the_job_s_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    client = Clients().client_for(Trajectory(JOB, "roll-1").region, 60)
    sent: list[Any] = []

    def send(request: Any, **_: Any) -> Any:
        sent.append(request)
        return AWSResponse(request.url, 200, {}, RawResponse(b"{}"))

    client.meta.events.register("before-send", send)
    client.complete_rollout(**IDS, Status="ready")
    assert sent[0].url == "https://job-runtime.sagemaker.us-west-2.api.aws/complete-rollout"
    assert sent[0].headers["X-Amzn-SageMaker-Job-Arn"].decode() == JOB
