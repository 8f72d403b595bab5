from __future__ import annotations

import json
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.text import json_line, json_safe_id, one_line, printable, sample_name

ANY_TEXT = st.text(st.characters() | st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Zs")))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n  text", "plain\n  text"),
        ("naïve 日本語 🙂", "naïve 日本語 🙂"),
        ("a\tb", "a    b"),
        ("a\r\nb", "a\nb"),
        ("a\rb", r"a\x0db"),
        ("\x1b[31m\x07\x7f\x9b", r"\x1b[31m\x07\x7f\x9b"),
        ("\u202eabc\u200b\u2028\ufeff", r"\u202eabc\u200b\u2028\ufeff"),
        ("\ud800\U000e0041", r"\ud800\U000e0041"),
    ],
)
def test_what_a_terminal_could_obey_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(ANY_TEXT)
def test_nothing_but_printable_characters_is_left(text: str) -> None:
    assert all(char == "\n" or char.isprintable() for char in printable(text))
    assert one_line(text).isprintable()
    assert len(one_line(text)) <= 200


@given(ANY_TEXT)
def test_json_is_plain_ascii_and_says_the_same(text: str) -> None:
    line = json_line({"k": text})
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {"k": text}


def test_json_refuses_what_is_no_json() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_line(math.nan)


def test_an_id_of_any_kind_can_be_shown() -> None:
    deep: list[object] = []
    for _ in range(sys.getrecursionlimit() * 100):
        deep = [deep]
    assert one_line(deep) == "<list>"
    assert one_line(10**5000) == "<int>"
    assert one_line({"k": [1, None]}) == "{'k': [1, None]}"
    assert json_safe_id({"k": [1, None]}) == {"k": [1, None]}
    assert json_safe_id(math.nan) == "nan"
    assert json_safe_id(deep) == "<list>"
    while deep:  # the interpreter's own way of freeing it may go as deep as it is
        deep = deep.pop()


def test_a_long_line_ends_in_an_ellipsis() -> None:
    assert one_line("ab " * 100, 10) == "ab ab ab …"


@pytest.mark.parametrize(
    ("sample_id", "name"),
    [
        ("HumanEval/7#0", "HumanEval/7#0"),
        ("a  b\nc\x1b\u202e", r"a  b\nc\x1b\u202e"),
        (7, "7"),
        (True, "true"),
        (None, "null"),
        ({"k": ["\u00e9", 1.5]}, '{"k": ["\u00e9", 1.5]}'),
        (math.nan, "nan"),
    ],
)
def test_the_name_of_a_sample_is_its_id_in_one_line(sample_id: object, name: str) -> None:
    assert sample_name(sample_id) == name


def test_a_sample_has_a_name_whatever_its_id_is() -> None:
    assert sample_name(10**5000)
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert sample_name(deep)
    assert sample_name("\ud800") == r"\ud800"
