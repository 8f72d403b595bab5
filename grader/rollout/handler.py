"""The entry point of the Lambda function of a multi-turn RL job: ``grader.rollout.lambda_handler``.

As with `grader.handler`, the processes start and rehearse when this module is imported on Lambda.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from grader.core.warm_start import HandlerBase, Service, SharedHandler

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.config.settings import GraderConfig
    from grader.core.grader import Grader

__all__ = ["RolloutHandler", "lambda_handler"]


def lambda_handler(event: Any, context: Any) -> Any:
    """Play one rollout, and report its reward.

    Args:
        event: see `grader.rollout.events`; or ``{"grader": "doctor"}``, as in docs/events.md.
        context: the runtime's context object, whose ``get_remaining_time_in_millis()`` gives the deadline.

    Returns:
        ``{}``; or the type and the text of an error.

    Raises:
        ConfigError: a setting is wrong, or the credentials are dropped.
    """
    return _shared.get().handle(event, context)


class RolloutHandler(HandlerBase):
    """A grader that plays rollouts."""

    def _make_service(self, config: GraderConfig, grader: Grader, environ: Mapping[str, str]) -> Service:
        from grader.rollout.service import RolloutService  # noqa: PLC0415 - while the processes start

        return RolloutService(config, grader, environ)


_shared = SharedHandler(lambda: RolloutHandler(os.environ))
_shared.start_early(os.environ)
