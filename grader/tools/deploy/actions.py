"""What is done to the world, as data: it can be shown without being done."""

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
    """What became of a resource."""

    MADE = "made"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    OTHERS = "not ours, left as it is"
    REMOVED = "removed"
    ABSENT = "not there"


class UnknownAnswer(dict[str, Any]):
    """An answer that has not been given, because nothing was asked: every part of it says what it would be."""

    def __missing__(self, key: str) -> str:
        return f"<{key} of the answer>"


@dataclass(frozen=True, slots=True)
class AwsCall:
    """A call of AWS that changes something."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    about: str
    """What it is about, for people."""
    until_accepted: str = ""
    """The call is made again while AWS refuses it in these words: what was made before is not known everywhere yet."""

    def __str__(self) -> str:
        return f"{self.service} {self.operation} {json.dumps(self.parameters)}"

    def do(self, cloud: AwsSession) -> Any:
        """Make the call; what AWS answers."""
        return cloud.call(self.service, self.operation, self.about, **self.parameters)


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause until AWS has done what it was told."""

    service: str
    waiter: str
    parameters: Mapping[str, Any]
    about: str

    def __str__(self) -> str:
        return f"wait for {self.service} {self.waiter} {json.dumps(self.parameters)}"


@dataclass(frozen=True, slots=True)
class Command:
    """A program of this host."""

    words: Sequence[str]
    about: str
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """Beside this process's own."""

    def __str__(self) -> str:
        settings = [f"{name}={shlex.quote(value)}" for name, value in self.environment.items()]
        return " ".join([*settings, shlex.join(self.words)])


@dataclass(frozen=True, slots=True)
class Login:
    """A container engine's login at ECR, and its end: what is shown never has the password in it."""

    engine: Sequence[str]
    registry: str

    def __str__(self) -> str:
        return f"{shlex.join(self.words)}  # the password from ecr get_authorization_token"

    @property
    def words(self) -> list[str]:
        """The command."""
        return [*self.engine, "login", "--username", "AWS", "--password-stdin", self.registry]


Action = AwsCall | Wait | Command | Login
Actions = Generator[Action, Any, ResourceStatus]
"""Acts, one after the other: each gets the answer to the one before, and the last says what became of the resource."""
