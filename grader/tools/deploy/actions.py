"""Actions of a deployment as data, so that a dry run can show them without executing them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from grader.aws.client import AwsSession

__all__ = ["Action", "Actions", "AwsCall", "Command", "Login", "ResourceStatus", "UnknownAnswer", "Wait"]


class ResourceStatus(StrEnum):
    """Result of making or removing a resource."""

    MADE = "made"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OTHERS = "not ours, left as it is"
    REMOVED = "removed"
    ABSENT = "not there"


# A dry run goes on after a call that it did not make, and later actions use parts of the response.
class UnknownAnswer(dict[str, Any]):
    """Placeholder for the response to a call that a dry run did not make; each key maps to a description of itself."""

    def __missing__(self, key: str) -> str:
        return f"<{key} of the answer>"


@dataclass(frozen=True, slots=True)
class AwsCall:
    """Call of an AWS service that changes something."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    about: str
    """Subject of the call, at the beginning of errors."""
    until_accepted: str = ""
    """Part of an error message; while AWS rejects the call with it, the call is retried (eventual consistency)."""

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {json.dumps(self.parameters)}"

    def do(self, cloud: AwsSession) -> Any:
        """Make the call, and return the response of AWS."""
        return cloud.call(self.service, self.operation, self.about, **self.parameters)


@dataclass(frozen=True, slots=True)
class Wait:
    """Pause until AWS has completed an earlier call."""

    service: str
    waiter: str
    parameters: Mapping[str, Any]
    about: str

    def __str__(self) -> str:
        return f"wait for {self.service} {self.waiter} {json.dumps(self.parameters)}"


@dataclass(frozen=True, slots=True)
class Command:
    """Program to run on this host."""

    words: Sequence[str]
    about: str
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables to add to those of this process."""

    def __str__(self) -> str:
        settings = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return " ".join([*settings, shlex.join(self.words)])


@dataclass(frozen=True, slots=True)
class Login:
    """Login of a container engine at ECR; its text never includes the password."""

    engine: Sequence[str]
    registry: str

    def __str__(self) -> str:
        return f"{shlex.join(self.words)}  # the password from ecr get_authorization_token"

    @property
    def words(self) -> list[str]:
        """Words of the command."""
        return [*self.engine, "login", "--username", "AWS", "--password-stdin", self.registry]


Action = AwsCall | Wait | Command | Login
# Generators, so that a real run and a dry run share the code that decides what is to be done.
Actions = Generator[Action, Any, ResourceStatus]
"""Generator of actions; it is sent the response to each action, and returns the status of the resource."""
