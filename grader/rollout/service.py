"""Answer rollout events: play, and report.

The function answers ``{}`` for a rollout that was played and reported, else ``{"errorType", "errorMessage"}`` (Amazon
SageMaker AI Developer Guide, "Preparing your agent", the Lambda template). A rollout that could not be graded is
reported as failed, which keeps it out of the training; a reward of 0 would say that its answer is wrong.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from grader.errors import ConfigError, GraderError
from grader.lambda_api.batch_log import BatchLog, GradedBatch
from grader.lambda_api.service import LambdaService, remaining_s, request_id
from grader.rollout.agent import REPORT_S, Played, play
from grader.rollout.events import read_request, read_trajectory
from grader.rollout.job_runtime import AlreadyEndedError, Clients, JobRuntime, JobRuntimeError
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.config.settings import GraderConfig
    from grader.core.grader import Grader
    from grader.rollout.events import Trajectory

__all__ = ["RolloutService"]

_NO_DEADLINE_S: Final = 900.0
"""Seconds for a rollout where the runtime names no deadline: the longest timeout of a function."""

_log = logging.getLogger("grader.answering")  # operators filter on it: docs/operations.md


class RolloutService:
    """Plays the rollouts of events.

    Args:
        config: the settings.
        grader: the grader; its owner closes it.
        environ: the environment, which shows whether this is Lambda.
        client_for: returns a client of the job runtime for a region and a timeout in seconds; ``None``: boto3's.

    Raises:
        ConfigError: the credentials are dropped.
    """

    def __init__(
        self,
        config: GraderConfig,
        grader: Grader,
        environ: Mapping[str, str],
        *,
        client_for: Callable[[str, float], Any] | None = None,
    ) -> None:
        if config.credentials == "drop":
            raise ConfigError("credentials: rollouts need those of the function; set GRADER_CREDENTIALS=keep")
        self._config = config
        self._grader = grader
        self._batch_log = BatchLog(config.log_samples, environ)
        self._lambda_service = LambdaService(config, grader, environ)
        self._region = environ.get("AWS_REGION", "us-east-1")
        self._clients = Clients()
        self._client_for = client_for or self._clients.client_for

    def prepare(self) -> None:
        """Load the AWS client, and make one of the job runtime in this region."""
        self._lambda_service.prepare()
        with suppress(Exception):  # the event that needs it reports what is wrong
            self._client_for(self._region, self._config.rollout.sample_s)

    def handle(self, event: Any, context: Any) -> Any:
        """Handle an event; see `grader.rollout.handler.lambda_handler`."""
        started = time.monotonic()
        if isinstance(event, Mapping) and "grader" in event:
            return self._lambda_service.handle(event, context)
        deadline = started + (remaining_s(context) or _NO_DEADLINE_S)
        try:
            trajectory = read_trajectory(event)
        except GraderError as error:
            _log.warning("%s", error)
            return _error("ValidationError", str(error))
        runtime = JobRuntime(trajectory, self._client_for)
        try:
            played = play(read_request(event), runtime, self._grader, self._config.rollout, deadline=deadline)
            self._write_log(played, trajectory, started, context)
            if played.unscored:
                return self._fail(runtime, trajectory, deadline, "InternalServerError", played.unscored)
            return self._report(played, runtime, deadline)
        except AlreadyEndedError as error:
            # Answered as success: another attempt at this rollout would find the same.
            self._log_end(trajectory, "ended before", str(error))
            return {}
        except JobRuntimeError as error:
            if error.is_denied:
                self._clients.forget()
            kind = (
                "AccessDenied" if error.is_denied else "ValidationError" if error.is_refusal else "InternalServerError"
            )
            return self._fail(runtime, trajectory, deadline, kind, str(error))
        except GraderError as error:
            return self._fail(runtime, trajectory, deadline, "ValidationError", str(error))
        except SandboxError as error:
            return self._fail(runtime, trajectory, deadline, "InternalServerError", str(error))

    def _report(self, played: Played, runtime: JobRuntime, deadline: float) -> dict[str, str]:
        rewards = [grade.reward for grade in played.grades if grade.reward is not None]
        if self._config.rollout.rewards == "last":
            rewards = rewards[-1:]
        timeout_s = _report_s(deadline)
        runtime.complete("ready", timeout_s=timeout_s)
        try:
            runtime.update_reward(rewards, timeout_s=timeout_s)
        except AlreadyEndedError:
            _log.warning("a rollout that was ready has its reward already")
        return {}

    def _fail(
        self, runtime: JobRuntime, trajectory: Trajectory, deadline: float, kind: str, reason: str
    ) -> dict[str, str]:
        """Report a rollout as failed, and return the error."""
        try:
            runtime.complete("failed", timeout_s=_report_s(deadline))
        except AlreadyEndedError:
            pass
        except JobRuntimeError as error:
            reason = f"{reason}; and it could not be reported as failed: {error}"
        self._log_end(trajectory, "failed", reason)
        return _error(kind, reason)

    def _write_log(self, played: Played, trajectory: Trajectory, started: float, context: Any) -> None:
        elapsed_s = time.monotonic() - started
        facts = {"trajectory": trajectory.id, "job": trajectory.job_arn, "turns": len(played.grades)}
        left_s, request = remaining_s(context), request_id(context)
        host = self._grader.host()
        self._batch_log.write(GradedBatch(played.grades[-1:], host, elapsed_s, left_s, request, facts=facts))

    def _log_end(self, trajectory: Trajectory, status: str, reason: str) -> None:
        record = {"event": "rollout", "status": status, "trajectory": trajectory.id, "reason": reason}
        _log.warning("%s", json.dumps(record))


def _report_s(deadline: float) -> float:
    return max(REPORT_S / 2, min(REPORT_S, deadline - time.monotonic()))


def _error(kind: str, message: str) -> dict[str, str]:
    # ``error`` is what an earlier template of the same page had in place of ``errorMessage``.
    return {"errorType": kind, "errorMessage": message, "error": message}
