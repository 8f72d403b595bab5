"""What trainers pass becomes samples: conversations, arrays, absent keys."""

from __future__ import annotations

from typing import Any

import pytest

from grader.errors import InputError
from grader.trainers.samples import make_sample, make_samples
from grader.types import BadSample, Sample

USER, ASSISTANT = {"role": "user", "content": "task"}, {"role": "assistant", "content": "answer"}


class Array:
    """Stands for an array of numpy, which reads Parquet."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def tolist(self) -> list[Any]:
        return list(self.values)


class Model:
    """Stands for a model of pydantic, as clients of chat APIs return."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self) -> dict[str, Any]:
        return self.fields


def sample(completion: Any, reference: Any = "{}", prompt: Any = "") -> Sample:
    made = make_sample(completion, reference, prompt=prompt)
    assert isinstance(made, Sample)
    return made


@pytest.mark.parametrize(
    "completion",
    [
        "answer",
        ASSISTANT,
        [ASSISTANT],
        [USER, ASSISTANT],
        Array(ASSISTANT),
        [{"role": "assistant", "content": [{"text": "answer"}]}],
        Model(role="assistant", content="answer", tool_calls=None),
        [USER, Model(role="assistant", content=[{"type": "text", "text": "answer"}])],
        [{"role": "assistant", "content": [Model(type="text", text="answer")]}],
    ],
)
def test_the_text_of_a_completion(completion: Any) -> None:
    assert sample(completion).completion == "answer"


@pytest.mark.parametrize("prompt", ["task", USER, [USER], [USER, ASSISTANT], Array(USER)])
def test_the_text_of_a_prompt(prompt: Any) -> None:
    assert sample("x", prompt=prompt).prompt == "task"


@pytest.mark.parametrize(
    "completion", [3, object(), [3], [{"content": "x"}], {"content": 3}, [{"role": "assistant", "content": 3}]]
)
def test_a_completion_that_is_no_text_is_a_bad_sample_that_says_so(completion: Any) -> None:
    made = make_sample(completion, "{}", index=4)
    assert isinstance(made, BadSample)
    assert str(made.error).startswith("sample 4: completion")


def test_no_completion_is_no_answer() -> None:
    assert sample(None).completion is None


def test_arrays_become_lists_and_absent_keys_go() -> None:
    reference = {"inputs": Array(Array(1, 2), None), "outputs": (3,), "fn_name": None}
    assert sample("x", reference).reference == {"inputs": [[1, 2], None], "outputs": [3]}


def test_none_inside_a_value_stays() -> None:
    reference = {"test_cases": [{"input": None, "expected_output": None}]}
    assert sample("x", reference).reference == reference


def test_json_text_stays_text() -> None:
    assert sample("x", '{"a": null}').reference == '{"a": null}'


def test_lists_that_differ_in_length_are_an_error() -> None:
    with pytest.raises(InputError, match=r"1 completions, 2 references \(tests\) and 1 prompts"):
        make_samples(["x"], ["{}", "{}"], reference_field="tests")
