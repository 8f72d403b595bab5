"""A local endpoint that is invoked as Lambda is, for hosts that are not Lambda.

``POST /2015-03-31/functions/NAME/invocations`` with an event answers as the Invoke operation of Lambda does (AWS
Lambda API Reference, "Invoke"), for any NAME; the Runtime Interface Emulator serves the same path for the name
``function``. One event at a time, as in an execution environment of Lambda's; others wait in the queue of the socket.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import sys
import time
import traceback
import uuid
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any

from grader.aws.lambda_function import PAYLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ENDPOINT_PORT", "EndpointError", "serve_endpoint"]

ENDPOINT_PORT = 8080
"""Where the emulator in Lambda's base images listens."""
_PATH = re.compile(r"/2015-03-31/functions/([^/?]+)/invocations(?:\?.*)?")
_TIMEOUT_S = 300
"""What an invocation may take unless ``AWS_LAMBDA_FUNCTION_TIMEOUT`` says otherwise, as in the emulator."""
_IDLE_TIMEOUT_S = 60
"""After so long without a byte a client is hung up on, because others wait for it."""

_log = logging.getLogger(__name__)


class EndpointError(Exception):
    """The endpoint cannot serve; the text is one line for a person."""


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


def serve_endpoint(handler: str, *, port: int = ENDPOINT_PORT) -> None:
    """Serve on all addresses until interrupted.

    Args:
        handler: ``module.function``, as Lambda takes it.
        port: where to listen; 0 is any free one. The log names it.

    Raises:
        EndpointError: there is no such handler, or the port cannot be had.
    """
    function = _resolve(handler)
    timeout = os.environ.get("AWS_LAMBDA_FUNCTION_TIMEOUT", "")
    try:
        server = _Server(port, function, int(timeout) if timeout.isdecimal() else _TIMEOUT_S)
    except (OSError, OverflowError) as error:
        raise EndpointError(f"port {port}: {error}; set PORT to another") from None
    port = server.server_address[1]
    with server:
        _log.info("listening on http://localhost:%d/2015-03-31/functions/function/invocations", port)
        server.serve_forever()


def _resolve(handler: str) -> Callable[[Any, Any], Any]:
    module, _, function = handler.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise EndpointError(f"handler {handler!r}: {error}; module.function is wanted") from None
    if not callable(found):
        raise EndpointError(f"handler {handler!r} is no function")
    return found  # type: ignore[no-any-return]  # whether it takes two arguments is found out by calling it


class _Server(TCPServer):
    allow_reuse_address = True
    request_queue_size = 1024
    """Whole fan-outs wait here."""

    def __init__(self, port: int, function: Callable[[Any, Any], Any], timeout_s: int) -> None:
        self.function = function
        self.timeout_s = timeout_s
        super().__init__(("", port), _Request)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class's own
        """Say in one line that a client was lost; the function's own errors never get here."""
        _log.warning("%s", json.dumps({"event": "client_lost", "reason": repr(sys.exception())}))


class _Request(BaseHTTPRequestHandler):
    """One request; the connection is closed after it, so that the next client gets its turn."""

    timeout = _IDLE_TIMEOUT_S
    server: _Server

    def do_POST(self) -> None:
        """Invoke."""
        try:
            name, event = self._event()
            if self.headers.get("X-Amz-Invocation-Type") == "DryRun":
                self._send(HTTPStatus.NO_CONTENT, b"")
                return
        except _RequestError as error:
            self._refuse(error)
            return
        context = _Context(name, time.monotonic() + self.server.timeout_s)
        payload, failed = _invoke(self.server.function, event, context)
        headers = {"X-Amz-Executed-Version": context.function_version, "X-Amzn-RequestId": context.aws_request_id}
        if failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        self._send(HTTPStatus.OK, payload, headers)

    def do_GET(self) -> None:
        """Say what is served here."""
        self._refuse(_RequestError(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", "POST an event to invoke"))

    def _event(self) -> tuple[str, Any]:
        match = _PATH.fullmatch(self.path)
        if match is None:
            raise _RequestError(
                HTTPStatus.NOT_FOUND,
                "ResourceNotFoundException",
                "no such path: POST to /2015-03-31/functions/function/invocations",
            )
        if self.headers.get("X-Amz-Invocation-Type") == "Event":
            raise _RequestError(
                HTTPStatus.BAD_REQUEST, "InvalidParameterValueException", "events are answered here, never queued"
            )
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise _RequestError(HTTPStatus.LENGTH_REQUIRED, "LengthRequired", "the header Content-Length is wanted")
        if int(length) > PAYLOAD_BYTES:
            raise _RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "RequestTooLargeException",
                f"Request must be smaller than {PAYLOAD_BYTES} bytes for the InvokeFunction operation",
            )
        try:
            return match[1], json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError) as error:
            raise _RequestError(
                HTTPStatus.BAD_REQUEST,
                "InvalidRequestContentException",
                f"Could not parse request body into json: {error}",
            ) from None

    def _refuse(self, error: _RequestError) -> None:
        body = json.dumps({"Type": "User", "Message": str(error)}).encode()
        self._send(error.status, body, {"X-Amzn-ErrorType": error.kind})
        self.close_connection = True

    def _send(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Say nothing of single requests: the handler logs what they came to."""


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
