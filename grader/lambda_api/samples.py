"""Read one sample of an event into a `Sample`."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader.errors import FieldError, SampleError
from grader.references.locate import find_reference, require_reference
from grader.types import BadSample, Sample, sample_label

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ASSISTANT_ROLES",
    "USER_ROLES",
    "last_turn",
    "looks_like_sample",
    "message_text",
    "read_metrics_sample",
    "read_sample",
]


ASSISTANT_ROLES = frozenset({"assistant", "nova_assistant"})
"""Roles of a model's turn: ``assistant`` in training, ``nova_assistant`` in RFT evaluation of Nova."""
USER_ROLES = frozenset({"user"})

_REASONING_TYPES = frozenset({"reasoning", "reasoning_content", "reasoningcontent", "redacted_thinking", "thinking"})


def last_turn(messages: Sequence[Any], roles: frozenset[str], path: str) -> str | None:
    """Return the text of the last message with one of these roles; ``None`` if there is none.

    The last one counts because SageMaker's evaluation appends the model's turn after a ground-truth turn
    that the dataset may already end with ("Evaluate with Preset and Custom Scorers", OpenAI format). Roles
    are compared without regard to case.

    Raises:
        FieldError: a message on the way is not an object, has no role, or its content is not text.
    """
    for index in reversed(range(len(messages))):
        message = messages[index]
        here = f"{path}[{index}]"
        if not isinstance(message, Mapping):
            raise FieldError(here, f"is {_type_name(message)}, not an object with role and content")
        role = message.get("role")
        if not isinstance(role, str):
            raise FieldError(f"{here}.role", f"is {_type_name(role)}, not text")
        if role.strip().lower() in roles:
            return message_text(message.get("content"), f"{here}.content")
    return None


def message_text(content: Any, path: str) -> str:
    """Return the text of a message's content, without the model's reasoning.

    Content is text, an object with ``text``, a list of texts and such objects, or ``None``, which counts as empty.
    Parts of a list are joined with line breaks, so that two fenced blocks never become one. Reasoning
    blocks (Converse's ``reasoningContent``, parts of type ``reasoning`` or ``thinking``) and parts without
    text (images, tool calls) are dropped.

    Raises:
        FieldError: the content is of another type.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return _part_text(content, path) or ""
    if isinstance(content, (list, tuple)):
        texts = (_item_text(item, f"{path}[{index}]") for index, item in enumerate(content))
        return "\n".join(text for text in texts if text is not None)
    raise FieldError(path, f"is {_type_name(content)}, not text, an object with text, or a list of such")


def _item_text(item: Any, path: str) -> str | None:
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        return _part_text(item, path)
    raise FieldError(path, f"is {_type_name(item)}, not text or an object with text")


def _part_text(part: Mapping[Any, Any], path: str) -> str | None:
    kind = part.get("type")
    # Reasoning is full of drafts; code in it is not the answer.
    if "reasoningContent" in part or (isinstance(kind, str) and kind.lower() in _REASONING_TYPES):
        return None
    text = part.get("text")
    if text is None or isinstance(text, str):
        return text
    raise FieldError(f"{path}.text", f"is {_type_name(text)}, not text")


def _type_name(value: Any) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"


_SAMPLE_FIELDS = frozenset(
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
_READ_FIELDS = _SAMPLE_FIELDS | {"chosen", "extra_info", "id", "metadata", "rejected"}
_REFERENCE_KEYS = frozenset({"fn_name", "ground_truth", "inputs", "outputs", "reference_answer"})


def looks_like_sample(value: Any) -> bool:
    """Return True for an object with at least one field that only samples have."""
    return isinstance(value, Mapping) and not _SAMPLE_FIELDS.isdisjoint(value)


def read_sample(raw: Any, index: int) -> Sample | BadSample:
    """Read one sample of a batch, in any of the documented shapes.

    The model's text is the first of: ``model_response`` (SageMaker evaluation); the last assistant turn of
    ``messages``; ``completion`` (Hugging Face prompt-completion and preference); ``response``, but only beside
    ``data_source`` or ``reward_model`` (verl), since elsewhere ``response`` is the ground truth. Turns precede
    ``completion`` because the columns of a dataset are sent at the root, and one called ``completion`` contains the
    correct answer. A sample without any of these fields is valid: pre-flight checks send lines of the dataset, which
    have no model turn yet.

    A sample without an id gets its ``metadata.key``, as in AWS's open-weight sample function, or else its position.

    Args:
        raw: the sample as sent by the caller.
        index: position in the batch, from 0.
    """
    if not isinstance(raw, Mapping):
        error = SampleError(f"#{index}", "sample", f"is of type {type(raw).__name__}, not an object")
        return BadSample(_default_id(index), error)
    sample_id = _sample_id(raw, index)
    try:
        completion = _completion(raw)
        reference, reference_field = find_reference(raw)
    except FieldError as error:
        return BadSample(sample_id, SampleError(sample_label(sample_id, index), error.field, error.message))
    return Sample(
        id=sample_id,
        completion=completion,
        reference=reference,
        prompt=_prompt(raw),
        reference_field=reference_field,
        metadata=_metadata(raw),
    )


def read_metrics_sample(data: Mapping[Any, Any]) -> Sample | BadSample:
    """Read the only sample of a ``postprocess`` event of Nova's bring-your-own-metrics."""
    sample_id = _sample_id(data, 0)
    try:
        completion = _text_or_none(data.get("inference_output"), "data.inference_output")
        reference = require_reference(data.get("gold"), "data.gold")
    except FieldError as error:
        return BadSample(sample_id, SampleError(sample_label(sample_id, 0), error.field, error.message))
    return Sample(
        id=sample_id,
        completion=completion,
        reference=reference,
        prompt=_prompt(data),
        reference_field="data.gold",
    )


