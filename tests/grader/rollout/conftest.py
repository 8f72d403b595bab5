"""A grader, and an environment in which boto3's client finds nobody's account."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def grader() -> Iterator[Grader]:
    """A grader with the default configuration."""
    with Grader(GraderConfig.load(None, {"GRADER_WORKERS": "1"})) as made:
        yield made


@pytest.fixture(autouse=True)
def _account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIACANARYCANARYCAN1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
