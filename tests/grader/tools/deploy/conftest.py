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
    """An account whose functions answer with the event they get, as moto's do where it has no containers."""
    aws.post("/moto-api/config", json.dumps({"lambda": {"use_docker": False}}).encode())
    return aws


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A docker that only notes what it is told."""
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
    """A host with what the shell wants, and no container engine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "env", "dirname", "cat", "python3"):
        found = next(path for one in os.environ["PATH"].split(os.pathsep) if (path := Path(one) / name).exists())
        (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("ENGINE", raising=False)


@pytest.fixture
def image(account: Server) -> str:
    """An image that is there already."""
    uri = put_image(CLOUD.client("ecr"), "mine", "one")
    account.take_calls()
    return uri
