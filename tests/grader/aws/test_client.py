from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.client import AwsSession
from grader.aws.lambda_function import FunctionName
from grader.errors import CloudError, CloudRequestError, NothingThereError

if TYPE_CHECKING:
    from tests.aws.cloud import Server

FUNCTION = "function of the tests"


def ask(cloud: AwsSession | None = None) -> Any:
    return (cloud or AwsSession()).call("lambda", "get_function", FUNCTION, FunctionName="no-such")


def complaint(kind: type[Exception], cloud: AwsSession | None = None) -> str:
    with pytest.raises(kind) as raised:
        ask(cloud)
    assert type(raised.value) is kind
    text = str(raised.value)
    assert "\n" not in text
    return text


def test_the_client_finds_account_region_and_partition(aws: Server) -> None:
    cloud = AwsSession()
    assert (cloud.account, cloud.region, cloud.partition) == ("123456789012", "us-east-1", "aws")
    assert cloud.account
    assert aws.take_calls() == ["sts:GetCallerIdentity"]


def test_the_region_is_that_of_aws_region(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-gov-west-1")
    assert (AwsSession().region, AwsSession().partition) == ("us-gov-west-1", "aws-us-gov")
    assert AwsSession().client("lambda").meta.region_name == "us-gov-west-1"
    assert AwsSession(region="cn-north-1").partition == "aws-cn"
    assert aws.take_calls() == []


def test_clients_are_made_once_for_the_same_settings(aws: Server) -> None:
    cloud = AwsSession(region="eu-west-1")
    assert cloud.client("lambda") is cloud.client("lambda")
    assert cloud.client("lambda", max_pool_connections=3) is not cloud.client("lambda")
    assert cloud.client("lambda").meta.region_name == "eu-west-1"
    assert aws.take_calls() == []


def test_nothing_of_that_name(aws: Server) -> None:
    text = complaint(NothingThereError, AwsSession(region="eu-west-1"))
    assert text.startswith(f"{FUNCTION}: there is none in eu-west-1 (ResourceNotFoundException")
    assert AwsSession().find("lambda", "get_function", FUNCTION, FunctionName="no-such") is None
    assert AwsSession().find("iam", "get_role", "role", RoleName="no-such") is None
    assert AwsSession().find("ecr", "describe_repositories", "repository", repositoryNames=["no-such"]) is None
    assert aws.take_calls()


def test_no_credentials(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    assert "there are no AWS credentials; run `aws configure`" in complaint(CloudRequestError)
    assert aws.take_calls() == []


def test_no_region(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "no region is set; use --region" in complaint(CloudRequestError)
    with pytest.raises(CloudRequestError, match="no region is set; use --region, or set AWS_REGION"):
        _ = AwsSession().region
    assert aws.take_calls() == []


def test_no_such_profile(aws: Server) -> None:
    text = complaint(CloudRequestError, AwsSession(profile="nobody"))
    assert "nobody" in text
    assert "--profile" in text
    assert aws.take_calls() == []


def test_a_malformed_region(aws: Server) -> None:
    assert "--region" in complaint(CloudRequestError, AwsSession(region="us east 1"))
    assert aws.take_calls() == []


@pytest.mark.parametrize(
    ("code", "status", "kind", "message"),
    [
        ("ExpiredTokenException", 403, CloudRequestError, "credentials have expired (ExpiredTokenException)"),
        ("UnrecognizedClientException", 403, CloudRequestError, "credentials are not valid in us-east-1"),
        ("AccessDeniedException", 403, CloudRequestError, "access is denied in us-east-1 (AccessDeniedException: no)"),
        ("InvalidParameterValueException", 400, CloudRequestError, "AWS refuses in us-east-1: Inv"),
        ("ServiceException", 500, CloudError, "AWS has failed in us-east-1 (ServiceException: no, status 500)"),
        ("TooManyRequestsException", 429, CloudError, "AWS wants fewer calls"),
    ],
)
def test_errors_of_the_service(aws: Server, code: str, status: int, kind: type[Exception], message: str) -> None:
    aws.refuse({"call": "lambda:.*", "code": code, "status": status})
    with pytest.raises(kind) as raised:
        ask(AwsSession(attempts=1))
    assert str(raised.value).startswith(FUNCTION)
    assert message in str(raised.value)
    assert raised.value.code == code  # type: ignore[attr-defined]  # both kinds have it
    assert getattr(raised.value, "transient", False) is (kind is CloudError)


def test_refusals_of_other_protocols(aws: Server) -> None:
    aws.refuse({"call": "iam:GetRole", "code": "ExpiredToken", "status": 403})
    with pytest.raises(CloudRequestError, match="have expired"):
        AwsSession().find("iam", "get_role", "role", RoleName="a")
    aws.refuse({"call": "ecr:.*", "code": "ExpiredTokenException"})
    with pytest.raises(CloudRequestError, match="have expired"):
        AwsSession().find("ecr", "describe_repositories", "repository", repositoryNames=["abc"])


def test_no_server_listens(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{reserved.getsockname()[1]}")
        text = complaint(CloudError, AwsSession(attempts=1))
    assert "AWS cannot be reached in us-east-1" in text
    assert "--region" in text
    assert aws.take_calls() == []


def test_the_client_checks_values_itself(aws: Server) -> None:
    with pytest.raises(CloudRequestError, match="the AWS client refuses: Parameter validation failed"):
        AwsSession().call("lambda", "get_function", FUNCTION, FunctionName="")
    assert aws.take_calls() == []


class TestFunctionName:
    @pytest.mark.parametrize(
        "text",
        [
            "SageMaker-grader",
            "SageMaker-grader:live",
            "SageMaker-grader:$LATEST",
            "SageMaker-grader:7",
            "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader",
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:SageMaker-grader:live",
        ],
    )
    def test_reads_and_writes_the_same(self, text: str) -> None:
        assert str(FunctionName.parse(text)) == text

    def test_knows_its_parts(self) -> None:
        name = FunctionName.parse("arn:aws:lambda:eu-central-1:123456789012:function:a-b_c:live")
        assert name == FunctionName("a-b_c", "live", "eu-central-1", "123456789012", "aws")

    @pytest.mark.parametrize(
        "text", ["", "a b", "a:", "a:b:c", "arn:aws:s3:::bucket", "a" * 65, "arn:aws:lambda:us-east-1:1:function:a"]
    )
    def test_refuses_other_texts(self, text: str) -> None:
        with pytest.raises(CloudRequestError, match="not the name of a Lambda function"):
            FunctionName.parse(text)
