"""A judge on a function that `grader deploy` made: its settings go together."""

from __future__ import annotations

import pytest

from grader.config.settings import GraderConfig
from grader.tools.deploy.options import Options, variables_of
from grader.tools.deploy.template import Template


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
    template = Template.load()
    values = template.defaults() | Options(template, environment=environment).parameters()
    assert GraderConfig.load(None, variables_of(template, values)).credentials == credentials
