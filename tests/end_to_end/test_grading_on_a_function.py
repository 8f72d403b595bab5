"""``grader grade --on`` as users meet it: what goes wrong is one line, and a run that was ended goes on."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from grader.cli import main
from grader.errors import CloudError, CloudRequestError
from grader.tools.remote.function import RemoteFunction
from tests.aws.front import Front, Reply, canned, function_error, refusal
from tests.end_to_end.serving import RIGHT, clean_environ, sample
from tests.progress import without_progress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.aws.cloud import Server

ROLE = "arn:aws:iam::123456789012:role/grader"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:grader"


def start(*arguments: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "grader.cli", "grade", *arguments],
        env=clean_environ() | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Grading(Protocol):
    """Runs the command; gives exit code, output, and complaints."""

    def __call__(self, *arguments: str, environ: dict[str, str]) -> tuple[int, str, list[str]]: ...


@pytest.fixture
def grade(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Grading:
    """The command in this process, where the AWS client is imported already."""

    def run(*arguments: str, environ: dict[str, str]) -> tuple[int, str, list[str]]:
        for name in [name for name in os.environ if name.startswith(("AWS_", "GRADER_"))]:
            monkeypatch.delenv(name)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["grader", "grade", *arguments])
        with pytest.raises(SystemExit) as ended:
            main.run()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, without_progress(err).splitlines()

    return run


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    return written(tmp_path, [sample(f"s{number}", RIGHT) for number in range(40)])


def written(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path = folder / "samples.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ids(path: Path) -> list[Any]:
    return [json.loads(line)["id"] for line in path.read_text().splitlines()]


@pytest.fixture
def function(aws: Server) -> str:
    """A function called ``grader``, with the alias ``live``."""
    import boto3  # noqa: PLC0415 - slow to import

    session = boto3.session.Session()
    session.client("iam").create_role(RoleName="grader", AssumeRolePolicyDocument="{}")
    client = session.client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("grader.py", "")
    client.create_function(
        FunctionName="grader",
        Runtime="python3.13",
        Handler="grader.handler",
        Code={"ZipFile": code.getvalue()},
        Role=ROLE,
    )
    version = client.publish_version(FunctionName="grader")["Version"]
    client.create_alias(FunctionName="grader", Name="live", FunctionVersion=version)
    return "grader"


@pytest.mark.parametrize(
    ("address", "environ", "mistake", "text"),
    [
        ("lambda:nobody", {}, True, "function nobody: there is none in us-east-1"),
        ("lambda:grader", {"AWS_DEFAULT_REGION": "eu-west-1"}, True, "function grader: there is none in eu-west-1"),
        ("lambda:grader", {"AWS_DEFAULT_REGION": ""}, True, "no region is set; use --region"),
        ("lambda:grader", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, True, "there are no AWS credentials"),
        ("lambda:grader", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, False, "AWS cannot be reached in us-east-1"),
        ("lambda:grader", {"AWS_PROFILE": "nobody"}, True, "nobody"),
        ("grader", {}, True, "--on 'grader': give lambda:NAME"),
        ("lambda:two words", {}, True, "not the name of a Lambda function"),
    ],
)
def test_what_keeps_a_run_from_starting_says_what_to_do(
    function: str, monkeypatch: pytest.MonkeyPatch, address: str, environ: dict[str, str], mistake: bool, text: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    with pytest.raises(CloudRequestError if mistake else CloudError) as caught:
        RemoteFunction.parse(address, profile=None, region=None, concurrency=1).check()
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["grader", "grader:live", ARN, f"{ARN}:live"])
def test_a_function_that_is_there_may_be_named_in_any_way(function: str, address: str) -> None:
    RemoteFunction.parse(f"lambda:{address}", profile=None, region=None, concurrency=1).check()


def test_an_arn_says_the_region_itself(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    RemoteFunction.parse(f"lambda:{ARN}", profile=None, region=None, concurrency=1).check()
    with pytest.raises(CloudRequestError, match="is a function in us-east-1, and --region is eu-west-1"):
        RemoteFunction.parse(f"lambda:{ARN}", profile=None, region="eu-west-1", concurrency=1)


@pytest.mark.parametrize("name", ["grader", ARN])
def test_a_function_without_the_alias_is_told_from_one_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with Front(canned) as front:
        for variable, value in front.environ.items():
            monkeypatch.setenv(variable, value)
        RemoteFunction.parse(f"lambda:{name}:live", profile=None, region=None, concurrency=1).check()
        with pytest.raises(CloudRequestError, match=f"function {name}: is there, but has no alias or version 'old'"):
            RemoteFunction.parse(f"lambda:{name}:old", profile=None, region=None, concurrency=1).check()


def test_a_run_that_cannot_start_leaves_nothing(
    grade: Grading, aws: Server, function: str, samples: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    options = [str(samples), "--on", "lambda:grader:live", "--out", str(out)]
    aws.refuse({"call": "lambda:.*invocations.*", "code": "ExpiredTokenException", "status": 403})
    code, _, complaints = grade(*options, environ=aws.environ_of_all)
    assert (code, len(complaints)) == (2, 1)
    assert "the AWS credentials have expired (ExpiredTokenException); get new ones" in complaints[0]
    assert not out.exists()


@pytest.mark.parametrize(
    ("reply", "code", "text"),
    [
        pytest.param(refusal(403, "ExpiredTokenException"), 2, "the AWS credentials have expired", id="expired"),
        pytest.param(
            function_error("ConfigError", "GRADER_WORKERS: no"), 1, "ConfigError: GRADER_WORKERS: no", id="broken"
        ),
    ],
)
def test_a_run_that_cannot_go_on_says_what_is_done_and_goes_on_when_it_can(
    grade: Grading, samples: Path, tmp_path: Path, reply: Reply, code: int, text: str
) -> None:
    out = tmp_path / "out.jsonl"
    good = iter([True] * 3)
    options = [str(samples), "--on", "lambda:function", "--out", str(out), "--concurrency", "1", "--batch-size", "4"]
    with Front(lambda event: canned(event) if next(good, False) else reply) as front:
        ended, _, complaints = grade(*options, environ=front.environ)
    assert (ended, len(complaints)) == (code, 1)
    assert text in complaints[0]
    assert complaints[0].endswith(f"; 12 results are in {out}; run the same command to resume")
    assert len(ids(out)) == 12
    with Front(canned) as front:
        ended, _, complaints = grade(*options, environ=front.environ)
    assert (ended, complaints) == (0, [f"12 of them were already in {out}; remove the file to regrade them"])
    assert sum(len(event["batch"]) for event in front.events) == 28
    assert ids(out) == [f"s{number}" for number in range(40)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_was_ended_goes_on_where_it_was(
    grade: Grading, samples: Path, tmp_path: Path, number: signal.Signals
) -> None:
    out = tmp_path / "out.jsonl"
    options = [str(samples), "--on", "lambda:function", "--out", str(out), "--concurrency", "2", "--batch-size", "4"]

    def answer(event: dict[str, Any]) -> Reply:
        time.sleep(100 if len(front.events) > 5 else 0)
        return canned(event)

    with Front(answer) as front:
        running = start(*options, environ=front.environ)
        give_up = time.monotonic() + 60
        while (not out.exists() or out.read_bytes().count(b"\n") < 16) and time.monotonic() < give_up:
            time.sleep(0.05)
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
    assert running.returncode == (130 if number is signal.SIGINT else -signal.SIGKILL)
    done = len(ids(out))
    assert 16 <= done < 40
    if number is signal.SIGINT:
        assert without_progress(err) == (
            f"interrupted after {done} samples; {done} results are in {out}; run the same command to resume\n"
        )
    with out.open("a") as torn:
        torn.write('{"id": "s39", "aggreg')
    with Front(canned) as front:
        code, _, _ = grade(*options, environ=front.environ)
    assert code == 0
    assert sum(len(event["batch"]) for event in front.events) == 40 - done
    assert ids(out) == [f"s{place}" for place in range(40)]


def test_a_sample_that_is_too_large_is_named_and_the_others_are_graded(grade: Grading, tmp_path: Path) -> None:
    large = sample("large", RIGHT) | {"notes": "x" * (6 * 1024 * 1024)}
    path = written(tmp_path, [sample("a", RIGHT), large, sample("b", RIGHT)])
    out = tmp_path / "out.jsonl"
    with Front(canned) as front:
        code, _, complaints = grade(str(path), "--on", "lambda:function", "--out", str(out), environ=front.environ)
    assert code == 2
    assert len(complaints) == 1
    assert complaints[0].startswith(f"{path}:2: sample large: sample: is 6.3 MB as it is sent")
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert [(one["id"], one["status"]) for one in results] == [("a", "scored"), ("large", "unscored"), ("b", "scored")]


def test_a_request_that_the_service_finds_too_large_is_halved(grade: Grading, samples: Path) -> None:
    def answer(event: dict[str, Any]) -> Reply:
        return refusal(413, "RequestTooLargeException") if len(event["batch"]) > 5 else canned(event)

    with Front(answer) as front:
        code, out, complaints = grade(str(samples), "--on", "lambda:function", "--json", environ=front.environ)
    assert (code, complaints) == (0, [])
    assert json.loads(out)["scored"] == 40


def test_a_sample_that_the_function_always_fails_for_is_named_and_is_no_mistake_of_the_user_s(
    grade: Grading, tmp_path: Path
) -> None:
    def answer(event: dict[str, Any]) -> Reply:
        if any(one["id"] == "s3" for one in event["batch"]):
            return function_error("MemoryError", "")
        return canned(event)

    path = written(tmp_path, [sample(f"s{number}", RIGHT) for number in range(5)])
    with Front(answer) as front:
        code, out, complaints = grade(str(path), "--on", "lambda:function", "--json", environ=front.environ)
    assert code == 1
    assert complaints == [f"{path}:4: function function: has failed: MemoryError: "]
    assert (json.loads(out)["scored"], json.loads(out)["unscored"]) == (4, 1)


def test_settings_that_only_hold_here_are_refused(grade: Grading, samples: Path) -> None:
    for option in (["--deadline", "5"], ["--config", os.devnull]):
        code, _, complaints = grade(str(samples), "--on", "lambda:function", *option, environ={})
        assert (code, len(complaints)) == (2, 1)
        assert "leave out --config and --deadline" in complaints[0]
