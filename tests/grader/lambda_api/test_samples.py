from __future__ import annotations

import json
import math
from typing import Any

import pytest

from grader.lambda_api import read_event
from grader.types import BadSample, Sample

TESTS = {"inputs": ["1 2\n"], "outputs": ["3\n"]}
MODEL = "```python\nprint(3)\n```"


def read(raw: Any) -> Sample:
    (result,) = read_event([raw]).samples
    assert isinstance(result, Sample), result
    return result


def refused(raw: Any) -> BadSample:
    (result,) = read_event([raw]).samples
    assert isinstance(result, BadSample), result
    assert str(result.error).isprintable()
    return result


def turns(*contents: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"role": role, "content": content} for role, content in contents]


# --- one payload a documented shape

BEDROCK = {
    "id": "123",
    "messages": turns(("user", "Add two numbers."), ("assistant", MODEL)),
    "metadata": {"reference_answer": TESTS, "my_key": "sample-001"},
}
BEDROCK_OPEN_WEIGHT = {
    "id": "123",
    "messages": turns(("system", "Be brief."), ("user", "Add two numbers."), ("assistant", MODEL)),
    "reference_answer": {"text": json.dumps(TESTS)},
}
NOVA_TRAINING = {
    "id": "123",
    "messages": turns(("user", "Add two numbers."), ("assistant", MODEL)),
    "reference_answer": TESTS,
    "my_custom_field": "custom_value",
}
NOVA_EVALUATION = {
    "id": "123",
    "messages": turns(("user", "Add two numbers."), ("nova_assistant", [{"type": "text", "text": MODEL}])),
    "reference_answer": TESTS,
}
OPEN_WEIGHT_RLVR = {
    "messages": turns(("user", "Add two numbers."), ("assistant", MODEL)),
    "metadata": {"key": "123", "ground_truth": json.dumps(TESTS)},
    "extra_info": {"extraction_method": "strict", "format_score": 0.0, "full_score": 1.0},
}
EVAL_OPENAI = {
    "id": "123",
    "messages": turns(("user", "Add two numbers."), ("assistant", "the dataset's own answer"), ("assistant", MODEL)),
    "reference_answer": {"text": json.dumps(TESTS)},
}
EVAL_VERL = {
    "id": "123",
    "data_source": "codeforces",
    "prompt": turns(("system", "Think."), ("user", "Add two numbers."), ("assistant", "the dataset's own answer")),
    "response": MODEL,
    "ability": "code",
    "reward_model": {"style": "rule", "ground_truth": json.dumps(TESTS)},
    "extra_info": {
        "reference_answer": {"text": json.dumps(TESTS)},
        "processor_config": {"aggregation": "mean"},
    },
}
EVAL_COMPLETION = {
    "id": "123",
    "prompt": "Add two numbers.",
    "completion": MODEL,
    "reference_answer": {"text": json.dumps(TESTS)},
}
EVAL_PREFERENCE = EVAL_COMPLETION | {"chosen": "the better one", "rejected": "the worse one"}
EVAL_SAGEMAKER = {
    "id": "123",
    "model_response": MODEL,
    "query": "Add two numbers.",
    "response": "[3]",
    "system": "Think.",
    "reference_answer": {"text": "[3]"},
    "category": "code",
    "metadata": {"fn_name": "", "inputs": ["1 2\n"], "outputs": ["3\n"]},
}


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        pytest.param(BEDROCK, "metadata.reference_answer", id="bedrock"),
        pytest.param(BEDROCK_OPEN_WEIGHT, "reference_answer", id="bedrock open-weight"),
        pytest.param(NOVA_TRAINING, "reference_answer", id="nova training"),
        pytest.param(NOVA_EVALUATION, "reference_answer", id="nova evaluation"),
        pytest.param(OPEN_WEIGHT_RLVR, "metadata.ground_truth", id="open-weight rlvr"),
        pytest.param(EVAL_OPENAI, "reference_answer", id="evaluation: openai"),
        pytest.param(EVAL_VERL, "extra_info.reference_answer", id="evaluation: verl"),
        pytest.param(EVAL_COMPLETION, "reference_answer", id="evaluation: prompt-completion"),
        pytest.param(EVAL_PREFERENCE, "reference_answer", id="evaluation: preference"),
        pytest.param(EVAL_SAGEMAKER, "metadata", id="evaluation: sagemaker"),
    ],
)
def test_every_documented_shape_is_read(raw: dict[str, Any], field: str) -> None:
    result = read(raw)
    assert result.id == "123"
    assert result.completion == MODEL
    assert result.reference == TESTS
    assert result.reference_field == field
    assert result.prompt == "Add two numbers."


