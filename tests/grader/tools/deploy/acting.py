"""Helpers that deploy, remove, and list the resources of the account."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.aws.client import AwsSession
from grader.tools.deploy.deployment import Deployment, Request
from grader.tools.deploy.options import DEFAULT_NAME, Options
from grader.tools.deploy.removal import remove
from grader.tools.deploy.stack import Stack
from grader.tools.deploy.template import Template

CLOUD = AwsSession()
"""Session for all tests, because clients are slow to create; all tests of a process share a server."""
TEMPLATE = Template.load()
NAME = DEFAULT_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from grader.tools.deploy.removal import Removed


@dataclass(frozen=True)
class Engine:
    """Fake container engine that records its commands."""

    notes: Path

    @property
    def commands(self) -> list[dict[str, Any]]:
        """Recorded commands, except ``info``."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        return [note for note in map(json.loads, lines) if note["words"] != ["info"]]


def stack_of(name: str = NAME, lines: list[str] | None = None) -> Stack:
    """Return a stack that is looked at without pauses."""
    return Stack(CLOUD, name, on_event=[].append if lines is None else lines.append, pause_s=0.0)


def made(
    name: str = NAME,
    *,
    image: str | None = None,
    build: bool | None = None,
    base: str | None = None,
    reset: bool = False,
    tags: dict[str, str] | None = None,
    lines: list[str] | None = None,
    **options: Any,
) -> dict[str, str]:
    """Deploy; return the actions by resource, such as ``{"Function": "Modify"}``, and all lines in `lines`."""
    lines = [] if lines is None else lines
    words = {key: options.pop(key) for key in ("tests", "invokers", "environment") if key in options}
    given = {key.replace("_", "-"): str(value) for key, value in options.items()}
    request = Request(Options(TEMPLATE, name, given, **words), image, build, base, reset, tags or {})
    deployment = Deployment(request, CLOUD, stack_of(name, lines), lines.append)
    state = deployment.read()
    target = deployment.target(state)
    state = deployment.push(target, state)
    change_set = deployment.prepare(target, state)
    if change_set is None:
        return {}
    deployment.execute(change_set, state)
    return {one.resource: f"{one.action}{' again' if one.replacement else ''}" for one in change_set.changes}


def removed(name: str = NAME, *, keep_logs: bool = False) -> Removed:
    """Remove a deployment."""
    return remove(CLOUD, stack_of(name), keep_logs=keep_logs, dry=False)


def function_of(name: str = NAME, alias: str = "live") -> dict[str, Any]:
    """Return the configuration of the version that the alias stands for."""
    found = CLOUD.call("lambda", "get_function", "it", FunctionName=name, Qualifier=alias)
    configuration: dict[str, Any] = found["Configuration"]
    return configuration


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
