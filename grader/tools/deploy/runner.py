"""Execute the actions of a deployment, or only print them."""

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
    """Resource of the account that can be created and updated."""

    @property
    def title(self) -> str:
        """Name of the resource in messages."""

    def check(self, cloud: AwsSession) -> None:
        """Raise an error if the resource cannot be created. Called before anything is changed; changes nothing."""

    def make(self, cloud: AwsSession) -> Actions:
        """Yield the actions that create or update the resource, if any. Reads by itself, changes only by actions."""


class Removable(Protocol):
    """Resource of the account that can be removed."""

    @property
    def title(self) -> str:
        """Name of the resource in messages."""

    def remove(self, cloud: AwsSession) -> Actions:
        """Yield the actions that remove the resource; none if it does not belong to the deployment."""


@dataclass(frozen=True, slots=True)
class ResourceResult:
    """Result of one resource."""

    title: str
    outcome: ResourceStatus
    acts: tuple[str, ...]
    """Texts of the actions that were executed, or would be."""


class ActionRunner:
    """Executes actions.

    Args:
        cloud: session of the account.
        dry: True for a dry run: actions are reported but not executed.
        on_action: called with the text of every action before it is executed.
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
        """Number of actions executed for the current resource."""

    def carry_out(self, title: str, acts: Actions) -> ResourceResult:
        """Execute the actions of a resource, or report them in a dry run.

        Raises:
            CloudRequestError, CloudError, ToolError: an action failed; those before it have been executed.
        """
        self.acts = 0
        texts: list[str] = []
        answer: Any = None
        while True:
            try:
                act = acts.send(answer)
            except StopIteration as end:
                return ResourceResult(title, end.value, tuple(texts))
            texts.append(str(act))
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
                # By stdin: the arguments of a process are visible to all users of the host.
                return _run(act.words, f"login at {act.registry}", stdin=self._password())

    def _call(self, act: AwsCall) -> Any:
        refusals: list[CloudRequestError] = []

        def attempt() -> tuple[Any] | None:
            try:
                return (act.do(self._cloud),)
            except CloudRequestError as error:
                # IAM is eventually consistent: for some seconds Lambda does not know a role that was just created.
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
        # The token is `AWS:password` in base64 (GetAuthorizationToken in the Amazon ECR API Reference).
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
    """Run a program; its output goes to stderr.

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
            # An empty stdin: a program that asks for something fails, and does not wait for ever.
            input=b"" if stdin is None else stdin,
            # Our own stdout holds nothing but the command's result, which scripts read.
            stdout=sys.stderr.fileno(),
            check=False,
        )
    except OSError as error:
        raise ToolError(f"{about}: `{words[0]}` cannot be started: {error.strerror}") from error
    if ended.returncode:
        raise ToolError(
            f"{about}: `{' '.join(words[:3])}` failed with exit code {ended.returncode}; see its output above"
        )
