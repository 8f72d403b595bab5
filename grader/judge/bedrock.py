"""Ask a model of Amazon Bedrock with boto3, which is imported at the first request."""

from __future__ import annotations

import os
import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.judge.prompt import Opinion, rating_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.config.settings import JudgeConfig
    from grader.judge.prompt import Question

__all__ = ["Bedrock", "HopelessError"]

_ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 8.0
_CONNECT_S: Final = 3.0
_TRANSIENT: Final = frozenset(
    {
        "InternalServerException", "ModelErrorException", "ModelNotReadyException", "ModelTimeoutException",
        "ServiceUnavailableException", "ThrottlingException", "TooManyRequestsException",
    }
)  # fmt: skip
"""Of the errors of Converse (Amazon Bedrock API Reference) those that may pass."""
_TRANSIENT_STATUS: Final = frozenset({408, 424, 429, 500, 502, 503, 504})
_OF_ONE_QUESTION: Final = frozenset({"ValidationException"})
"""Such as a question that is too long for the model; the next may be shorter."""


class HopelessError(Exception):
    """No other question has a chance: no permission, no credentials, no such model. One line for people."""


@dataclass(frozen=True, slots=True)
class _Problem:
    text: str
    transient: bool = False
    hopeless: bool = False


class Bedrock:
    """Asks a model. For use from several threads.

    Region (unless the settings name one), credentials, endpoint and certificates are those that the client finds by
    itself (AWS SDKs and Tools Reference Guide).
    """

    def __init__(self, config: JudgeConfig, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._config = config
        self._pause = pause
        self._client: Any = None
        self._making = threading.Lock()

    def rate(self, question: Question, deadline: float) -> Opinion:
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
                rating = rating_in(self._ask(question))
            except Exception as error:  # noqa: BLE001 - the client raises whatever it raises, and nothing here is fatal
                problem = _explain(error)
            else:
                return Opinion(rating, "" if rating is not None else "the model's reply is no rating")
            if problem.hopeless:
                self.forget()
                raise HopelessError(problem.text)
            pause = random.uniform(0.0, min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (attempt - 1)))  # noqa: S311 - so that not all come back at once
            if not problem.transient or attempt == _ATTEMPTS or time.monotonic() + pause >= until:
                return Opinion(None, f"{problem.text}{f', {attempt} times' if attempt > 1 else ''}")
            self._pause(pause)

    def forget(self) -> None:
        """Look for credentials anew the next time."""
        with self._making:
            self._client = None

    def _ask(self, question: Question) -> Any:
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


def _explain(error: Exception) -> _Problem:
    """What an error of the client means. Its own text is left out: it may quote what was sent."""
    from botocore import exceptions as known  # noqa: PLC0415 - slow to import

    kind = type(error).__name__
    if isinstance(error, known.ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))[:80]
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _TRANSIENT or status in _TRANSIENT_STATUS:
            return _Problem(f"the model is busy or has failed ({code})", transient=True)
        return _Problem(f"Amazon Bedrock refuses ({code})", hopeless=code not in _OF_ONE_QUESTION)
    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return _Problem("there are no AWS credentials", hopeless=True)
    if isinstance(error, known.NoRegionError):
        return _Problem("no region is set: judge.region, or AWS_REGION", hopeless=True)
    if isinstance(error, known.HTTPClientError | known.ConnectionError | OSError):
        return _Problem(f"Amazon Bedrock could not be reached ({kind})", transient=True)
    return _Problem(f"the AWS client failed ({kind})", hopeless=isinstance(error, known.BotoCoreError))
