from __future__ import annotations

import json
import math
from typing import Any

import pytest

from testcases.errors import InvalidFieldError
from testcases.json_text import (
    MAX_LAYERS,
    MAX_NESTING,
    JsonTextError,
    is_nested_too_deeply,
    load_json,
    parse_json_text,
    unwrap,
)

TESTS = {"tests": [{"args": [1], "expected": 2}]}


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "wrapped",
    [
        TESTS,
        json.dumps(TESTS),
        f"\n  {json.dumps(TESTS)}\n",
        {"text": TESTS},
        {"text": json.dumps(TESTS)},
        {"type": "text", "text": json.dumps(TESTS)},
        json.dumps({"text": json.dumps(TESTS)}),
        json.dumps(json.dumps(json.dumps(TESTS))),
        {"text": {"text": {"text": json.dumps({"text": json.dumps(TESTS)})}}},
    ],
)
def test_every_layer_is_taken_off(wrapped: Any, strict: bool) -> None:
    assert unwrap(wrapped, strict=strict) == TESTS


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "value", [None, 7, "", "7", "null", "Paris", "{", '{"a": ', {"text": 1, "more": 2}, {}, [], [1]]
)
def test_what_is_not_wrapped_stays_as_it_is(value: Any, strict: bool) -> None:
    assert unwrap(value, strict=strict) is value


def test_the_number_of_layers_is_limited() -> None:
    wrapped: Any = "inside"
    for _ in range(MAX_LAYERS):
        wrapped = {"text": wrapped}
    assert unwrap(wrapped) == "inside"
    assert unwrap({"text": wrapped}) == {"text": "inside"}


def test_long_text_can_be_left_alone() -> None:
    text = json.dumps(TESTS)
    assert unwrap({"text": text}, max_chars=len(text)) == TESTS
    assert unwrap({"text": text}, max_chars=len(text) - 1) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "JSON text holds NaN, which is not JSON; write the value some other way"),
        ('{"a": 1, "a": 2}', "JSON text has the key 'a' twice in one object"),
        ('{"a": ' + "1" * 5000 + "}", "JSON text holds an integer of too many digits"),
        ("[" * 500_000, f"JSON text nested more than {MAX_NESTING} levels deep"),
    ],
    ids=lambda value: value[:20],
)
def test_strict_reading_refuses_what_no_writer_meant(text: str, message: str) -> None:
    for value in (text, {"text": text}, json.dumps(text)):
        with pytest.raises(JsonTextError) as caught:
            unwrap(value, strict=True)
        assert str(caught.value) == message


def test_reading_as_python_does_keeps_what_it_cannot_read_as_text() -> None:
    nan = parse_json_text('{"a": NaN}')["a"]
    assert math.isnan(nan)
    assert parse_json_text('{"a": 1, "a": 2}') == {"a": 2}
    for text in ('{"a": ' + "1" * 5000 + "}", "[" * 500_000):
        assert unwrap(text) is text
        with pytest.raises(InvalidFieldError, match=r"^x: is JSON (nested too deeply|with a number of more digits)"):
            load_json(text, "x")


def test_depth_is_counted_through_lists_and_objects() -> None:
    value: Any = 1
    for level in range(MAX_NESTING):
        value = [value] if level % 2 else {"a": value}
    assert not is_nested_too_deeply(value)
    assert is_nested_too_deeply([value])