# --- the model's text


@pytest.mark.parametrize(
    "raw",
    [
        {"messages": turns(("user", "Add."))},
        {"messages": []},
        {"messages": None},
        {"prompt": turns(("user", "Add."))},
        {"data_source": "x", "prompt": turns(("user", "Add."), ("assistant", "the dataset's own answer"))},
        {"query": "Add.", "response": "the ground truth"},
    ],
)
def test_a_dataset_line_without_a_model_turn_has_no_completion(raw: dict[str, Any]) -> None:
    assert read(raw | {"reference_answer": TESTS}).completion is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (MODEL, MODEL),
        ("", ""),
        (None, ""),
        ([], ""),
        ({"text": MODEL}, MODEL),
        ([{"text": MODEL}], MODEL),
        ([MODEL], MODEL),
        ([{"type": "text", "text": "a```"}, {"type": "text", "text": "```b"}], "a```\n```b"),
        ([{"type": "output_text", "text": MODEL}], MODEL),
        ([{"reasoningContent": {"reasoningText": {"text": "hmm"}}}, {"text": MODEL}], MODEL),
        ([{"reasoningContent": {}, "text": "hmm"}, {"text": MODEL}], MODEL),
        ([{"type": "reasoning", "text": "hmm"}, {"type": "text", "text": MODEL}], MODEL),
        ([{"type": "thinking", "thinking": "hmm", "text": "hmm"}, {"type": "text", "text": MODEL}], MODEL),
        ([{"type": "reasoningContent", "text": "hmm"}, None, {"type": "text", "text": MODEL}], MODEL),
        ([{"type": "image_url", "image_url": {"url": "x"}}, {"type": "text", "text": MODEL}], MODEL),
        ({"type": "thinking", "text": "hmm"}, ""),
        ("lone \ud800 surrogate", "lone \ud800 surrogate"),
    ],
)
def test_content_comes_in_many_forms(content: Any, text: str) -> None:
    raw = {"messages": turns(("assistant", content)), "reference_answer": TESTS}
    assert read(raw).completion == text
    assert read({"completion": content, "reference_answer": TESTS}).completion == (None if content is None else text)


@pytest.mark.parametrize("role", ["assistant", "Assistant", "nova_assistant", "NOVA_ASSISTANT"])
def test_roles_have_no_case(role: str) -> None:
    assert read({"messages": turns((role, MODEL)), "reference_answer": TESTS}).completion == MODEL


def test_the_last_assistant_turn_counts_even_before_other_turns() -> None:
    messages = turns(("user", "q"), ("assistant", "early"), ("tool", "t"), ("assistant", MODEL), ("user", "thanks"))
    result = read({"messages": messages, "reference_answer": TESTS})
    assert (result.completion, result.prompt) == (MODEL, "thanks")


def test_a_conversation_may_stand_in_for_the_completion() -> None:
    assert read({"completion": turns(("assistant", MODEL)), "reference_answer": TESTS}).completion == MODEL


@pytest.mark.parametrize("column", ["completion", "response"])
def test_a_dataset_column_never_passes_for_the_models_turn(column: str) -> None:
    raw = NOVA_TRAINING | {column: "the right answer", "data_source": "x"}
    assert read(raw).completion == MODEL


def test_response_is_the_models_only_in_verl() -> None:
    raw = {"prompt": "Add.", "response": MODEL, "reference_answer": TESTS}
    assert read(raw).completion is None
    assert read(raw | {"data_source": "x"}).completion == MODEL
    assert read(raw | {"reward_model": {}}).completion == MODEL
    assert read(raw | {"data_source": "x", "model_response": "b"}).completion == "b"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": {"role": "assistant"}}, "messages"),
        ({"messages": ["hello"]}, "messages[0]"),
        ({"messages": [*turns(("user", "q")), {"content": "x"}]}, "messages[1].role"),
        ({"messages": turns(("assistant", 7))}, "messages[0].content"),
        ({"messages": turns(("assistant", [7]))}, "messages[0].content[0]"),
        ({"messages": turns(("assistant", [{"text": ["x"]}]))}, "messages[0].content[0].text"),
        ({"model_response": 0.5}, "model_response"),
        ({"completion": True}, "completion"),
        ({"response": 1, "reward_model": {}}, "response"),
    ],
)
def test_a_completion_that_is_no_text_is_named(raw: dict[str, Any], field: str) -> None:
    bad = refused(raw | {"reference_answer": TESTS, "id": "abc"})
    assert (bad.id, bad.error.sample, bad.error.field) == ("abc", "abc", field)


