"""``python -m grader.runtime.serve PIPE [HANDLER]``: serve events from Lambda's Runtime API, or on a local port.

The environment is read from the pipe, and is available to Python code in ``os.environ``. Programs that this process
starts do not inherit it: they get the environment that the process itself was started with.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig
from grader.core.warm_start import INITIALIZATION_TYPE, PROVISIONED
from grader.errors import ConfigError
from grader.runtime.environment import CREDENTIALS, receive_environment

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]

_HANDLER = "grader.handler.lambda_handler"
_RUNTIME_API = "AWS_LAMBDA_RUNTIME_API"


def main() -> None:
    """Serve until stopped."""
    pipe, *arguments = sys.argv[1:]
    received = receive_environment(int(pipe))
    if not _needs_credentials(received):
        received = {name: value for name, value in received.items() if name not in CREDENTIALS}
    # This also calls putenv, so the C library's environment has them until `_unset`.
    os.environ.update(received)
    handler = arguments[0] if arguments else _HANDLER
    if _RUNTIME_API in received:
        _serve_lambda(handler, received)
    else:
        _unset(received)
        _serve_locally(handler)


def _needs_credentials(environ: Mapping[str, str]) -> bool:
    """Read the setting ``credentials``; False if the settings are wrong, which the handler reports."""
    try:
        return GraderConfig.load(None, environ).credentials == "keep"
    except ConfigError:
        return False


def _unset(received: Mapping[str, str]) -> None:
    """Unset the variables in the C library's environment, which child processes inherit; ``os.environ`` keeps them."""
    for name in received:
        os.unsetenv(name)


def _serve_lambda(handler: str, received: Mapping[str, str]) -> None:
    from awslambdaric.__main__ import main as serve_runtime_api  # noqa: PLC0415 - reads the address when it is imported

    _unset(received)
    sys.argv[:] = ["awslambdaric", handler]
    serve_runtime_api(sys.argv)


def _serve_locally(handler: str) -> None:
    from grader.runtime.endpoint import ENDPOINT_PORT, EndpointError, serve_endpoint  # noqa: PLC0415 - not on Lambda

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    # As with provisioned concurrency, nobody waits for an answer until the handler is there.
    os.environ.setdefault(INITIALIZATION_TYPE, PROVISIONED)
    # No KeyboardInterrupt, which could come anywhere: between a coroutine and its loop Python warns of what was never
    # awaited, and at its end of what the threads of the sandbox are at. The sandbox's processes end when this one does.
    # The server has a handler of its own while it runs; afterwards it raises the signal again.
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        serve_endpoint(handler, port=int(os.environ.get("PORT", ENDPOINT_PORT)))
    except (EndpointError, ValueError) as error:
        sys.exit(f"grader: {error}")


if __name__ == "__main__":
    main()
