"""Samples from what trainers pass: text or messages, references as text, objects or columns of Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from grader.errors import FieldError, InputError, SampleError
from grader.lambda_api.samples import ASSISTANT_ROLES, USER_ROLES, last_turn, message_text
from grader.types import BadSample, Sample, sample_label

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["column", "cut_prompts", "make_sample", "make_samples"]

_CONVERTERS: Final = ("tolist", "to_pylist", "model_dump")
_PROMPT_END_CHARS: Final = 64
"""Characters at the end of a prompt by which it is recognised: more than the header of the model's turn has, so that
they are the last turn's and not an earlier one's."""


def make_sample(
    completion: Any,
    reference: Any,
    *,
    prompt: Any = "",
    sample_id: Any = None,
    index: int = 0,
    reference_field: str = "reference_answer",
) -> Sample | BadSample:
    """Make a sample.

    Args:
        completion: text, a message, or a conversation, whose last assistant turn counts; ``None`` for no answer.
            Messages are dicts or pydantic models.
        reference: the tests in any known format: an object, a list, or JSON text. Numpy arrays and scalars, which
            Parquet readers make, become lists and numbers. Keys of an object whose value is ``None`` are left out:
            Arrow gives every row all the keys that any row has.
        prompt: text, a message, or a conversation, whose last user turn counts.
        sample_id: returned with the grade; ``None``: the position.
        index: position in the batch, from 0.
        reference_field: name of the field that the reference came from, for error messages.

    Returns:
        The sample; a `BadSample`, which is unscored, if completion or prompt cannot be read.
    """
    sample_id = index if sample_id is None else sample_id
    try:
        text = _text(completion, ASSISTANT_ROLES, "completion")
        prompt_text = _text(prompt, USER_ROLES, "prompt") or ""
    except FieldError as error:
        return BadSample(sample_id, SampleError(sample_label(sample_id, index), error.field, error.message))
    return Sample(sample_id, text, _without_absent_keys(reference), prompt_text, reference_field)


def make_samples(
    completions: Any, references: Any, *, prompts: Any = None, reference_field: str = "reference_answer"
) -> list[Sample | BadSample]:
    """Make the samples of a batch; see `make_sample`.

    Raises:
        grader.errors.InputError: the lists differ in length.
    """
    prompts = [""] * len(completions) if prompts is None else prompts
    if not len(completions) == len(references) == len(prompts):
        raise InputError(
            f"{len(completions)} completions, {len(references)} references ({reference_field}) "
            f"and {len(prompts)} prompts: there must be one of each for every sample"
        )
    return [
        make_sample(completion, reference, prompt=prompt, index=index, reference_field=reference_field)
        for index, (completion, reference, prompt) in enumerate(zip(completions, references, prompts, strict=True))
    ]


def cut_prompts(queries: Sequence[Any], prompts: Sequence[Any]) -> list[Any]:
    """Return what stands behind the prompt in each query, as OpenRLHF sends them.

    A prompt comes back decoded from its tokens: with a token in front of it, without its beginning if it was too long,
    or with others of its characters changed. What is not cut off is an earlier turn, and answers are looked for in the
    last one.
    """
    return [
        _behind(query, prompt) if isinstance(query, str) and isinstance(prompt, str) else query
        for query, prompt in zip(queries, prompts, strict=True)
    ]


def _behind(query: str, prompt: str) -> str:
    """Return what follows the prompt, or the end of the prompt; the whole query if neither is found."""
    # At its first place: what repeats the prompt later is the model's.
    for known in (prompt, prompt[-_PROMPT_END_CHARS:]):
        _, found, after = query.partition(known) if known else ("", "", "")
        if found:
            return after
    return query


def column(columns: Mapping[str, Any], name: str) -> Any:
    """Return the column of a data set, or of one of its rows, that holds the references.

    Raises:
        grader.errors.InputError: there is no such column; names what was passed.
    """
    if columns.get(name) is None:
        names = ", ".join(sorted(columns)) or "none"
        raise InputError(f"the data set has no column {name} with the references; these were passed: {names}")
    return columns[name]


def _text(value: Any, roles: frozenset[str], path: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    value = _plain(value)
    if isinstance(value, Mapping) and "content" in value:
        return message_text(value["content"], f"{path}.content")
    if isinstance(value, list):
        return last_turn(value, roles, path)
    raise FieldError(path, f"is of type {type(value).__name__}, not text, a message, or a list of messages")


def _without_absent_keys(reference: Any) -> Any:
    plain = _plain(reference)
    return {key: value for key, value in plain.items() if value is not None} if isinstance(plain, dict) else plain


def _plain(value: Any) -> Any:
    """Turn arrays, tuples and other mappings into lists, numbers and dicts, at any depth."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    # Arrays and scalars of numpy, torch and pyarrow, and models of pydantic, without importing any of them.
    convert = next((made for name in _CONVERTERS if (made := getattr(value, name, None)) is not None), None)
    return _plain(convert()) if callable(convert) else value