def test_a_prompt_that_cannot_be_read_is_no_prompt() -> None:
    assert read({"prompt": 7, "completion": MODEL, "reference_answer": TESTS}).prompt == ""
    assert read({"prompt": 7, "query": "q", "completion": MODEL, "reference_answer": TESTS}).prompt == "q"
    assert read({"prompt": {"text": "p"}, "completion": MODEL, "reference_answer": TESTS}).prompt == "p"


# --- ids


@pytest.mark.parametrize("sample_id", ["7", 7, 0, 7.5, False, ["a", 1], {"a": 1}, "\ud800"])
def test_ids_are_echoed_with_their_type(sample_id: Any) -> None:
    result = read({"id": sample_id, "completion": MODEL, "reference_answer": TESTS})
    assert result.id == sample_id
    assert type(result.id) is type(sample_id)


@pytest.mark.parametrize("missing", [{}, {"id": None}, {"id": ""}, {"metadata": {"key": 7}}, {"metadata": "x"}])
def test_a_missing_id_is_made_up_from_the_place(missing: dict[str, Any]) -> None:
    raw = missing | {"completion": MODEL, "reference_answer": TESTS}
    assert [item.id for item in read_event([raw, raw]).samples] == ["sample-0", "sample-1"]


@pytest.mark.parametrize(
    ("sample_id", "label"),
    [
        ("abc", "abc"),
        (7, "7"),
        (True, "True"),
        (10**18, "#0"),
        (["x"], "#0"),
        ("two\nlines", r"'two\nlines'"),
        ("x" * 100, repr("x" * 80)),
        ("\ud800", r"'\ud800'"),
    ],
    ids=lambda value: None if isinstance(value, int) else ascii(value)[:20],
)
def test_an_error_names_its_sample_in_one_line(sample_id: Any, label: str) -> None:
    bad = refused({"id": sample_id, "completion": MODEL})
    assert bad.error.sample == label


# --- the reference


def test_references_are_looked_for_in_order() -> None:
    raw: dict[str, Any] = {
        "completion": MODEL,
        "reference_answer": {"n": 1},
        "metadata": {"reference_answer": {"n": 2}, "ground_truth": {"n": 5}, **TESTS, "fn_name": "add"},
        "extra_info": {"reference_answer": {"n": 3}, "ground_truth": {"n": 6}},
        "reward_model": {"ground_truth": {"n": 4}},
    }
    order = [
        ("reference_answer",),
        ("metadata", "reference_answer"),
        ("extra_info", "reference_answer"),
        ("reward_model", "ground_truth"),
        ("metadata", "ground_truth"),
        ("extra_info", "ground_truth"),
    ]
    for number, path in enumerate(order, 1):
        result = read(raw)
        assert (result.reference, result.reference_field) == ({"n": number}, ".".join(path))
        section = raw if len(path) == 1 else raw[path[0]]
        del section[path[-1]]
    result = read(raw)
    assert (result.reference, result.reference_field) == (TESTS | {"fn_name": "add"}, "metadata")
    del raw["metadata"]["outputs"]
    assert refused(raw).error.field == "reference_answer"


@pytest.mark.parametrize("empty", [None, "", "  ", {}, [], {"text": ""}, {"text": None}, '{"text": "{}"}', "[]"])
def test_an_empty_reference_gives_way_to_the_next_place(empty: Any) -> None:
    raw = {"completion": MODEL, "reference_answer": empty, "metadata": {"reference_answer": TESTS}}
    assert read(raw).reference == TESTS
    assert refused({"completion": MODEL, "reference_answer": empty}).error.field == "reference_answer"


