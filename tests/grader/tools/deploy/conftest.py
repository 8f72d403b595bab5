from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.aws.images import put_image
from tests.grader.tools.deploy.acting import CLOUD, Engine

if TYPE_CHECKING:
    from tests.aws.cloud import Server

STAND_IN = Path(__file__).parents[3] / "aws/docker.py"


@pytest.fixture
def account(aws: Server) -> Server:
    """Return an account whose functions respond with their event, as moto does without containers."""
    aws.post("/moto-api/config", json.dumps({"lambda": {"use_docker": False}}).encode())
    return aws


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put a fake docker on the path that records its commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    docker = folder / "docker"
    docker.write_text(f'#!/bin/sh\nexec {sys.executable} -W ignore {STAND_IN} "$@"\n')
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ENGINE_NOTES", str(tmp_path / "notes"))
    monkeypatch.delenv("ENGINE", raising=False)
    return Engine(tmp_path / "notes")


@pytest.fixture
def no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a path with the programs that the script needs, but without a container engine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "dirname", "cat", "python3"):
        program = next(path for one in os.environ["PATH"].split(os.pathsep) if (path := Path(one) / name).exists())
        (folder / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("ENGINE", raising=False)


@pytest.fixture
def image(account: Server) -> str:
    """Push an image, and return its URI."""
    uri = put_image(CLOUD.client("ecr"), "mine", "one")
    account.take_calls()
    return uri
