"""The commands `grader deploy` and `grader undeploy`, as processes, with the ordinary client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.grader.tools.deploy.acting import changes, everything

if TYPE_CHECKING:
    import pytest

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


def test_a_second_deployment_changes_nothing_and_a_removal_leaves_nothing(account: Server, engine: Engine) -> None:
    out, err = grader("deploy", "--dry-run")
    assert changes(account.take_calls()) == []
    assert engine.commands == []
    actions = [line.split()[0:2] for line in out.splitlines()]
    for act in (["ecr", "create_repository"], ["iam", "create_role"], ["lambda", "create_function"]):
        assert act in actions
    assert "IAM role SageMaker-rlvr-code-grader-us-east-1: would be made" in err

    out, err = grader("deploy")
    calls = changes(account.take_calls())
    assert calls == [
        "ecr:CreateRepository",
        "ecr:SetRepositoryPolicy",
        "ecr:PutImage",
        "iam:CreateRole",
        "iam:PutRolePolicy",
        "logs:CreateLogGroup",
        "logs:PutRetentionPolicy",
        "lambda:POST /2015-03-31/functions",
        f"lambda:POST /2015-03-31/functions/{NAME}/versions",
        f"lambda:POST /2015-03-31/functions/{NAME}/aliases",
    ]
    assert ARN in out.splitlines()
    build, login, push, logout = engine.commands
    uri = build["settings"]["IMAGE"]
    assert uri.startswith(f"123456789012.dkr.ecr.us-east-1.amazonaws.com/{NAME.lower()}:{NAME}-src-")
    assert build["words"][0] == "build"
    assert (login["words"][0], login["stdin"]) == ("login", "123456789012-auth-token")
    assert push["words"] == ["push", uri]
    assert logout["words"][0] == "logout"
    assert "auth-token" not in out + err

    out, err = grader("deploy")
    assert changes(account.take_calls()) == []
    assert len(engine.commands) == 4
    assert out.startswith("Nothing to change")
    assert ARN in out.splitlines()

    out, _ = grader("undeploy")
    assert out == "5 of 5 resources removed\n"
    assert everything() == EMPTY


def test_a_dry_run_prints_the_actions_as_json(account: Server, image: str) -> None:
    out, _ = grader("deploy", "--image", image, "--dry-run", "--json")
    document = json.loads(out)
    assert document["arn"] == ARN
    assert document["doctor"] is None
    assert [step["outcome"] for step in document["steps"]] == ["made"] * 4
    assert changes(account.take_calls()) == []


def test_an_interrupt_lists_what_was_changed(account: Server, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_HANGS", "push")
    command = [sys.executable, "-m", "grader.cli", "deploy", "--no-build"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as running:
        while not any(note["words"][0] == "push" for note in engine.commands):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    (line,) = [line for line in err.splitlines() if line.startswith("grader: ")]
    assert line.startswith(f"grader: interrupted; created or changed so far: ECR repository {NAME.lower()}, image")
    assert line.endswith(f"`grader undeploy --name {NAME} --region us-east-1` to remove what it created")


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
