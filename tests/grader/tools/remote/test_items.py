from __future__ import annotations

import json
from typing import Any

import pytest

from grader.aws.lambda_function import PAYLOAD_BYTES
from grader.lambda_api import read_event
from grader.tools.remote.payloads import MAX_SAMPLES_BYTES, NotSendableError, RequestItem, batches, request_payload

ASKED: dict[str, Any] = {"reference_answer": {"tests": []}}


def item(place: int = 1, **fields: Any) -> RequestItem:
    return RequestItem.of(fields, line=place, sample_id=f"s{place}")


def sized(place: int, size: int) -> RequestItem:
    return RequestItem(place, place, b"x" * size)


def test_a_payload_is_an_event_of_these_samples_that_asks_for_details() -> None:
    payload = request_payload([item(1, completion="é", **ASKED), item(2, completion="\ud800", **ASKED)])
    batch = read_event(json.loads(payload))
    assert batch.detailed
    assert [getattr(sample, "completion", None) for sample in batch.samples] == ["é", "\ud800"]
    assert [sample.id for sample in batch.samples] == ["s1", "s2"]


def test_other_scripts_take_no_more_room_than_they_have_to() -> None:
    assert len(item(completion="語" * 1000).text) < 3100


@pytest.mark.parametrize(
    ("sizes", "max_items", "groups"),
    [
        pytest.param([10] * 5, 2, [2, 2, 1], id="by count"),
        pytest.param([MAX_SAMPLES_BYTES // 2] * 3, 100, [1, 1, 1], id="commas count"),
        pytest.param([MAX_SAMPLES_BYTES // 2 - 1] * 3, 100, [2, 1], id="by bytes"),
        pytest.param([MAX_SAMPLES_BYTES, 1, MAX_SAMPLES_BYTES], 100, [1, 1, 1], id="one alone"),
        pytest.param([], 100, [], id="none"),
    ],
)
def test_batches_keep_to_both_limits_and_to_the_order(sizes: list[int], max_items: int, groups: list[int]) -> None:
    result = list(batches((sized(place, size) for place, size in enumerate(sizes)), max_items=max_items))
    assert [len(group) for group in result] == groups
    assert [one.line for group in result for one in group] == list(range(len(sizes)))
    assert all(len(request_payload(group)) <= PAYLOAD_BYTES for group in result)


def test_only_a_sample_too_large_for_any_request_is_refused() -> None:
    around = len(item(completion="").text)
    assert len(request_payload([item(completion="x" * (MAX_SAMPLES_BYTES - around))])) <= PAYLOAD_BYTES
    with pytest.raises(NotSendableError, match=r"is 6\.2 MB as it is sent, and a request to Lambda holds 6\.2 MB"):
        item(completion="x" * (MAX_SAMPLES_BYTES - around + 1))


def test_values_that_are_not_json_are_refused() -> None:
    with pytest.raises(NotSendableError, match="NaN"):
        item(reference_answer={"tests": [{"expected": float("nan")}]})
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotSendableError, match="nested"):
        item(reference_answer=deep)
