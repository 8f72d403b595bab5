"""Ask a model of Amazon Bedrock with boto3, which is imported at the first request."""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.judge.prompt import Rating, parse_rating

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.config.settings import JudgeConfig
    from grader.judge.prompt import RatingRequest

__all__ = ["BedrockModel", "JudgeUnavailableError"]

_MAX_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.5
_MAX_PAUSE_S: Final = 8.0
_CONNECT_S: Final = 3.0
_TRANSIENT: Final = frozenset(
    {
        "InternalServerException", "ModelErrorException", "ModelNotReadyException", "ModelTimeoutException",
        "ServiceUnavailableException", "ThrottlingException", "TooManyRequestsException",
    }
)  # fmt: skip
"""Of the errors of Converse (Amazon Bedrock API Reference) those that may pass."""
_TRANSIENT_STATUS: Final = frozenset({408, 424, 429, 500, 502, 503, 504})
_REQUEST_ERRORS: Final = frozenset({"ValidationException"})
"""Such as a question that is too long for the model; the next may be shorter."""


class JudgeUnavailableError(Exception):
    """No other question has a chance: no permission, no credentials, no such model. One line for people."""


@dataclass(frozen=True, slots=True)
class _ApiFailure:
    text: str
    transient: bool = False
    fatal: bool = False


class BedrockModel:
    """Asks a model. For use from several threads.

    Region (unless the settings name one), credentials, endpoint and certificates are those that the client finds by
    itself (AWS SDKs and Tools Reference Guide).
    """

    def __init__(self, config: JudgeConfig, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._pause = pause
        self._client: Any = None
        self._making = threading.Lock()

    def rate(self, question: RatingRequest, deadline: float) -> Rating:
        """What the model says. What may pass (throttling, 5xx, a lost connection) is tried again, up to 6 times.

        Args:
            question: what to ask.
            deadline: when nobody waits any more (`time.monotonic`); no attempt begins after it.

        Raises:
            HopelessError: no question can be asked.
        """
        until = min(deadline, time.monotonic() + self._config.timeout_s)
        attempt = 0
        while True:
            attempt += 1
            try:
                rating = parse_rating(self._ask(question))
            except Exception as error:  # noqa: BLE001 - the client raises whatever it raises, and nothing here is fatal
                problem = _classify(error)
            else:
                return Rating(rating, "" if rating is not None else "the model's reply is no rating")
            if problem.fatal:
                self.forget()
                raise JudgeUnavailableError(problem.text)
            pause = random.uniform(0.0, min(_MAX_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempt - 1)))  # noqa: S311 - so that not all come back at once
            if not problem.transient or attempt == _MAX_ATTEMPTS or time.monotonic() + pause >= until:
                return Rating(None, f"{problem.text}{f', {attempt} times' if attempt > 1 else ''}")
            self._pause(pause)

    def forget(self) -> None:
        """Look for credentials anew the next time."""
        with self._making:
            self._client = None

    def _ask(self, question: RatingRequest) -> Any:
        return self._ready().converse(
            modelId=self._config.model,
            inferenceConfig={"temperature": 0.0, "maxTokens": self._config.max_tokens},
            **question.messages(self._config.max_chars),
        )

    def _ready(self) -> Any:
        with self._making:
            if self._client is None:
                import boto3  # noqa: PLC0415 - slow to import
                from botocore.config import Config  # noqa: PLC0415 - as above

                self._client = boto3.session.Session().client(
                    "bedrock-runtime",
                    # the client does not look for AWS_REGION by itself
                    region_name=self._config.region or os.environ.get("AWS_REGION") or None,
                    config=Config(
                        retries={"mode": "standard", "total_max_attempts": 1},
                        connect_timeout=min(_CONNECT_S, self._config.timeout_s),
                        read_timeout=self._config.timeout_s,
                        max_pool_connections=self._config.threads,
                        user_agent_extra="rlvr-code-grader",
                    ),
                )
            return self._client


def _classify(error: Exception) -> _ApiFailure:
    """What an error of the client means. Its own text is left out: it may quote what was sent."""
    from botocore import exceptions as known  # noqa: PLC0415 - slow to import

    kind = type(error).__name__
    if isinstance(error, known.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))[:80]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _TRANSIENT or status in _TRANSIENT_STATUS:
            return _ApiFailure(f"the model is busy or has failed ({code})", transient=True)
        return _ApiFailure(f"Amazon Bedrock refuses ({code})", fatal=code not in _REQUEST_ERRORS)
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return _ApiFailure("there are no AWS credentials", fatal=True)
    if isinstance(error, known.NoRegionError):
        return _ApiFailure("no region is set: judge.region, or AWS_REGION", fatal=True)
    if isinstance(error, known.HTTPClientError | known.ConnectionError | OSError):
        return _ApiFailure(f"Amazon Bedrock could not be reached ({kind})", transient=True)
    return _ApiFailure(f"the AWS client failed ({kind})", fatal=isinstance(error, known.BotoCoreError))
