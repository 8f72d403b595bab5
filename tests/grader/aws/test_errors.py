"""The table of errors: every kind of failure has its texts, for each reader."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    TokenRetrievalError,
)

from grader.aws.errors import AwsFailure, FailureKind, classify, translate_error
from grader.errors import CloudError, CloudRequestError, NothingThereError


def response(code: str, status: int = 400, message: str = "the-answer.", **error: Any) -> ClientError:
    details = {"Error": {"Code": code, "Message": message, **error}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(details, "Operation")


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_has_texts_and_that_of_the_judge_quotes_nothing(kind: FailureKind) -> None:
    failure = AwsFailure(kind, "ACode", "the-answer")
    texts = (failure.s3_text, failure.bedrock_text, failure.command_text("eu-west-1"))
    assert all(text and "{" not in text for text in texts)
    assert "the-answer" not in failure.bedrock_text


@pytest.mark.parametrize(
    ("error", "kind", "transient"),
    [
        (response("ExpiredTokenException"), FailureKind.EXPIRED, False),
        (response("AccessDenied", 403, "The security token has Expired"), FailureKind.EXPIRED, False),
        (response("AccessDenied", 403), FailureKind.DENIED, False),
        (response("403", 403), FailureKind.DENIED, False),
        (response("UnrecognizedClientException"), FailureKind.INVALID, False),
        (response("ThrottlingException"), FailureKind.THROTTLED, True),
        (response("SlowDown", 503), FailureKind.THROTTLED, True),
        (response("NoSuchBucket", 404), FailureKind.MISSING_BUCKET, False),
        (response("NoSuchKey", 404), FailureKind.MISSING, False),
        (response("ResourceNotFoundException"), FailureKind.MISSING, False),
        (response("PermanentRedirect", 301), FailureKind.WRONG_REGION, False),
        (response("AuthorizationHeaderMalformed", Region="eu-west-1"), FailureKind.WRONG_REGION, False),
        (response("400"), FailureKind.REFUSED, False),
        (response("InvalidObjectState", 403), FailureKind.ARCHIVED, False),
        (response("304", 304), FailureKind.NOT_MODIFIED, False),
        (response("RequestTimeout"), FailureKind.SERVICE_FAULT, True),
        (response("", 503), FailureKind.SERVICE_FAULT, True),
        (response("NotImplemented", 501), FailureKind.SERVICE_FAULT, False),
        (response("ValidationException"), FailureKind.REFUSED, False),
        (NoCredentialsError(), FailureKind.NO_CREDENTIALS, False),
        (TokenRetrievalError(provider="sso", error_msg="late"), FailureKind.TOKEN_UNAVAILABLE, False),
        (ReadTimeoutError(endpoint_url="https://x"), FailureKind.TIMEOUT, True),
        (EndpointConnectionError(endpoint_url="https://x"), FailureKind.UNREACHABLE, True),
        (ConnectionResetError(), FailureKind.CONNECTION_LOST, True),
        (BotoCoreError(), FailureKind.CLIENT_FAULT, False),
        (ValueError("Invalid endpoint: x"), FailureKind.WRONG_VALUE, False),
        (KeyError("x"), FailureKind.OTHER, False),
    ],
    ids=repr,
)
def test_errors_are_classified(error: Exception, kind: FailureKind, transient: bool) -> None:
    failure = classify(error)
    assert (failure.kind, failure.transient) == (kind, transient)


def test_the_region_of_a_bucket_is_named() -> None:
    text = classify(response("PermanentRedirect", 301, Region="eu-west-1")).s3_text
    assert text.startswith("the bucket is in the region eu-west-1, where it was not asked for (PermanentRedirect")
    assert classify(response("301", 301)).s3_text.startswith("the bucket is in another region, where")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (response("NoSuchKey", 404), NothingThereError),
        (response("AccessDenied", 403), CloudRequestError),
        (ValueError("Invalid endpoint: x"), CloudRequestError),
        (response("ThrottlingException"), CloudError),
        (BotoCoreError(), CloudError),
    ],
    ids=repr,
)
def test_mistakes_of_the_user_are_request_errors(error: Exception, kind: type[Exception]) -> None:
    translated = translate_error(error, "function f", region="us-east-1")
    assert type(translated) is kind
    assert str(translated).startswith("function f: ")
    assert "\n" not in str(translated)
