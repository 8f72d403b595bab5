"""The entry point of the Lambda function: ``grader.handler.lambda_handler``.

On Lambda the processes start and rehearse when this module is imported, so that the first event finds them warm;
elsewhere at the first event. The environment is read then, once. The grader lives as long as the execution environment.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from grader.core.warm_start import HandlerBase, Service, SharedHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.config.settings import GraderConfig
    from grader.core.grader import Grader

__all__ = ["Handler", "lambda_handler", "shared_grader"]


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
    return _shared.get().handle(event, context)


def shared_grader() -> Grader:
    """Return the grader of `lambda_handler`, made now if there was no event yet.

    Raises:
        ConfigError: a setting in the environment, or in the file that it names, is wrong.
    """
    return _shared.get().grader


class Handler(HandlerBase):
    """A grader that answers the events of reward functions."""

    def _make_service(self, config: GraderConfig, grader: Grader, environ: Mapping[str, str]) -> Service:
        from grader.lambda_api.service import LambdaService  # noqa: PLC0415 - while the processes start

        return LambdaService(config, grader, environ)


_shared = SharedHandler(lambda: Handler(os.environ))
_shared.start_early(os.environ)
