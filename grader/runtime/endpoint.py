"""A port of the image's own, for hosts that are not Lambda.

``POST /2015-03-31/functions/NAME/invocations`` is answered as Lambda answers it, and with the grader's own handler
there are the routes of the HTTP service, too (`grader.service`).
"""

from __future__ import annotations

import importlib
import logging
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from grader.errors import ConfigError
from grader.service.app import RewardService
from grader.service.lambda_route import INVOCATION_PATH, LambdaRoute, refuse
from grader.service.limits import ServiceLimits

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ENDPOINT_PORT", "EndpointError", "serve_endpoint"]

ENDPOINT_PORT: Final = 8080
"""Where the emulator in Lambda's base images listens."""
_TIMEOUT_S: Final = 300
"""What an invocation may take unless ``AWS_LAMBDA_FUNCTION_TIMEOUT`` says otherwise, as in the emulator."""
_BACKLOG: Final = 1024
"""Whole fan-outs wait here."""
_OWN_HANDLER: Final = "grader.handler.lambda_handler"

_log = logging.getLogger(__name__)


class EndpointError(Exception):
    """The endpoint cannot serve; the text is one line for a person."""


def serve_endpoint(handler: str, *, port: int = ENDPOINT_PORT) -> None:
    """Serve on all addresses until interrupted.

    Args:
        handler: ``module.function``, as Lambda takes it.
        port: where to listen; 0 is any free one. The log names it.

    Raises:
        EndpointError: there is no such handler, or the port cannot be had.
    """
    import uvicorn  # noqa: PLC0415 - slow to import, and a wrong handler is reported without it

    timeout = os.environ.get("AWS_LAMBDA_FUNCTION_TIMEOUT", "")
    app = _app(handler, int(timeout) if timeout.isdecimal() else _TIMEOUT_S)
    with _listen(port) as listener:
        # The connections of clients wait until the server accepts them.
        _log.info("listening on http://localhost:%d%s", listener.getsockname()[1], INVOCATION_PATH)
        config = uvicorn.Config(app, log_config=None, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


def _app(handler: str, timeout_s: float) -> Starlette:
    function = _resolve(handler)
    limits = ServiceLimits(deadline_s=timeout_s)
    service = _own_service(limits) if handler == _OWN_HANDLER else None
    # Handlers of others expect one event at a time, as in an execution environment of Lambda's.
    threads = ThreadPoolExecutor(1 if service is None else limits.max_requests, thread_name_prefix="invocation")
    app = Starlette() if service is None else service.app()
    app.router.routes.append(LambdaRoute(function, threads, timeout_s=timeout_s).route())
    app.add_exception_handler(HTTPException, _refuse_path)
    return app


def _own_service(limits: ServiceLimits) -> RewardService | None:
    """Return the service with the grader of the handler; ``None`` if the settings are wrong, which events report."""
    from grader import handler  # noqa: PLC0415 - for the grader's own handler only

    try:
        return RewardService(handler.shared_grader(), limits=limits)
    except ConfigError as error:
        _log.error("%s", error)
        return None


def _refuse_path(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return refuse(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", f"{request.method} is not answered here")
    message = f"no such path: POST to {INVOCATION_PATH}"
    return refuse(HTTPStatus(error.status_code), "ResourceNotFoundException", message)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("", port), backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        raise EndpointError(f"port {port}: {error}; set PORT to another") from None


def _resolve(handler: str) -> Callable[[Any, Any], Any]:
    module, _, function = handler.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise EndpointError(f"handler {handler!r}: {error}; module.function is wanted") from None
    if not callable(found):
        raise EndpointError(f"handler {handler!r} is no function")
    return found  # type: ignore[no-any-return]  # whether it takes two arguments is found out by calling it
