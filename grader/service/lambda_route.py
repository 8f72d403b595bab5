"""The route that is invoked as Lambda is: ``POST /2015-03-31/functions/NAME/invocations``.

It answers as the Invoke operation of Lambda does (AWS Lambda API Reference, "Invoke"), for any NAME; the Runtime
Interface Emulator serves the same path for the name ``function``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
import traceback
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Route

from grader.aws.lambda_function import PAYLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from starlette.requests import Request

__all__ = ["INVOCATION_PATH", "LambdaRoute", "refuse"]

INVOCATION_PATH: Final = "/2015-03-31/functions/function/invocations"

_log = logging.getLogger(__name__)


class _RequestError(Exception):
    def __init__(self, status: HTTPStatus, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


@dataclass(frozen=True, slots=True)
class _Context:
    """What a handler may ask of its invocation, under Lambda's names."""

    function_name: str
    deadline: float
    """`time.monotonic`."""
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    function_version: str = "$LATEST"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation's timeout."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class LambdaRoute:
    """Invokes a handler.

    Args:
        function: the handler.
        threads: runs it; as many invocations at a time as it has threads.
        timeout_s: seconds that an invocation may take.
    """

    def __init__(self, function: Callable[[Any, Any], Any], threads: Executor, *, timeout_s: float) -> None:
        self._function = function
        self._threads = threads
        self._timeout_s = timeout_s

    def route(self) -> Route:
        """Return the route."""
        return Route("/2015-03-31/functions/{name}/invocations", self._answer, methods=["POST"])

    async def _answer(self, request: Request) -> Response:
        try:
            event = await _read_event(request)
            if request.headers.get("X-Amz-Invocation-Type") == "DryRun":
                return Response(status_code=HTTPStatus.NO_CONTENT)
        except _RequestError as error:
            return refuse(error.status, error.kind, str(error))
        except ClientDisconnect:  # nobody reads it
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        # From here on: events that wait for a thread are late by the time they wait.
        context = _Context(request.path_params["name"], time.monotonic() + self._timeout_s)
        loop = asyncio.get_running_loop()
        payload, failed = await loop.run_in_executor(self._threads, _invoke, self._function, event, context)
        headers = {"X-Amz-Executed-Version": context.function_version, "X-Amzn-RequestId": context.aws_request_id}
        if failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return Response(payload, headers=headers, media_type="application/json")


def refuse(status: HTTPStatus, kind: str, message: str) -> Response:
    """Return an error of the service itself, in Lambda's shape."""
    body = json.dumps({"Type": "User", "Message": message})
    return Response(body, status, {"X-Amzn-ErrorType": kind}, media_type="application/json")


async def _read_event(request: Request) -> Any:
    if request.headers.get("X-Amz-Invocation-Type") == "Event":
        raise _RequestError(
            HTTPStatus.BAD_REQUEST, "InvalidParameterValueException", "events are answered here, never queued"
        )
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > PAYLOAD_BYTES:
            raise _RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "RequestTooLargeException",
                f"Request must be smaller than {PAYLOAD_BYTES} bytes for the InvokeFunction operation",
            )
        chunks.append(chunk)
    try:
        return json.loads(b"".join(chunks) or b"{}")
    except (ValueError, RecursionError) as error:
        raise _RequestError(
            HTTPStatus.BAD_REQUEST,
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from None


def _invoke(function: Callable[[Any, Any], Any], event: Any, context: _Context) -> tuple[bytes, bool]:
    """Invoke the handler; return the payload, and True if it is an error."""
    try:
        result = function(event, context)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told and the next event is served
        frames = traceback.format_tb(error.__traceback__)[1:]
        return _failure(type(error).__name__, str(error), context, frames), True
    try:
        payload = json.dumps(result, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        return _failure("Runtime.MarshalError", f"Unable to marshal response: {error}", context), True
    if len(payload) > PAYLOAD_BYTES:
        message = f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_BYTES} bytes)."
        return _failure("Function.ResponseSizeTooLarge", message, context), True
    return payload, False


def _failure(kind: str, message: str, context: _Context, frames: list[str] | None = None) -> bytes:
    _log.error("%s", json.dumps({"event": "error", "errorType": kind, "errorMessage": message}))
    return json.dumps(
        {"errorMessage": message, "errorType": kind, "requestId": context.aws_request_id, "stackTrace": frames or []}
    ).encode()
