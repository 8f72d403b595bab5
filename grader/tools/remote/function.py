"""Invoke a deployed function, or another one at the configured endpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import Enum
from typing import Any, Final, Self

from grader.aws.client import AwsSession
from grader.aws.errors import translated_errors
from grader.aws.lambda_function import TIMEOUT_S, FunctionName
from grader.errors import CloudError, CloudRequestError, GraderError, NothingThereError
from grader.text import one_line

__all__ = ["LAMBDA_PREFIX", "InvocationError", "Remedy", "RemoteFunction"]

LAMBDA_PREFIX: Final = "lambda:"
_CONNECT_S: Final = 10.0
_NETWORK_MARGIN_S: Final = 20.0
"""Seconds that a response may take on its way, after the longest invocation."""
_TOO_LARGE: Final = frozenset({"RequestTooLargeException", "413", "Function.ResponseSizeTooLarge"})
_REQUEST_ERRORS: Final = frozenset({"InvalidRequestContentException"})
_TRANSIENT_ERRORS: Final = frozenset(
    {
        "EC2ThrottledException", "EC2UnexpectedException", "EFSMountTimeoutException", "ENILimitReachedException",
        "ResourceConflictException", "ResourceNotReadyException", "SnapStartNotReadyException",
        "SnapStartTimeoutException",
    }
)  # fmt: skip
"""Errors that go away by themselves, whatever their status (AWS Lambda API Reference, "Invoke")."""
_FATAL_ERRORS: Final = frozenset(
    {
        "ConfigError", "IsolationError", "Runtime.HandlerNotFound", "Runtime.ImportModuleError",
        "Runtime.InvalidEntrypoint", "Runtime.InvalidTaskConfig", "Runtime.InvalidWorkingDir",
        "Runtime.UserCodeSyntaxError",
    }
)  # fmt: skip
"""Errors of a function that would fail with any event."""


class Remedy(Enum):
    """Request that may succeed after an invocation has failed."""

    LATER = "the same again, after a while"
    SMALLER = "a smaller batch"
    SPLIT = "each half by itself; a single sample again, after a while"
    """Splitting the batch again and again finds the sample that makes the function fail."""


class InvocationError(Exception):
    """An invocation has failed, and another request may succeed. The text is for people."""

    def __init__(self, message: str, remedy: Remedy) -> None:
        super().__init__(message)
        self.remedy = remedy


class RemoteFunction:
    """A function to send batches to. Safe for threads.

    Args:
        name: name of the function.
        cloud: account of the function. Its region is that of the name, where that is an ARN.
        concurrency: number of threads that will use it.
    """

    def __init__(self, name: FunctionName, cloud: AwsSession, *, concurrency: int = 1) -> None:
        self.name = name
        self._cloud = cloud
        self._concurrency = concurrency

    @classmethod
    def parse(cls, address: str, *, profile: str | None, region: str | None, concurrency: int) -> Self:
        """Return the function of ``lambda:NAME``, ``lambda:NAME:ALIAS`` or ``lambda:ARN``.

        Raises:
            CloudRequestError: the address is something else, or the ARN is one of another region than `region`.
        """
        if not address.startswith(LAMBDA_PREFIX):
            raise CloudRequestError(
                f"--on {one_line(address)!r}: give lambda:NAME, lambda:NAME:ALIAS or lambda:ARN, such as "
                "lambda:SageMaker-grader"
            )
        name = FunctionName.parse(address.removeprefix(LAMBDA_PREFIX))
        # The ARN decides the region of the client; a different --region is more likely a mistake than a wish.
        if region is not None and name.region not in (None, region):
            raise CloudRequestError(
                f"--on {address}: is a function in {name.region}, and --region is {region}; leave it out"
            )
        return cls(name, AwsSession(profile=profile, region=name.region or region), concurrency=concurrency)

    def close(self) -> None:
        """Do nothing: the AWS client closes its connections by itself."""

    def check(self) -> None:
        """Check that the function may be invoked, without invoking it.

        Raises:
            CloudRequestError: it may not: there is no such function or alias, no credentials, or no permission.
            CloudError: AWS has failed, or cannot be reached.
        """
        try:
            self._dry_run(self.name)
        except NothingThereError as error:
            if self.name.qualifier is None:
                raise
            # Lambda has one error for both: look without the alias, to name the one that is missing
            bare = replace(self.name, qualifier=None)
            try:
                self._dry_run(bare)
            except GraderError:
                raise error from None
            raise NothingThereError(
                f"function {bare}: is there, but has no alias or version {self.name.qualifier!r}; make it, or leave "
                "it out",
                code=error.code,
            ) from None

    def invoke(self, payload: bytes) -> bytes:
        """Send an event, and return the payload of the response.

        Raises:
            InvocationError: it has failed, and another request may go well.
            CloudRequestError, CloudError: it has failed, and every other request would.
        """
        about = f"function {self.name}"
        client = self._client()
        try:
            with translated_errors(about, region=client.meta.region_name):
                response = client.invoke(**_target_parameters(self.name), Payload=payload)
                text: bytes = response["Payload"].read()
        except CloudError as error:
            # InvocationError and not CloudError, which would end the run: the fan-out waits, and sends the batch again.
            if error.transient or error.code in _TRANSIENT_ERRORS:
                raise InvocationError(str(error), Remedy.LATER) from None
            raise
        except CloudRequestError as error:
            if error.code in _TOO_LARGE:
                raise InvocationError(f"{about}: the request is too large for Lambda", Remedy.SMALLER) from None
            # One sample of the batch is to blame, which halving finds.
            if error.code in _REQUEST_ERRORS:
                raise InvocationError(str(error), Remedy.SPLIT) from None
            if error.code in _TRANSIENT_ERRORS:
                raise InvocationError(str(error), Remedy.LATER) from None
            raise
        if response.get("FunctionError"):
            raise self._failure(text)
        return text

    def _failure(self, payload: bytes) -> InvocationError | CloudError:
        """Return the error that the function itself reports (AWS Lambda Developer Guide, "Python function errors")."""
        try:
            value = json.loads(payload)
        except (ValueError, RecursionError):
            value = None
        document: dict[str, Any] = value if isinstance(value, dict) else {}
        message = one_line(document.get("errorMessage", ""), 300)
        # a timeout of the function has a message and no type
        kind = one_line(document.get("errorType") or ("Sandbox.Timedout" if "timed out" in message else "unknown"), 80)
        text = f"function {self.name}: has failed: {kind}: {message}"
        # Every other batch would fail in the same way, and be billed.
        if kind in _FATAL_ERRORS:
            return CloudError(f"{text}; fix the function first", code=kind)
        return InvocationError(text, Remedy.SMALLER if kind in _TOO_LARGE else Remedy.SPLIT)

    def _dry_run(self, name: FunctionName) -> None:
        self._cloud.call("lambda", "invoke", f"function {name}", **_target_parameters(name), InvocationType="DryRun")

    def _client(self) -> Any:
        # Its own retries are off: FanOut repeats, with a smaller batch where that helps. It waits for as long as a
        # function may take, with keep-alive, because NAT gateways drop connections that are silent for 350 s.
        return self._cloud.client(
            "lambda",
            retries={"total_max_attempts": 1},
            connect_timeout=_CONNECT_S,
            read_timeout=TIMEOUT_S + _NETWORK_MARGIN_S,
            max_pool_connections=self._concurrency,
            tcp_keepalive=True,
        )


def _target_parameters(name: FunctionName) -> dict[str, str]:
    qualifier = {} if name.qualifier is None else {"Qualifier": name.qualifier}
    return {"FunctionName": str(replace(name, qualifier=None)), **qualifier}
