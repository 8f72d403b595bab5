"""Ask a model of Amazon Bedrock with boto3, which is imported at the first request."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Final

from grader.aws.client import new_client
from grader.aws.errors import FailureKind
from grader.aws.retry import AttemptsFailedError, RetryPolicy
from grader.judge.prompt import Rating, parse_rating

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.aws.errors import AwsFailure
    from grader.config.settings import JudgeConfig
    from grader.judge.prompt import RatingRequest

__all__ = ["BedrockModel", "JudgeUnavailableError"]

_RETRIES: Final = RetryPolicy(max_attempts=6, first_s=0.5, longest_s=8.0)
_CONNECT_S: Final = 3.0
_REQUEST_ERRORS: Final = frozenset({"ValidationException"})
"""Errors of one request, such as a prompt that is too long for the model; the next one may be shorter."""
_OTHERS_FAULTS: Final = frozenset({FailureKind.WRONG_VALUE, FailureKind.OTHER})
"""Exceptions of other libraries than the client, which say nothing about the next request."""


class JudgeUnavailableError(Exception):
    """No other question has a chance: no permission, no credentials, no such model. One line for people."""


class BedrockModel:
    """Asks a model. For use from several threads.

    Region (unless the settings name one), credentials, endpoint and certificates are those that the client finds by
    itself (AWS SDKs and Tools Reference Guide).
    """

    def __init__(self, config: JudgeConfig, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._pause = pause
        self._client: Any = None
        self._lock = threading.Lock()

    def rate(self, question: RatingRequest, deadline: float) -> Rating:
        """What the model says. What may pass (throttling, 5xx, a lost connection) is tried again, up to 6 times.

        Args:
            question: what to ask.
            deadline: when nobody waits any more (`time.monotonic`); no attempt begins after it.

        Raises:
            HopelessError: no question can be asked.
        """
        try:
            rating = _RETRIES.call(
                lambda: parse_rating(self._ask(question)),
                until=min(deadline, time.monotonic() + self._config.timeout_s),
                may_repeat=lambda failure: failure.transient,
                pause=self._pause,
            )
        except AttemptsFailedError as error:
            if _is_fatal(error.failure):
                self.forget()
                raise JudgeUnavailableError(error.failure.bedrock_text) from None
            return Rating(None, f"{error.failure.bedrock_text}{error.suffix}")
        return Rating(rating, "" if rating is not None else "the model's reply is no rating")

    def forget(self) -> None:
        """Look for credentials anew the next time."""
        with self._lock:
            self._client = None

    def _ask(self, question: RatingRequest) -> Any:
        return self._ready().converse(
            modelId=self._config.model,
            inferenceConfig={"temperature": 0.0, "maxTokens": self._config.max_tokens},
            **question.messages(self._config.max_chars),
        )

    def _ready(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = new_client(
                    "bedrock-runtime",
                    region=self._config.region or None,
                    connect_timeout=min(_CONNECT_S, self._config.timeout_s),
                    read_timeout=self._config.timeout_s,
                    max_pool_connections=self._config.threads,
                )
            return self._client


def _is_fatal(failure: AwsFailure) -> bool:
    """Return True if every other request would fail, too."""
    return not (failure.transient or failure.code in _REQUEST_ERRORS or failure.kind in _OTHERS_FAULTS)
