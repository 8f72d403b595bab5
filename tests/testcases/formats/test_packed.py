"""Packed test cases: only text comes out, and no more of it than allowed."""

from __future__ import annotations

import base64
import json
import os
import pickle
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testcases.errors import InvalidFieldError
from testcases.formats import read_reference
from testcases.formats.livecodebench import unpack
from testcases.model import StdinTest

CASES = [{"input": "1\n", "output": "2\n", "testtype": "stdin"}]


def packed(value: Any, protocol: int = pickle.DEFAULT_PROTOCOL) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value, protocol))).decode()


def packed_bytes(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_text_comes_out_as_it_went_in(protocol: int) -> None:
    for text in ("", "é ☃ \n", json.dumps(CASES), "x" * 3_000_000):
        assert unpack(packed(text, protocol), "field") == text
    row = {"public_test_cases": "[]", "private_test_cases": packed(json.dumps(CASES), protocol)}
    assert read_reference(row).tests == (StdinTest("1\n", "2\n"),)


def test_white_space_in_base64_does_not_matter() -> None:
    text = packed("a" * 1000)
    assert unpack("\n".join(text[place : place + 20] for place in range(0, len(text), 20)), "field") == "a" * 1000


MADE = Path(tempfile.gettempdir(), f"made-by-a-pickle-{os.getpid()}")


class Command:
    def __reduce__(self) -> Any:
        return os.mkdir, (str(MADE),)


class Harmless:
    pass


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Command()),
        pickle.dumps([Command()]),
        pickle.dumps(Harmless),
        pickle.dumps(print),
        pickle.dumps(OSError("x")),
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
        b"\x80\x02\x82\x01.",  # an extension's code
        b"Pid\n.",  # a persistent id
        b"\x80\x04\x8c\x01xQ.",
    ],
    ids=range(10),
)
def test_whatever_names_code_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidFieldError, match=r"^field: is packed, but not as test cases are: "):
        unpack(packed_bytes(data), "field")
    assert not MADE.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cut off"),
        ("no base64!", "neither JSON nor packed"),
        ("é", "neither JSON nor packed"),
        (base64.b64encode(b"not zlib").decode(), "neither JSON nor packed"),
        (base64.b64encode(zlib.compress(b"x" * 9000)[:-8]).decode(), "cut off"),
        (packed_bytes(b""), "not as test cases are"),
        (packed_bytes(b"\x80\x04"), "not as test cases are"),
        (packed_bytes(pickle.dumps("x" * 99)[:-9]), "not as test cases are"),
        (packed_bytes(b"\x80\x05\x96" + (1 << 62).to_bytes(8, "little") + b"."), "not as test cases are"),
        (packed(5), "holds int instead of text"),
        (packed([1]), "holds list instead of text"),
        (packed(b"\xff"), "not text"),
    ],
)
def test_what_is_packed_otherwise_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidFieldError, match=message) as caught:
        unpack(text, "field")
    assert "\n" not in str(caught.value)


def test_bytes_that_are_text_will_do() -> None:
    assert unpack(packed("é".encode()), "field") == "é"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = packed_bytes(b"0" * 50_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(InvalidFieldError, match="unpacks to more than 4 MiB"):
        unpack(bomb, "field", max_bytes=4 << 20)


def test_the_field_is_named_with_its_place_in_the_row() -> None:
    with pytest.raises(InvalidFieldError, match=r"^private_test_cases: is neither JSON nor packed") as caught:
        read_reference({"public_test_cases": "[]", "private_test_cases": "?"})
    assert caught.value.field == "private_test_cases"
    with pytest.raises(InvalidFieldError, match=r"^private_test_cases: is not valid JSON"):
        read_reference({"private_test_cases": packed("[1")})
    with pytest.raises(InvalidFieldError, match=r"^private_test_cases: must be a list, not dict"):
        read_reference({"private_test_cases": packed("{}")})


@given(st.binary(max_size=200))
def test_any_pickle_is_text_or_refused(data: bytes) -> None:
    complaint = ""
    try:
        assert type(unpack(packed_bytes(data), "field")) is str
    except InvalidFieldError as error:
        complaint = str(error)
    assert "\n" not in complaint
