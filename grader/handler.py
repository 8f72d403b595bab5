"""The Lambda's door: ``grader.handler.lambda_handler``.

The environment is read here, once, when the first event comes; the grader then lives as long as the execution
environment.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.aws.contract import (
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
from grader.config import GraderConfig
from grader.errors import GraderError, UnscoredError
from grader.grade import GradeStatus
from grader.grader import Grader
from grader.monitoring import Graded, Journal
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.grade import Grade

__all__ = ["Handler", "lambda_handler"]

_REQUEST_CHARS = 64

_log = logging.getLogger(__name__)
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


@dataclass(frozen=True, slots=True)
class _Invocation:
    """What is known of an event besides what it holds."""

    started: float
    """When it came (`time.monotonic`)."""
    deadline_s: float | None
    """Seconds that were left then."""
    request: str
    """Its id."""


class Handler:
    """A grader that speaks the contract.

    Raises:
        ConfigError: the environment, or the file it names, holds a bad setting.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._config = GraderConfig.load(None, environ)
        self._grader = Grader(self._config, environ=environ)
        self._journal = Journal(self._config.log_samples, environ)

    def answer(self, event: Any, context: Any) -> Any:
        """As `lambda_handler`."""
        started = time.monotonic()
        envelope = resolve_envelope(event, Envelope(self._config.envelope))
        try:
            batch = read_event(event, envelope=envelope)
            return self._respond(batch, _Invocation(started, _remaining_s(context), _request_of(context)))
        except GraderError as error:
            _log.warning("%s", error)
            return write_error(error, envelope)
        except SandboxError as error:
            _log.error("%s", error)
            return write_error(GraderError(str(error)), envelope)

    def close(self) -> None:
        """End every process."""
        self._grader.close()

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
            self._journal.tell(
                Graded(grades, self._grader.host(), elapsed_s, invocation.deadline_s, invocation.request)
            )
        unscored = [grade for grade in grades if grade.status is GradeStatus.UNSCORED]
        if unscored and self._config.unscored == "raise" and not batch.detailed:  # details say which, and why
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


def _request_of(context: Any) -> str:
    """Id of the invocation; empty where the context has none."""
    request = getattr(context, "aws_request_id", "")
    return request[:_REQUEST_CHARS] if isinstance(request, str) else ""


def _remaining_s(context: Any) -> float | None:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return float(remaining()) / 1000 if callable(remaining) else None
