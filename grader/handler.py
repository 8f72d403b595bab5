"""The Lambda's door: ``grader.handler.lambda_handler``.

The environment is read here, once, when the first event comes; the grader then lives as long as the execution
environment.
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
_making = threading.Lock()


def lambda_handler(event: Any, context: Any) -> Any:
    """Grade the samples of one event.

    Args:
        event: any of the shapes in docs/events.md.
        context: the runtime's context object, whose ``get_remaining_time_in_millis()`` is the deadline; anything
            without that method (AWS's own pre-flight check passes a dict) means there is none.

    Returns:
        One result for each sample, in order, bare or wrapped as HTTP.

    Raises:
        GraderError: the event cannot be answered, and its envelope has no place for an error: the runtime reports it
            to the caller, and the process lives on.
    """
    global _handler  # noqa: PLW0603 - one grader for each execution environment is the point
    with _making:
        if _handler is None:
            _handler = Handler(os.environ)
    return _handler.answer(event, context)


class Handler:
    """A grader that speaks the contract.

    Raises:
        ConfigError: the environment, or the file it names, holds a bad setting.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        config = GraderConfig.load(None, environ)
        sandbox = make_sandbox(config, environ)
        sandbox.launch()
        # A cold start takes as long as the longer of the two: the processes' start, and the import of the rest.
        from grader.core.grader import Grader  # noqa: PLC0415 - likewise
        from grader.lambda_api.service import LambdaService  # noqa: PLC0415 - while the processes start

        self._grader = Grader(config, sandbox=sandbox)
        self._service = LambdaService(config, self._grader, environ)

    def answer(self, event: Any, context: Any) -> Any:
        """As `lambda_handler`."""
        return self._service.answer(event, context)

    def close(self) -> None:
        """End every process."""
        self._grader.close()
