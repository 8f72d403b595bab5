"""Helpers that deploy, remove, and list the resources of the account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.aws.client import AwsSession
from grader.tools.deploy.plan import plan_for, removal_of
from grader.tools.deploy.runner import ActionRunner

CLOUD = AwsSession()
"""Session for all tests, because clients are slow to create; all tests of a process share a server."""

if TYPE_CHECKING:
    from pathlib import Path

    from grader.tools.deploy.runner import ResourceResult
    from grader.tools.deploy.settings import Deployment


@dataclass(frozen=True)
class Engine:
    """Fake container engine that records its commands."""

    notes: Path

    @property
    def commands(self) -> list[dict[str, Any]]:
        """Recorded commands, except ``info``."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [note for note in map(json.loads, lines) if note["words"] != ["info"]]


def made(deployment: Deployment, *, build: bool = False) -> dict[str, ResourceResult]:
    """Deploy, and return the results of the resources by title."""
    steps: list[ResourceResult] = []
    plan_for(deployment, CLOUD, build=build).make(CLOUD, ActionRunner(CLOUD, pause_s=0.0), steps.append)
    return {step.title: step for step in steps}


def removed(deployment: Deployment) -> dict[str, ResourceResult]:
    """Remove a deployment, and return the results of the resources by title."""
    steps: list[ResourceResult] = []
    removal_of(deployment, CLOUD).carry_out(CLOUD, ActionRunner(CLOUD), steps.append)
    return {step.title: step for step in steps}


def changes(calls: list[str]) -> list[str]:
    """Select the calls that change something."""
    looks = ("Get", "Describe", "List", "GET")
    return [call for call in calls if not call.partition(":")[2].startswith(looks) and "/invocations" not in call]


def everything() -> dict[str, list[str]]:
    """List the resources of the account, of all kinds that a deployment has."""
    cloud = CLOUD
    return {
        "functions": [one["FunctionName"] for one in cloud.client("lambda").list_functions()["Functions"]],
        "roles": [one["RoleName"] for one in cloud.client("iam").list_roles()["Roles"]],
        "repositories": [one["repositoryName"] for one in cloud.client("ecr").describe_repositories()["repositories"]],
        "logs": [one["logGroupName"] for one in cloud.client("logs").describe_log_groups()["logGroups"]],
    }
