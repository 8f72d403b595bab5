"""A model of Amazon Bedrock, as the AWS client's own stub plays it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber

from grader.config.settings import JudgeConfig
from grader.judge.bedrock import BedrockModel, JudgeUnavailableError
from grader.judge.prompt import Rating, RatingRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = "amazon.nova-lite-v1:0"
QUESTION = RatingRequest("Add two numbers.", "def add(a, b):\n    return a + b  # the-answer")


class Asked:
    """The model, its stub, and the pauses that were made."""

    def __init__(self, **config: Any) -> None:
        self.pauses: list[float] = []
        self.bedrock = BedrockModel(JudgeConfig(model=MODEL, **config), pause=self.pauses.append)
        client = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x").client(
            "bedrock-runtime", region_name="us-east-1"
        )
        self.bedrock._client = client
        self.stub = Stubber(client)

    def replies(self, text: str) -> None:
        message = {"role": "assistant", "content": [{"text": text}]}
        usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
        expected = {
            "modelId": MODEL,
            "inferenceConfig": {"temperature": 0.0, "maxTokens": 256},
            "system": ANY,
            "messages": ANY,
        }
        response = {
            "output": {"message": message},
            "stopReason": "end_turn",
            "usage": usage,
            "metrics": {"latencyMs": 1},
        }
        self.stub.add_response("converse", response, expected)

    def fails(self, code: str, status: int = 400) -> None:
        self.stub.add_client_error("converse", code, "the-answer was bad", http_status_code=status)

    def rating(self, seconds: float = 1000.0) -> Rating:
        return self.bedrock.rate(QUESTION, time.monotonic() + seconds)


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()


def test_a_rating(asked: Asked) -> None:
    asked.replies("<rating>8</rating>")
    assert asked.rating() == Rating(0.8)


def test_a_reply_that_is_none_is_not_asked_for_again_nor_quoted(asked: Asked) -> None:
    asked.replies("the-answer is fine: 10/10")
    assert asked.rating() == Rating(None, "the model's reply is not a rating")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 429), ("ModelNotReadyException", 429), ("ServiceUnavailableException", 503),
        ("InternalServerException", 500), ("ModelTimeoutException", 408), ("ModelErrorException", 424), ("Other", 503),
    ],
)  # fmt: skip
def test_what_may_pass_is_tried_again(asked: Asked, code: str, status: int) -> None:
    asked.fails(code, status)
    asked.fails(code, status)
    asked.replies("<rating>5</rating>")
    assert asked.rating() == Rating(0.5)
    assert len(asked.pauses) == 2
    assert 0 <= asked.pauses[0] <= 0.5


def test_but_not_for_ever(asked: Asked) -> None:
    for _ in range(6):
        asked.fails("ThrottlingException", 429)
    assert asked.rating() == Rating(None, "the model is busy or has failed (ThrottlingException), 6 times")
    assert all(pause <= 8 for pause in asked.pauses)


@pytest.mark.parametrize(("seconds", "timeout_s"), [(0.0, 20.0), (-5.0, 20.0), (1000.0, 1e-9)])
def test_nor_after_the_deadline_or_the_time_for_one_rating(seconds: float, timeout_s: float) -> None:
    asked = Asked(timeout_s=timeout_s)
    with asked.stub:
        asked.fails("ThrottlingException", 429)
        assert asked.rating(seconds).error == "the model is busy or has failed (ThrottlingException)"
    assert asked.pauses == []


def test_one_question_that_the_model_refuses_is_one_sample_s_matter(asked: Asked) -> None:
    asked.fails("ValidationException")
    assert asked.rating() == Rating(None, "Amazon Bedrock refuses (ValidationException)")


@pytest.mark.parametrize(
    "code",
    ["AccessDeniedException", "ResourceNotFoundException", "ExpiredTokenException", "UnrecognizedClientException"],
)
def test_where_no_question_has_a_chance_that_is_said_and_new_credentials_are_looked_for(
    asked: Asked, code: str
) -> None:
    asked.fails(code)
    with pytest.raises(JudgeUnavailableError, match=rf"^Amazon Bedrock refuses \({code}\)$"):
        asked.rating()
    assert asked.bedrock._client is None


def test_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(JudgeUnavailableError, match="there are no AWS credentials"):
        BedrockModel(JudgeConfig(model=MODEL, region="us-east-1")).rate(QUESTION, time.monotonic() + 10)


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(JudgeUnavailableError, match=r"no region is set: judge\.region, or AWS_REGION"):
        BedrockModel(JudgeConfig(model=MODEL)).rate(QUESTION, time.monotonic() + 10)


def test_a_lost_connection_may_pass(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://x/the-answer")

    monkeypatch.setattr(asked.bedrock._client, "converse", lose)
    assert asked.rating() == Rating(None, "Amazon Bedrock could not be reached (EndpointConnectionError), 6 times")
