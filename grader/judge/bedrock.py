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
"""Errors that do not come from AWS or its client; the next request may succeed."""


class JudgeUnavailableError(Exception):
    """Every other request would fail, too: no permission, no credentials, no such model. The text is one line."""


class BedrockModel:
    """Asks a model for ratings. Safe for threads.

    The client finds credentials, endpoint, certificates and, unless the settings name one, the region by itself (AWS
    SDKs and Tools Reference Guide).
    """

    def __init__(self, config: JudgeConfig, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._pause = pause
        self._client: Any = None
        self._lock = threading.Lock()

    def rate(self, request: RatingRequest, deadline: float) -> Rating:
        """Ask for a rating. Transient errors (throttling, 5xx, a lost connection) are retried, up to 6 attempts.

        Args:
            request: the answer to rate.
            deadline: time after which no attempt begins (`time.monotonic`).

        Raises:
            JudgeUnavailableError: no request can succeed.
        """
        try:
            rating = _RETRIES.call(
                lambda: parse_rating(self._ask(request)),
                until=min(deadline, time.monotonic() + self._config.timeout_s),
                may_repeat=lambda failure: failure.transient,
                pause=self._pause,
            )
        except AttemptsFailedError as error:
            if _is_fatal(error.failure):
                # A client keeps the credentials it has found; a new one may find better ones for the next batch.
                self.forget()
                raise JudgeUnavailableError(error.failure.bedrock_text) from None
            return Rating(None, f"{error.failure.bedrock_text}{error.suffix}")
        return Rating(rating, "" if rating is not None else "the model's reply is not a rating")

    def forget(self) -> None:
        """Drop the client, so that the next request looks for credentials again."""
        with self._lock:
            self._client = None

    def _ask(self, request: RatingRequest) -> Any:
        return self._get_client().converse(
            modelId=self._config.model,
            inferenceConfig={"temperature": 0.0, "maxTokens": self._config.max_tokens},
            **request.messages(self._config.max_chars),
        )

    def _get_client(self) -> Any:
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