@pytest.mark.parametrize("text", ["Paris", "[3]", "3", "def f(): ...", '"quoted"', 7, ["a", "b"]])
def test_plain_text_gives_way_to_tests_and_else_stays(text: Any) -> None:
    raw = {"completion": MODEL, "reference_answer": text}
    assert read(raw).reference == {"[3]": [3], '"quoted"': "quoted"}.get(str(text), text)
    assert read(raw).reference_field == "reference_answer"
    assert read(raw | {"metadata": TESTS}).reference == TESTS


def test_the_first_plain_text_stays() -> None:
    result = read({"completion": MODEL, "reference_answer": "first", "reward_model": {"ground_truth": "second"}})
    assert (result.reference, result.reference_field) == ("first", "reference_answer")


@pytest.mark.parametrize(
    "wrapped",
    [
        TESTS,
        json.dumps(TESTS),
        " \n" + json.dumps(TESTS),
        {"text": TESTS},
        {"text": json.dumps(TESTS)},
        {"type": "text", "text": json.dumps(TESTS)},
        {"text": {"text": json.dumps(TESTS)}},
        json.dumps({"text": json.dumps(TESTS)}),
        json.dumps(json.dumps(TESTS)),
    ],
)
def test_wrappings_come_off(wrapped: Any) -> None:
    assert read({"completion": MODEL, "reference_answer": wrapped}).reference == TESTS


def test_a_text_among_other_keys_is_no_wrapping() -> None:
    mbpp = {"text": "Write a function.", "test_list": ["assert f() == 1"]}
    assert read({"completion": MODEL, "reference_answer": mbpp}).reference == mbpp


def test_a_list_of_objects_is_a_reference() -> None:
    tests = [{"input": "1", "output": "2", "testtype": "stdin"}]
    assert read({"completion": MODEL, "reference_answer": json.dumps(tests)}).reference == tests


def test_metadata_may_be_json_text() -> None:
    raw = {"completion": MODEL, "metadata": json.dumps({"reference_answer": TESTS})}
    assert read(raw).reference == TESTS
    assert read({"completion": MODEL, "reference_answer": TESTS, "metadata": '{"a": 1, "a": 2}'}).reference == TESTS


def test_text_that_is_no_json_stays_text() -> None:
    assert read({"completion": MODEL, "reference_answer": '{"inputs": ['}).reference == '{"inputs": ['


def test_nan_that_the_runtime_decoded_stays() -> None:
    reference = {"tests": [{"args": [], "expected": math.nan}]}
    result = read({"completion": MODEL, "reference_answer": reference})
    assert math.isnan(result.reference["tests"][0]["expected"])


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ('{"a": NaN}', "JSON text holds NaN, which is not JSON"),
        ('{"a": [-Infinity]}', "JSON text holds -Infinity, which is not JSON"),
        ('{"tests": [{"a\\n": 1, "a\\n": 2}]}', r"JSON text has the key 'a\n' twice in one object"),
        ('{"a": ' + "1" * 5000 + "}", "JSON text holds an integer of too many digits"),
        ('{"a": ' + "[" * 300 + "]" * 300 + "}", "nested more than 200 levels deep"),
        ("[" * 500_000 + "]" * 500_000, "nested more than 200 levels deep"),
    ],
    ids=lambda value: value[:30],
)
def test_json_nobody_can_have_meant_is_refused(reference: str, text: str) -> None:
    for raw in ({"reference_answer": reference}, {"metadata": {"ground_truth": {"text": reference}}}):
        assert text in str(refused({"completion": MODEL} | raw).error)


@pytest.mark.parametrize("field", ["reference_answer", "metadata"])
def test_objects_nested_too_deeply_are_refused(field: str) -> None:
    deep: Any = [1]
    for _ in range(5000):
        deep = [deep]
    raw = (
        {"reference_answer": {"tests": deep}} if field == "reference_answer" else {"metadata": TESTS | {"inputs": deep}}
    )
    assert "nested more than 200 levels deep" in str(refused({"completion": MODEL} | raw).error)


# --- what else came along


def test_other_columns_become_metadata_and_references_do_not() -> None:
    assert read(NOVA_TRAINING).metadata == {"my_custom_field": "custom_value"}
    assert read(BEDROCK).metadata == {"my_key": "sample-001"}
    assert read(EVAL_SAGEMAKER).metadata == {"category": "code", "system": "Think."}
    assert read(EVAL_VERL).metadata == {
        "ability": "code",
        "data_source": "codeforces",
        "processor_config": {"aggregation": "mean"},
    }
