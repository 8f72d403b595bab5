"""``grader logs``, against moto."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from rich.console import Console

from grader.cli.logs import _table, logs
from grader.errors import CloudError, CloudRequestError, InputError
from grader.tools.logs.insights import Query

if TYPE_CHECKING:
    from tests.aws.cloud import Server
    from tests.grader.cli.conftest import Command

NO_KEYS = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
GROUP = "/aws/lambda/SageMaker-mine"


@pytest.fixture
def group(aws: Server) -> str:
    boto3.client("logs").create_log_group(logGroupName=GROUP)
    aws.take_calls()
    return GROUP


def test_a_query_is_started_and_its_result_is_printed(grader_command: Command, aws: Server, group: str) -> None:
    ended = grader_command("logs", "--function", "SageMaker-mine", "--query", "slowest", "--since", "2d", "--json")
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    assert document["log_group"] == group
    assert list(document["answers"]) == ["slowest"]
    assert aws.take_calls() == ["logs:StartQuery", "logs:GetQueryResults"]


def test_an_arn_names_function_and_region(grader_command: Command, aws: Server, group: str) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-mine:live"
    ended = grader_command("logs", "--function", arn, "--query", "slowest", env={"AWS_DEFAULT_REGION": "eu-west-1"})
    assert (ended.code, ended.err) == (0, "")
    assert "no results in that time" in ended.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--function", "no-such"], "/aws/lambda/no-such: there is none in us-east-1", id="function"),
        pytest.param(["--since", "yesterday"], "--since 'yesterday': expected a number and m, h, d or w", id="time"),
    ],
)
def test_a_mistake_is_one_line(grader_command: Command, aws: Server, arguments: list[str], message: str) -> None:
    ended = grader_command("logs", *arguments)
    assert (ended.code, ended.out, len(ended.complaints)) == (2, "", 1)
    assert ended.err.startswith("grader: ")
    assert message in ended.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"log_group": "mine"}, "log group mine: there is none", id="group"),
        pytest.param({"region": "eu-west-1"}, "there is none in eu-west-1", id="region"),
        pytest.param({"query": ["nope"]}, "--query 'nope': unknown query; known queries: ", id="query"),
        pytest.param(
            {"since": "99999999999w"}, "expected a number and m, h, d or w, such as 30m or 2d", id="long time"
        ),
        pytest.param({"since": "9999w", "log_group": "mine"}, "log group mine: there is none", id="long ago"),
        pytest.param({"function": "a b"}, "not the name of a Lambda function", id="no name"),
        pytest.param({"profile": "nobody"}, "nobody", id="profile"),
    ],
)
def test_other_mistakes_are_one_line_too(aws: Server, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        logs(**options)
    assert "\n" not in str(raised.value)


def test_no_credentials(aws: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(CloudRequestError, match="there are no AWS credentials"):
        logs()
    assert aws.take_calls() == []


@pytest.mark.parametrize(
    ("code", "status", "kind", "message"),
    [
        ("ExpiredTokenException", 400, CloudRequestError, "have expired"),
        ("AccessDeniedException", 400, CloudRequestError, "access is denied"),
        ("InternalFailure", 501, CloudError, "AWS has failed"),
    ],
)
def test_errors_of_aws_name_the_log_group(
    aws: Server, group: str, code: str, status: int, kind: type, message: str
) -> None:
    aws.refuse({"call": "logs:.*", "code": code, "status": status})
    with pytest.raises(kind, match=rf"^log group {group}: .*{message}"):
        logs("SageMaker-mine")


def test_the_names_of_queries(grader_command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    ended = grader_command("logs", "--list", "--json")
    assert set(json.loads(ended.out)) >= {"rewards", "unscored", "problems"}
    logs(list_queries=True)
    assert "unscored" in capsys.readouterr().out


def shown(*rows: dict[str, Any]) -> str:
    console = Console(width=100, record=True, file=None)
    with console.capture() as capture:
        console.print(_table(Query("q", "Description", ""), rows))
    return capture.get()


def test_numbers_are_rounded_and_text_is_escaped() -> None:
    text = shown(
        {"reason": "bad\x1b[31m\nthing", "mean": "0.333333", "n": "64.0"}, {"reason": "", "mean": "nan", "n": "7"}
    )
    assert "\x1b" not in text
    assert "0.333 " in text
    assert " 64 " in text
    assert "Description" in text


def test_rows_need_not_have_the_same_fields() -> None:
    assert "b1" in shown({"a": "a1"}, {"b": "b1"})
    assert shown() == "Description: no results in that time.\n"
