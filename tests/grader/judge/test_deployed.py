"""A judge on a function that `grader deploy` made: its settings go together."""

from __future__ import annotations

from typing import Any

import pytest

from grader.config.settings import GraderConfig
from grader.tools.deploy.settings import Deployment


@pytest.mark.parametrize(
    ("environment", "credentials"),
    [
        ({"GRADER_JUDGE_MODEL": "a.model-v1:0"}, "keep"),
        ({"GRADER_JUDGE_MODEL": ""}, "drop"),
        ({}, "drop"),
        ({"GRADER_CREDENTIALS": "keep"}, "keep"),
    ],
)
def test_credentials_are_kept_where_a_judge_needs_them(environment: dict[str, str], credentials: str) -> None:
    facts: dict[str, Any] = {"environment": environment}
    assert GraderConfig.load(None, Deployment(**facts).variables).credentials == credentials
