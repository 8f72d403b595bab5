"""The entry point of the Lambda function: ``grader.handler.lambda_handler``.

The environment is read once, at the first event. The grader then lives as long as the execution environment.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from grader.config.settings import GraderConfig
from grader.core.sandbox_factory import make_sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Handler", "lambda_handler"]

_handler: Handler | None = None
_lock = threading.Lock()


def lambda_handler(event: Any, context: Any) -> Any:
    """Grade the samples of one event.

    Args:
        event: any of the shapes in docs/events.md.
        context: the runtime's context object, whose ``get_remaining_time_in_millis()`` gives the deadline. Without that
            method (AWS's own pre-flight check passes a dict) there is no deadline.

    Returns:
        One result for each sample, in order, as a list or in an HTTP response.

    Raises:
        GraderError: the event cannot be graded, and its envelope has no field for an error. The runtime reports it to
            the caller, and the process goes on.
    """
    global _handler  # noqa: PLW0603 - one grader for each execution environment
    # Two first events at the same time must not start two sandboxes.
    with _lock:
        if _handler is None:
            _handler = Handler(os.environ)
    return _handler.handle(event, context)


class Handler:
    """A grader that handles Lambda events.

    Raises:
        ConfigError: a setting in the environment, or in the file that it names, is wrong.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        config = GraderConfig.load(None, environ)
        sandbox = make_sandbox(config, environ)
        sandbox.launch()
        # The processes start while this one imports the rest, so a cold start takes as long as the longer of the two.
        # Imports at the top of this module would come before the launch.
        from grader.core.grader import Grader  # noqa: PLC0415 - while the processes start
        from grader.lambda_api.service import LambdaService  # noqa: PLC0415 - while the processes start

        self._grader = Grader(config, sandbox=sandbox)
        self._service = LambdaService(config, self._grader, environ)

    def handle(self, event: Any, context: Any) -> Any:
        """Handle an event; see `lambda_handler`."""
        return self._service.handle(event, context)

    def close(self) -> None:
        """End every process."""
        self._grader.close()
