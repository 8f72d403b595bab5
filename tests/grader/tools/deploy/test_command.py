"""The commands `grader deploy` and `grader undeploy`, as processes, with the ordinary client.

They see nothing of AWS but credentials and the endpoint in the environment.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.grader.tools.deploy.acting import changes, everything, function_of

if TYPE_CHECKING:
    from tests.aws.cloud import Server
    from tests.grader.tools.deploy.acting import Engine

NAME = "SageMaker-rlvr-code-grader"
ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{NAME}:live"
EMPTY = {"functions": [], "roles": [], "repositories": [], "logs": []}


def grader(*args: str, code: int = 0) -> tuple[str, str]:
    """Run the command, and return its stdout and stderr."""
    command = [sys.executable, "-W", "error", "-m", "grader.cli", *args]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=os.environ)
    assert "Traceback" not in ended.stderr, ended.stderr
    assert ended.returncode == code, ended.stderr
    return ended.stdout, ended.stderr


def complaint(*args: str, code: int = 2) -> str:
    """Return the error message of the command."""
    out, err = grader(*args, code=code)
    assert out == ""
    (line,) = [line for line in err.splitlines() if line.startswith("grader: ")]
    return line


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_from_nothing_to_a_function_and_back(account: Server, engine: Engine) -> None:
    out, _ = grader("deploy", "--dry-run")
    assert everything() == EMPTY
    assert engine.commands == []
    assert "  Add    Function (AWS::Lambda::Function)" in out.splitlines()
    assert "  Add    Repository (AWS::ECR::Repository)" in out.splitlines()
    assert any(line.endswith("deploy/container build") for line in out.splitlines())
    assert "cloudformation:ExecuteChangeSet" not in account.take_calls()

    out, err = grader("deploy")
    client, by_stacks = account.take_all_calls()
    assert changes(client) == [
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        "ecr:PutImage",
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
    ], "the command itself makes nothing but the stack and the image"
    assert "iam:CreateRole" in by_stacks
    assert ARN in out.splitlines()
    assert "Alias (AWS::Lambda::Alias): CREATE_COMPLETE" in err
    build, login, push, logout = engine.commands
    uri = build["settings"]["IMAGE"]
    assert uri.startswith(f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{NAME.lower()}:{NAME}-src-")
    assert build["words"][0] == "build"
    assert (login["words"][0], login["stdin"]) == ("login", "123456789012-auth-token")
    assert push["words"] == ["push", uri]
    assert logout["words"][0] == "logout"
    assert "auth-token" not in out + err

    out, _ = grader("deploy")
    assert "cloudformation:ExecuteChangeSet" not in account.take_calls()
    assert len(engine.commands) == 4
    assert out.startswith("Nothing to change")
    assert ARN in out.splitlines()

    out, _ = grader("undeploy")
    assert out.startswith("Removed 6 resources:\n")
    assert everything() == EMPTY
    assert grader("undeploy")[0] == "Nothing to remove\n"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_other_options_fewer_and_one_that_fails(account: Server, image: str) -> None:
    options = ("--memory", "1769", "--env", "GRADER_REWARD_CREDIT=all", "--tests", "s3://bucket/tests/")
    grader("deploy", "--image", image, *options)
    grader("deploy", "--timeout", "120")
    settings = function_of()
    assert (settings["MemorySize"], settings["Timeout"]) == (1769, 120)
    assert settings["Environment"]["Variables"] == {"GRADER_REWARD_CREDIT": "all"}

    account.refuse({"call": "lambda:PUT .*/configuration", "code": "ServiceException", "status": 400, "times": 1})
    text = complaint("deploy", "--memory", "2048", code=1)
    assert f"grader: stack {NAME}: the update failed and was rolled back, so everything is as it was before: " in text
    assert "Function (AWS::Lambda::Function): An error occurred (ServiceException)" in text
    assert function_of()["MemorySize"] == 1769

    out, _ = grader("undeploy", "--dry-run")
    assert out.startswith("Would be removed:\n")
    assert everything()["functions"] == [NAME]


def test_a_dry_run_prints_the_change_set_as_json(account: Server, image: str) -> None:
    out, _ = grader("deploy", "--image", image, "--dry-run", "--json")
    document = json.loads(out)
    assert document["dry_run"] is True
    assert document["image_to_push"] is None
    assert document["parameters"]["ImageUri"] == image
    assert [(one["action"], one["resource"]) for one in document["changes"]] == [
        ("Add", name) for name in ("LogGroup", "ExecutionRole", "Function", "Version", "Alias")
    ]
    assert everything() == {**EMPTY, "repositories": ["mine"]}
    assert grader("undeploy")[0] == "Nothing to remove\n", "not even an empty stack is left"


def test_a_dry_run_says_what_would_change_of_what_stands(account: Server, image: str) -> None:
    grader("deploy", "--image", image)
    assert grader("deploy", "--dry-run")[0].splitlines()[-1] == "Nothing to change"
    out, _ = grader("deploy", "--dry-run", "--memory", "2048")
    assert "  Modify Function (AWS::Lambda::Function): Description, MemorySize" in out.splitlines()
    assert "  Modify Version (AWS::Lambda::Version) (a new one replaces it): Description" in out.splitlines()
    assert function_of()["MemorySize"] == 3538


def test_a_dry_run_without_an_account_shows_the_template(account: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    out, err = grader("deploy", "--dry-run", "--memory", "2048")
    assert "without an account, this is what the template creates" in err
    assert "  MemorySize = 2048" in out.splitlines()
    assert "  Add    Function (AWS::Lambda::Function)" in out.splitlines()
    assert account.take_calls() == []


def stopped_in_push(engine: Engine, monkeypatch: pytest.MonkeyPatch, by: signal.Signals) -> tuple[int, str]:
    """Start a deployment, send it a signal while it pushes, and return its exit code and stderr."""
    monkeypatch.setenv("ENGINE_HANGS", "push")
    command = [sys.executable, "-m", "grader.cli", "deploy", "--no-build"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        while not any(note["words"][0] == "push" for note in engine.commands):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(by)
        _, err = running.communicate(timeout=60)
    return running.returncode, err


def test_an_interrupt_says_what_goes_on(account: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    code, err = stopped_in_push(engine, monkeypatch, signal.SIGINT)
    assert code == 130
    (line,) = [line for line in err.splitlines() if line.startswith("grader: ")]
    assert line.startswith("grader: interrupted; nothing is in progress at AWS; run `grader deploy` again to resume")
    assert line.endswith(f"`grader undeploy --name {NAME} --region us-east-1` to remove what it created")
    assert engine.commands[-1]["words"][0] == "logout"


def test_a_command_that_is_ended_leaves_nobody_logged_in(
    account: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, _ = stopped_in_push(engine, monkeypatch, signal.SIGTERM)
    assert code == 143
    assert engine.commands[-1]["words"][0] == "logout"


class TestBadInput:
    def test_no_container_tool(self, account: Server, no_engine: None) -> None:
        text = complaint("deploy")
        assert "no container tool: none of docker, podman and buildah works here" in text
        assert "--image URI" in text
        assert changes(account.take_calls()) == []
        assert everything() == EMPTY

    def test_no_credentials(self, account: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.delenv("AWS_SESSION_TOKEN")
        assert "there are no AWS credentials; run `aws configure`" in complaint("deploy")
        assert account.take_calls() == []

    def test_an_expired_token(self, account: Server) -> None:
        account.refuse({"call": ".*", "code": "ExpiredToken", "status": 403})
        assert "credentials have expired (ExpiredToken)" in complaint("deploy")
