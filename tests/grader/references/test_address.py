from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from grader.references.locate import Address, FolderFile, S3Object, StoreError, parse_address, reject_address
from testcases.errors import ProblemError
from testcases.formats import read_reference

OBJECT = S3Object("bucket", "a/key.json")


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("s3://bucket/a/key.json", Address(OBJECT)),
        ({"s3_uri": "s3://bucket/a/key.json"}, Address(OBJECT, field="s3_uri")),
        ({"s3_uri": "s3://bucket/a/key.json", "task_id": "x/1"}, Address(OBJECT, "x/1", field="s3_uri")),
        ({"s3_uri": "s3://bucket/a/key.json", "task_id": 7}, Address(OBJECT, "7", field="s3_uri")),
        (
            {"s3_uri": "s3://bucket/a/key.json", "format": "mbpp", "task_id": None},
            Address(OBJECT, None, "mbpp", "s3_uri"),
        ),
        ({"file": "a/b.json"}, Address(FolderFile("a/b.json"), field="file")),
        ({"file": "file:///a/b.json"}, Address(FolderFile("/a/b.json"), field="file")),
        ("file://a/b.json", Address(FolderFile("a/b.json"))),
        ("s3://bucket/é ü?#%20", Address(S3Object("bucket", "é ü?#%20"))),
    ],
)
def test_an_address_is_parsed_in_every_wrapping(reference: Any, address: Address) -> None:
    text = json.dumps(reference)
    for wrapped in (reference, text, {"text": text}, json.dumps({"text": text})):
        assert parse_address(wrapped) == address


@pytest.mark.parametrize(
    "reference",
    [
        None, 3, "", "add two numbers", "{", '{"tests": []}', {"tests": []}, [{"input": "s3://bucket/key"}],
        {"file": "a", "tests": []}, {"s3_uri": None, "tests": []}, "see s3://bucket/key", "[" * 20_000,
    ],
    ids=repr,
)  # fmt: skip
def test_other_values_are_left_to_the_formats(reference: Any) -> None:
    assert parse_address(reference) is None


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ({"s3_uri": "https://x"}, "s3_uri: must be s3://BUCKET/KEY, not 'https://x'"),
        ({"s3_uri": "s3://bucket"}, "s3_uri: must be s3://BUCKET/KEY, not 's3://bucket'"),
        ({"s3_uri": "s3://bucket/"}, "s3_uri: must be s3://BUCKET/KEY, not 's3://bucket/'"),
        ({"s3_uri": "s3://b u/key"}, "s3_uri: must be s3://BUCKET/KEY, not 's3://b u/key'"),
        ({"s3_uri": "s3://bucket/" + "é" * 600}, "s3_uri: must be s3://BUCKET/KEY, not 's3://bucket/é"),
        ({"s3_uri": 3}, "s3_uri: must be text, not int"),
        ({"s3_uri": "s3://bucket/\ud800"}, "s3_uri: holds half of a surrogate pair"),
        ({"s3_uri": "s3://bucket/k", "tests": []}, "s3_uri: is the address of the reference, so 'tests' cannot be"),
        ({"s3_uri": "s3://bucket/k", "task_id": [1]}, "task_id: must be text or a whole number, not list"),
        ({"s3_uri": "s3://bucket/k", "format": 1}, "format: must be text, not int"),
        ({"file": "s3://bucket/k"}, "file: must be a path, not 's3://bucket/k'"),
        ({"file": ""}, "file: must be a path, not ''"),
        ("file://a\0b", "must be a path, not 'a\\x00b'"),
        ("s3://", "must be s3://BUCKET/KEY, not 's3://'"),
    ],
)
def test_a_malformed_address_is_an_error_of_one_line(reference: Any, complaint: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_address(reference)
    assert str(caught.value).startswith(complaint)
    assert str(caught.value).isprintable()


def test_a_format_does_not_fetch_addresses() -> None:
    with pytest.raises(StoreError, match=r"^is kept at s3://bucket/key, task_id x, which is not fetched here$"):
        read_reference({"s3_uri": "s3://bucket/key", "task_id": "x"}, check=reject_address)
    row = {"reward_model": {"ground_truth": json.dumps({"s3_uri": "s3://bucket/key"})}}
    with pytest.raises(StoreError, match=r"^is kept at s3://bucket/key, which is not fetched here$"):
        read_reference(row, check=reject_address)


EXAMPLES = re.findall(
    r"^```json\n(.*?)^```$", (Path(__file__).parents[3] / "docs/store.md").read_text(), flags=re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_document_s_examples_are_addresses(text: str) -> None:
    address = parse_address(text)
    assert address is not None
    assert address == parse_address(json.loads(text))
