"""Who carries acts out, or only shows them."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from grader.aws.retry import poll
from grader.errors import CloudRequestError, ToolError
from grader.tools.deploy.actions import AwsCall, Command, Login, ResourceStatus, UnknownAnswer, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.aws.client import AwsSession
    from grader.tools.deploy.actions import Action, Actions

__all__ = ["ActionRunner", "Makeable", "Removable", "ResourceResult"]

_PAUSE_S: Final = 3.0
_ACCEPTED_WITHIN_S: Final = 90.0
_WAIT: Final[dict[str, Any]] = {"delay_s": 2, "max_attempts": 300}


class Makeable(Protocol):
    """Something in the account that is made, and kept as it should be."""

    @property
    def title(self) -> str:
        """What to call it."""

    def check(self, cloud: AwsSession) -> None:
        """Raise what would keep it from being made, before anything else is made; changes nothing."""

    def make(self, cloud: AwsSession) -> Actions:
        """What is missing until it is as it should be, if anything. Looks by itself, changes by acts alone."""


class Removable(Protocol):
    """Something in the account that can be taken away again."""

    @property
    def title(self) -> str:
        """What to call it."""

    def remove(self, cloud: AwsSession) -> Actions:
        """What removes it, if it is of the deployment's making; nothing, if it is not."""


@dataclass(frozen=True, slots=True)
class ResourceResult:
    """What became of one resource."""

    title: str
    outcome: ResourceStatus
    acts: tuple[str, ...]
    """As they were done, or would be."""


class ActionRunner:
    """Carries acts out.

    Args:
        cloud: where.
        dry: whether nothing is to be changed: acts are told and not done.
        on_act: called with the text of every act before it is done.
        pause_s: seconds between attempts at what will be accepted later.
    """

    def __init__(
        self,
        cloud: AwsSession,
        *,
        dry: bool = False,
        on_action: Callable[[str], None] = lambda _: None,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._cloud, self._dry, self._on_act, self._pause_s = cloud, dry, on_action, pause_s
        self.acts = 0
        """How many have been done of the resource at hand."""

    def carry_out(self, title: str, acts: Actions) -> ResourceResult:
        """Do these acts, or tell them.

        Raises:
            CloudRequestError, CloudError, ToolError: one of them failed; those before it are done.
        """
        self.acts = 0
        told: list[str] = []
        answer: Any = None
        while True:
            try:
                act = acts.send(answer)
            except StopIteration as end:
                return ResourceResult(title, end.value, tuple(told))
            told.append(str(act))
            self._on_act(str(act))
            answer = UnknownAnswer() if self._dry else self._do(act)
            self.acts += 1

    def _do(self, act: Action) -> Any:
        match act:
            case AwsCall():
                return self._call(act)
            case Wait():
                return self._wait(act)
            case Command():
                return _run(act.words, act.about, folder=act.folder, environment=act.environment)
            case Login():
                return _run(act.words, f"login at {act.registry}", stdin=self._password())

    def _call(self, act: AwsCall) -> Any:
        refusals: list[CloudRequestError] = []

        def attempt() -> tuple[Any] | None:
            try:
                return (act.do(self._cloud),)
            except CloudRequestError as error:
                if not act.until_accepted or act.until_accepted not in str(error):
                    raise
                refusals.append(error)
                return None

        response = poll(attempt, wait_s=self._pause_s, timeout_s=_ACCEPTED_WITHIN_S)
        if response is None:
            raise refusals[-1]
        return response[0]

    def _wait(self, act: Wait) -> None:
        self._cloud.wait(act.service, act.waiter, act.about, **_WAIT, **act.parameters)

    def _password(self) -> bytes:
        answer = self._cloud.call("ecr", "get_authorization_token", "login at ECR")
        token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"])
        return token.partition(b":")[2]


def _run(
    words: Sequence[str],
    about: str,
    *,
    folder: object = None,
    environment: object = None,
    stdin: bytes | None = None,
) -> None:
    """Run a program, with what it prints on stderr.

    Raises:
        ToolError: it failed, or cannot be started.
    """
    more = environment if isinstance(environment, dict) else {}
    sys.stderr.flush()
    try:
        ended = subprocess.run(  # noqa: S603 - the engine of this host, or a program of the checkout
            list(words),
            cwd=str(folder) if folder is not None else None,
            env={**os.environ, **more},
            input=b"" if stdin is None else stdin,
            stdout=sys.stderr.fileno(),
            check=False,
        )
    except OSError as error:
        raise ToolError(f"{about}: `{words[0]}` cannot be started: {error.strerror}") from error
    if ended.returncode:
        raise ToolError(
            f"{about}: `{' '.join(words[:3])}` has failed with exit code {ended.returncode}; it says why above"
        )
