"""The job runtime of SageMaker: sample the model that is trained, and report how a rollout ended.

The operations are those of botocore's service description ``sagemakerjobruntime`` 2026-02-01.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final, Literal

from grader.aws.client import AwsSession
from grader.aws.errors import FailureKind
from grader.aws.retry import AttemptsFailedError, RetryPolicy
from grader.errors import FieldError
from grader.lambda_api.samples import message_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from grader.aws.errors import AwsFailure
    from grader.rollout.events import Trajectory

__all__ = ["AlreadyEndedError", "Clients", "JobRuntime", "JobRuntimeError"]

_RETRIES: Final = RetryPolicy(max_attempts=8, first_s=0.5, longest_s=15.0)
_CONNECT_S: Final = 5.0
_SHORTEST_S: Final = 8.0
_LONGEST_S: Final = 512.0
_ENDED: Final = ("not in valid status", "Cannot transition trajectory")
"""Parts of the messages that mean a rollout has ended already (sagemaker-train 1.27.0, `rft/feedback.py`)."""
_NOT_SAMPLED: Final = frozenset({FailureKind.THROTTLED, FailureKind.UNREACHABLE})
"""Failures of a request that has not reached the model. Another attempt after any other might add a second turn to the
trajectory: the service keeps every turn."""
_INTERNAL: Final = "InternalServiceError"
_MODEL: Final = "default"
"""Name of the model in a request; the job's ARN says which one it is ("Preparing your agent")."""


class JobRuntimeError(Exception):
    """The job runtime refuses a call, or has failed. The text is one line.

    Attributes:
        failure: the failure; ``None`` for a response that cannot be read.
    """

    def __init__(self, message: str, failure: AwsFailure | None = None) -> None:
        super().__init__(message)
        self.failure = failure

    @property
    def is_denied(self) -> bool:
        """True if the function's role lacks a permission, or has no credentials."""
        failure = self.failure
        return failure is not None and (failure.kind is FailureKind.DENIED or failure.needs_credentials)

    @property
    def is_refusal(self) -> bool:
        """True if the service has refused the request itself, so that no turn was added."""
        return self.failure is not None and self.failure.code == "ValidationException"


class AlreadyEndedError(Exception):
    """The rollout has ended before: an earlier invocation has reported it, or the job has given it up."""


class JobRuntime:
    """Calls the job runtime for one rollout.

    Args:
        trajectory: the rollout.
        client_for: returns a client for a region, whose calls take at most so many seconds; see `Clients`.
        pause: waits for so many seconds.
    """

    def __init__(
        self,
        trajectory: Trajectory,
        client_for: Callable[[str, float], Any],
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._trajectory = trajectory
        self._client_for = client_for
        self._pause = pause

    def sample(
        self, messages: Sequence[Mapping[str, Any]], parameters: Mapping[str, float], *, timeout_s: float
    ) -> str:
        """Have the model answer a conversation; return the text of its answer.

        Raises:
            AlreadyEndedError: the rollout has ended.
            JobRuntimeError: there is no answer.
        """
        body = json.dumps({"model": _MODEL, "messages": list(messages), **parameters}).encode()
        response = self._call(
            "sample",
            timeout_s,
            lambda failure: failure.kind in _NOT_SAMPLED or failure.code == _INTERNAL,
            TrajectoryId=self._trajectory.id,
            Body=body,
        )
        try:
            return _text_of(response)
        except (ValueError, RecursionError, LookupError, TypeError, FieldError) as error:
            raise JobRuntimeError(f"sample: the response cannot be read: {type(error).__name__}") from None

    def complete(self, status: Literal["ready", "failed"], *, timeout_s: float) -> None:
        """End the rollout; `failed` keeps it out of the training.

        Raises:
            AlreadyEndedError: the rollout has ended before.
            JobRuntimeError: it is not known to have ended.
        """
        self._report("complete_rollout", timeout_s, Status=status)

    def update_reward(self, rewards: Sequence[float], *, timeout_s: float) -> None:
        """Report the rewards of a rollout that is ready; the same errors as `complete`."""
        self._report("update_reward", timeout_s, Rewards=list(rewards))

    def _report(self, operation: str, timeout_s: float, **parameters: Any) -> None:
        # The token lets a repeated call count once.
        token = f"{self._trajectory.id}-{operation}"
        self._call(
            operation,
            timeout_s,
            lambda failure: failure.transient,
            TrajectoryId=self._trajectory.id,
            ClientToken=token,
            **parameters,
        )

    def _call(
        self, operation: str, timeout_s: float, may_repeat: Callable[[AwsFailure], bool], **parameters: Any
    ) -> bytes:
        until = time.monotonic() + timeout_s
        region = self._trajectory.region

        def call() -> bytes:
            client = self._client_for(region, until - time.monotonic())
            response = getattr(client, operation)(JobArn=self._trajectory.job_arn, **parameters)
            # Here, because the connection may be lost while the body is read.
            return response["Body"].read() if "Body" in response else b""

        try:
            return _RETRIES.call(call, until=until, may_repeat=may_repeat, pause=self._pause)
        except AttemptsFailedError as error:
            failure = error.failure
            if failure.code == "ConflictException" or any(part in failure.detail for part in _ENDED):
                raise AlreadyEndedError(failure.detail) from None
            text = f"{operation}: {failure.command_text(region)}{error.suffix}"
            raise JobRuntimeError(text, failure) from None


class Clients:
    """Clients of the job runtime by region and timeout. Their own retries are off; see `JobRuntime`."""

    def __init__(self) -> None:
        self._sessions: dict[str, AwsSession] = {}

    def client_for(self, region: str, timeout_s: float) -> Any:
        """Return a client whose calls take no longer than so many seconds, if that is 8 or more."""
        session = self._sessions.setdefault(region, AwsSession(region=region, attempts=1))
        # Powers of two, because each timeout is a client of its own.
        read_timeout = _SHORTEST_S
        while read_timeout * 2 <= min(timeout_s, _LONGEST_S):
            read_timeout *= 2
        return session.client("sagemakerjobruntime", connect_timeout=_CONNECT_S, read_timeout=read_timeout)

    def forget(self) -> None:
        """Drop the clients, so that the next one looks for credentials again."""
        self._sessions.clear()


def _text_of(body: bytes) -> str:
    """Return the text of an OpenAI-compatible response; empty where the model has answered with none."""
    message = json.loads(body)["choices"][0]["message"]
    return message_text(message.get("content"), "choices[0].message.content")
