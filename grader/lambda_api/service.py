"""Answer Lambda events with a grader."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.aws.client import new_client
from grader.config.settings import ENVIRONMENT_PREFIX
from grader.errors import GraderError, UnscoredError
from grader.lambda_api import (
    Batch,
    Envelope,
    EventKind,
    http_response,
    read_event,
    resolve_envelope,
    write_error,
    write_metrics,
    write_options,
    write_preprocess,
    write_response,
)
from grader.lambda_api.batch_log import BatchLog, GradedBatch
from grader.types import GradeStatus
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.config.settings import GraderConfig
    from grader.core.grader import Grader
    from grader.types import Grade

__all__ = ["LambdaService", "remaining_s", "request_id"]

_REQUEST_ID_CHARS = 64

_log = logging.getLogger("grader.answering")  # operators filter on it: docs/operations.md


@dataclass(frozen=True, slots=True)
class _Invocation:
    """The circumstances of one event."""

    started: float
    """Time of its arrival (`time.monotonic`)."""
    deadline_s: float | None
    """Seconds that were left at that time; ``None``: no deadline."""
    request: str
    """Id of the invocation."""


class LambdaService:
    """Handles Lambda events with a grader.

    Args:
        config: the settings.
        grader: the grader; its owner closes it.
        environ: the environment, which shows whether this is Lambda.
    """

    def __init__(self, config: GraderConfig, grader: Grader, environ: Mapping[str, str]) -> None:
        self._config = config
        self._grader = grader
        self._batch_log = BatchLog(config.log_samples, environ)
        # The default keeps the credentials of functions whose tests are not in S3, too; who says so has them there.
        needs_s3 = environ.get(f"{ENVIRONMENT_PREFIX}CREDENTIALS") == "keep"
        self._aws_services = [
            *(["s3"] if needs_s3 else []),
            *(["bedrock-runtime"] if config.judge.model else []),
        ]

    def prepare(self) -> None:
        """Load the AWS client, if the settings say that it will be used: it takes longer than a batch."""
        for service in self._aws_services:
            with suppress(Exception):  # the event that needs it reports what is wrong
                new_client(service)

    def handle(self, event: Any, context: Any) -> Any:
        """Handle an event; see `grader.handler.lambda_handler`."""
        started = time.monotonic()
        # Before the event is read: an event that cannot be read needs an envelope for its error, too.
        envelope = resolve_envelope(event, Envelope(self._config.envelope))
        try:
            batch = read_event(event, envelope=envelope)
            return self._respond(batch, _Invocation(started, remaining_s(context), request_id(context)))
        except GraderError as error:
            _log.warning("%s", error)
            return write_error(error, envelope)
        except SandboxError as error:
            # The process goes on: the sandbox may start at the next event, and a new process would be a cold start.
            _log.error("%s", error)
            return write_error(GraderError(str(error)), envelope)

    def _respond(self, batch: Batch, invocation: _Invocation) -> Any:
        match batch.kind:
            case EventKind.OPTIONS:
                return write_options()
            case EventKind.PREPROCESS:
                return write_preprocess(batch.data)
            case EventKind.DOCTOR:
                report = self._doctor(invocation.deadline_s, attack=bool(batch.data.get("attack")))
                return http_response(200, report) if batch.envelope is Envelope.HTTP else report
            case EventKind.POSTPROCESS:
                (grade,) = self._grade(batch, invocation)
                return write_metrics(grade, unscored_reward=self._unscored_reward())
            case EventKind.GRADE:
                grades = self._grade(batch, invocation)
                return write_response(
                    grades, batch.envelope, unscored_reward=self._unscored_reward(), detailed=batch.detailed
                )

    def _grade(self, batch: Batch, invocation: _Invocation) -> Sequence[Grade]:
        grades = self._grader.grade_batch(batch.samples, deadline_s=invocation.deadline_s)
        if grades:
            elapsed_s = time.monotonic() - invocation.started
            self._batch_log.write(
                GradedBatch(grades, self._grader.host(), elapsed_s, invocation.deadline_s, invocation.request)
            )
        # After the log, so that the reasons of all unscored samples are in it.
        unscored = [grade for grade in grades if grade.status is GradeStatus.UNSCORED]
        if unscored and self._config.unscored == "raise" and not batch.detailed:  # the details name them
            raise UnscoredError(
                f"{len(unscored)} of {len(grades)} samples are unscored; the first: {unscored[0].reason}"
            )
        return grades

    def _unscored_reward(self) -> float:
        return self._config.unscored if isinstance(self._config.unscored, float) else 0.0

    def _doctor(self, deadline_s: float | None, *, attack: bool) -> dict[str, Any]:
        report = self._grader.host().as_dict()
        if attack:
            report["conformance"] = self._grader.check_conformance(deadline_s=deadline_s).as_dict()
        return report


def request_id(context: Any) -> str:
    """Return the id of the invocation; empty if the context has none."""
    request = getattr(context, "aws_request_id", "")
    return request[:_REQUEST_ID_CHARS] if isinstance(request, str) else ""


def remaining_s(context: Any) -> float | None:
    """Return the seconds until the invocation's timeout; ``None`` if the context names none."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return float(remaining()) / 1000 if callable(remaining) else None