def _default_id(index: int) -> str:
    return f"sample-{index}"


def _sample_id(raw: Mapping[Any, Any], index: int) -> Any:
    sample_id = raw.get("id")
    # 0 and False are ids; only a missing or an empty one is replaced.
    if sample_id is not None and not (isinstance(sample_id, str) and not sample_id):
        return sample_id
    metadata = raw.get("metadata")
    key = metadata.get("key") if isinstance(metadata, Mapping) else None
    return key if isinstance(key, str) and key else _default_id(index)


def _completion(raw: Mapping[Any, Any]) -> str | None:
    text = _text_or_none(raw.get("model_response"), "model_response")
    if text is None:
        text = _assistant_turn(raw.get("messages"), "messages")
    if text is None:
        text = _text_or_none(raw.get("completion"), "completion")
    # Elsewhere a column called response is usually the dataset's own solution, which must not be graded as the model's.
    if text is None and ("data_source" in raw or "reward_model" in raw):
        text = _text_or_none(raw.get("response"), "response")
    return text


def _assistant_turn(messages: Any, path: str) -> str | None:
    if messages is None:
        return None
    if not isinstance(messages, (list, tuple)):
        raise FieldError(path, f"is of type {type(messages).__name__}, not a list of messages")
    return last_turn(messages, ASSISTANT_ROLES, path)


def _text_or_none(value: Any, path: str, roles: frozenset[str] = ASSISTANT_ROLES) -> str | None:
    """Return the text of a field: its content, or the last turn with one of these roles if it is a conversation."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) and "role" in item for item in value):
        return last_turn(value, roles, path)
    return message_text(value, path)


def _prompt(raw: Mapping[Any, Any]) -> str:
    """Return the text of the first of ``messages``, ``prompt`` and ``query`` that has any.

    A prompt that cannot be read counts as missing: it is optional, and a dataset may have another column of that name.
    """
    for name in ("messages", "prompt", "query"):
        value = raw.get(name)
        with contextlib.suppress(FieldError):
            text = _text_or_none(value, name, USER_ROLES)
            if text:
                return text
    return ""


def _metadata(raw: Mapping[Any, Any]) -> dict[str, Any]:
    """Collect the other fields: unread columns, and the fields of ``metadata`` and ``extra_info`` but references."""
    result: dict[str, Any] = {}
    for name in ("extra_info", "metadata"):
        section = raw.get(name)
        if isinstance(section, Mapping):
            result.update({key: value for key, value in section.items() if key not in _REFERENCE_KEYS})
    result.update({key: value for key, value in raw.items() if key not in _READ_FIELDS})
    return result
