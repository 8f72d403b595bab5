"""One sample as a trainer sends it becomes a `Sample`."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from grader.aws.fields import FieldError
from grader.aws.messages import ASSISTANT_ROLES, USER_ROLES, last_turn, text_of
from grader.aws.references import find_reference, reference_at
from grader.errors import SampleError
from grader.sample import BadSample, Sample, label_of

__all__ = ["looks_like_sample", "read_metrics_sample", "read_sample"]

_MARKS = frozenset(
    {
        "completion",
        "messages",
        "model_response",
        "prompt",
        "query",
        "reference_answer",
        "response",
        "reward_model",
    }
)
_READ = _MARKS | {"chosen", "extra_info", "id", "metadata", "rejected"}
_REFERENCE_KEYS = frozenset({"fn_name", "ground_truth", "inputs", "outputs", "reference_answer"})


def looks_like_sample(value: Any) -> bool:
    """Whether this is an object with at least one field only a sample has."""
    return isinstance(value, Mapping) and not _MARKS.isdisjoint(value)


def read_sample(raw: Any, index: int) -> Sample | BadSample:
    """One sample of a batch, in any of the documented shapes.

    The model's text is, in this order: ``model_response`` (SageMaker evaluation); the last assistant turn of
    ``messages``; ``completion`` (Hugging Face prompt-completion and preference); ``response``, but only
    beside ``data_source`` or ``reward_model`` (verl), since elsewhere ``response`` is the ground truth. Turns
    win over ``completion`` because a dataset's own columns come along at the root, and one called
    ``completion`` holds the right answer. No such field is no error: pre-flight checks send dataset lines,
    which have no model turn yet.

    A sample without an id is called by its ``metadata.key``, as AWS's open-weight sample function does, else
    by its place.

    Args:
        raw: what the caller sent.
        index: its place in the batch, from 0.
    """
    if not isinstance(raw, Mapping):
        error = SampleError(f"#{index}", "sample", f"is of type {type(raw).__name__}, not an object")
        return BadSample(_made_up_id(index), error)
    sample_id = _id_of(raw, index)
    try:
        completion = _completion_of(raw)
        reference, reference_field = find_reference(raw)
    except FieldError as error:
        return BadSample(sample_id, SampleError(label_of(sample_id, index), error.field, error.message))
    return Sample(
        id=sample_id,
        completion=completion,
        reference=reference,
        prompt=_prompt_of(raw),
        reference_field=reference_field,
        metadata=_metadata_of(raw),
    )


def read_metrics_sample(data: Mapping[Any, Any]) -> Sample | BadSample:
    """The one sample of a ``postprocess`` event of Nova's bring-your-own-metrics."""
    sample_id = _id_of(data, 0)
    try:
        completion = _text_or_none(data.get("inference_output"), "data.inference_output")
        reference = reference_at(data.get("gold"), "data.gold")
    except FieldError as error:
        return BadSample(sample_id, SampleError(label_of(sample_id, 0), error.field, error.message))
    return Sample(
        id=sample_id,
        completion=completion,
        reference=reference,
        prompt=_prompt_of(data),
        reference_field="data.gold",
    )


def _made_up_id(index: int) -> str:
    return f"sample-{index}"


def _id_of(raw: Mapping[Any, Any], index: int) -> Any:
    sample_id = raw.get("id")
    if sample_id is not None and not (isinstance(sample_id, str) and not sample_id):
        return sample_id
    metadata = raw.get("metadata")
    key = metadata.get("key") if isinstance(metadata, Mapping) else None
    return key if isinstance(key, str) and key else _made_up_id(index)


def _completion_of(raw: Mapping[Any, Any]) -> str | None:
    text = _text_or_none(raw.get("model_response"), "model_response")
    if text is None:
        text = _turn_of(raw.get("messages"), "messages")
    if text is None:
        text = _text_or_none(raw.get("completion"), "completion")
    if text is None and ("data_source" in raw or "reward_model" in raw):
        text = _text_or_none(raw.get("response"), "response")
    return text


def _turn_of(messages: Any, path: str) -> str | None:
    if messages is None:
        return None
    if not isinstance(messages, (list, tuple)):
        raise FieldError(path, f"is of type {type(messages).__name__}, not a list of messages")
    return last_turn(messages, ASSISTANT_ROLES, path)


def _text_or_none(value: Any, path: str, roles: frozenset[str] = ASSISTANT_ROLES) -> str | None:
    """Text of a field that holds content, or a conversation whose last turn of these roles counts."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) and "role" in item for item in value):
        return last_turn(value, roles, path)
    return text_of(value, path)


def _prompt_of(raw: Mapping[Any, Any]) -> str:
    """Text of the first of ``messages``, ``prompt`` and ``query`` that has any.

    Nobody is graded by the prompt alone, and a dataset may well have some column of that name, so a prompt
    that cannot be read is no prompt rather than an error.
    """
    for name in ("messages", "prompt", "query"):
        value = raw.get(name)
        with contextlib.suppress(FieldError):
            text = _text_or_none(value, name, USER_ROLES)
            if text:
                return text
    return ""


def _metadata_of(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """What else came along: unread columns, and what ``metadata`` and ``extra_info`` hold but references."""
    result: dict[str, Any] = {}
    for name in ("extra_info", "metadata"):
        section = raw.get(name)
        if isinstance(section, Mapping):
            result.update({key: value for key, value in section.items() if key not in _REFERENCE_KEYS})
    result.update({key: value for key, value in raw.items() if key not in _READ})
    return result
