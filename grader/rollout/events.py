"""Read the event of one rollout: who asks, the task, and how to sample.

The event is ``{"prompt", "metadata": {"jobArn", "rolloutId"}, "inferenceParams"}``, also as JSON text in ``body``
(Amazon SageMaker AI Developer Guide, "Preparing your agent"). The prompt is the text of the data set's column, passed
on unchanged; here it holds a whole task, as a JSON object or as base64 of one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from grader.errors import EventError
from grader.lambda_api.events import ROLLOUT_KEYS
from grader.lambda_api.samples import ASSISTANT_ROLES, read_sample
from grader.types import BadSample, Sample
from testcases.json_text import JsonTextError, parse_json_text

__all__ = ["RolloutRequest", "Trajectory", "read_request", "read_trajectory"]

_JOB_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:sagemaker:[a-z0-9-]+:[0-9]{12}:job/[A-Za-z0-9_-]+/[A-Za-z0-9][A-Za-z0-9-]{0,62}"
)
"""Pattern of the service description (sagemakerjobruntime 2026-02-01, JobArn)."""
_MAX_TRAJECTORY_CHARS: Final = 256
_PARAMETERS: Final = {
    "temperature": ("temperature",),
    "top_p": ("topP", "top_p"),
    "max_tokens": ("maxTokens", "max_tokens"),
}
"""Sampling parameters of the OpenAI-compatible request, and their names in the event."""
_OUTPUTS: Final = frozenset({"completion", "model_response", "response"})
"""Columns that are a model's text in other events, and a solution in a data set."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """What the service knows a rollout by."""

    job_arn: str
    id: str

    @property
    def region(self) -> str:
        """Region of the job, where its runtime is."""
        return self.job_arn.split(":")[3]


@dataclass(frozen=True, slots=True)
class RolloutRequest:
    """One rollout to play."""

    trajectory: Trajectory
    messages: tuple[Mapping[str, Any], ...]
    """The conversation that it begins with; never empty, and without a reference."""
    sample: Sample
    """The task, without a completion."""
    visible_tests: int | None
    """Number of tests, from the first on, whose results the model is shown; ``None``: what the settings say."""
    parameters: Mapping[str, float]
    """Sampling parameters by their names in the request."""


def read_trajectory(event: Any) -> Trajectory:
    """Read which rollout an event is about.

    Raises:
        EventError: the event is no rollout, or lacks the ids that the service is called with.
    """
    document = _document(event)
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping):
        raise EventError(
            "event: not a rollout of a multi-turn RL job, which has metadata with jobArn and rolloutId; batches to "
            "grade go to a function with the handler grader.handler.lambda_handler"
        )
    job_arn = metadata.get("jobArn") or metadata.get("job_arn")
    if not isinstance(job_arn, str) or not _JOB_ARN.fullmatch(job_arn):
        raise EventError("event: metadata.jobArn is not the ARN of a SageMaker job")
    trajectory = next((metadata[key] for key in ROLLOUT_KEYS if metadata.get(key)), None)
    if not isinstance(trajectory, str) or len(trajectory) > _MAX_TRAJECTORY_CHARS:
        raise EventError(f"event: metadata.rolloutId is not a text of up to {_MAX_TRAJECTORY_CHARS} characters")
    return Trajectory(job_arn, trajectory)


def read_request(event: Any) -> RolloutRequest:
    """Read a rollout.

    Raises:
        EventError: the event is no rollout, or its prompt is no task that can be graded.
    """
    trajectory = read_trajectory(event)
    document = _document(event)
    task = _task(document)
    sample = read_sample({name: value for name, value in task.items() if name not in _OUTPUTS}, 0)
    if isinstance(sample, BadSample):
        raise EventError(f"prompt: {sample.error.field}: {str(sample.error).rpartition(f'{sample.error.field}: ')[2]}")
    return RolloutRequest(
        trajectory,
        _conversation(task),
        Sample(trajectory.id, None, sample.reference, sample.prompt, f"prompt.{sample.reference_field}"),
        _visible_tests(task.get("visible_tests")),
        _parameters(document),
    )


def _document(event: Any) -> Mapping[str, Any]:
    if isinstance(event, Mapping) and "body" in event and "metadata" not in event:
        try:
            event = json.loads(event["body"]) if isinstance(event["body"], str) else event["body"]
        except (ValueError, RecursionError):
            raise EventError("event: body is not JSON") from None
    if not isinstance(event, Mapping):
        raise EventError(f"event: of type {type(event).__name__}; a rollout is an object")
    return event


def _task(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the task that is in the prompt, or in the field ``instance`` of an agent's request."""
    instance = document.get("instance")
    prompt = instance if isinstance(instance, Mapping) else document.get("prompt")
    if isinstance(prompt, Mapping) and prompt.keys() == {"prompt"}:
        prompt = prompt["prompt"]
    if isinstance(prompt, str):
        prompt = _parsed(prompt.strip())
    if not isinstance(prompt, Mapping):
        raise EventError("prompt: not a task, which is a JSON object with prompt and reference_answer")
    return prompt


def _parsed(text: str) -> Any:
    if not text.startswith("{"):
        try:
            text = base64.b64decode(text, validate=True).decode("utf-8")
        except ValueError:
            raise EventError(
                "prompt: not a task: neither a JSON object with prompt and reference_answer, nor base64 of one"
            ) from None
    try:
        return parse_json_text(text)
    except JsonTextError as error:
        raise EventError(f"prompt: not a task: {error}") from None


def _conversation(task: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    prompt = task.get("messages") or task.get("prompt")
    if isinstance(prompt, str) and prompt.strip():
        return ({"role": "user", "content": prompt},)
    turns = prompt if isinstance(prompt, (list, tuple)) else ()
    if not turns or not all(isinstance(turn, Mapping) and isinstance(turn.get("role"), str) for turn in turns):
        raise EventError("prompt: the task has no prompt: a text, or a list of messages with role and content")
    # Only what a message is made of: other fields of a data set may hold the solution. A turn of the assistant at the
    # end would be the solution, too.
    kept = [{"role": turn["role"], "content": turn.get("content")} for turn in turns]
    while kept and kept[-1]["role"].strip().lower() in ASSISTANT_ROLES:
        kept.pop()
    if not kept:
        raise EventError("prompt: the task has no message but the assistant's")
    return tuple(kept)


def _visible_tests(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise EventError("prompt: visible_tests is not a whole number of at least 0")
    return value


def _parameters(document: Mapping[str, Any]) -> dict[str, float]:
    given = document.get("inferenceParams") or document.get("inference_params") or {}
    if not isinstance(given, Mapping):
        raise EventError("event: inferenceParams is not an object")
    found = {}
    for name, aliases in _PARAMETERS.items():
        value = next((given[alias] for alias in aliases if given.get(alias) is not None), None)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise EventError(f"event: inferenceParams.{aliases[0]} is not a number")
        found[name] = value
    return found
