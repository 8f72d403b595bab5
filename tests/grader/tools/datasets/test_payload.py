from __future__ import annotations

import json
from typing import Any

import pytest

from grader.tools.datasets.payload import REQUEST_BYTES, PayloadStats

ROW: dict[str, Any] = {"id": "a", "messages": [{"role": "user", "content": "é\n"}], "reference_answer": {"x": "y" * 50}}
VERL: dict[str, Any] = {"prompt": ROW["messages"], "reward_model": {"ground_truth": '{"x": "\\"y\\""}'}}


def request(rows: list[dict[str, Any]], completion: str, *, as_text: bool) -> int:
    """Bytes of a request as a training job sends it."""
    key = "prompt" if as_text else "messages"
    batch = [{**row, key: [*row[key], {"role": "assistant", "content": completion}]} for row in rows]
    return len(json.dumps({"body": json.dumps({"batch": batch})} if as_text else batch))


@pytest.mark.parametrize(("row", "as_text"), [(ROW, False), (VERL, True)])
@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_the_size_of_a_batch_is_that_of_its_json(row: dict[str, Any], as_text: bool, batch_size: int) -> None:
    payload = PayloadStats(batch_size, completion_bytes=1000, as_text=as_text)
    for _ in range(20):
        payload.add(row, place="a:1", name="a")
    real = request([row] * batch_size, "x" * 1000, as_text=as_text)
    assert real <= payload.mean_batch == payload.largest_batch <= real + 256 + 2 * batch_size


def test_rows_are_too_large_when_a_batch_of_them_does_not_fit() -> None:
    size = PayloadStats(1, 0).bytes_of(ROW)
    room = (REQUEST_BYTES - 256) // 64 - size
    fits, does_not = PayloadStats(64, room), PayloadStats(64, room + 1)
    for payload in (fits, does_not):
        payload.add(ROW, place="a.jsonl:3", name="a")
    assert (fits.too_large, fits.safe_batch_size) == (0, 64)
    assert request([ROW] * 64, "x" * room, as_text=False) <= REQUEST_BYTES
    assert (does_not.too_large, does_not.safe_batch_size) == (1, 63)
    (worst,) = does_not.worst
    assert (worst.place, worst.id, worst.bytes, worst.fitting) == ("a.jsonl:3", "a", size + room + 1, 63)


def test_a_row_that_fits_into_no_request_is_reported() -> None:
    payload = PayloadStats(1, 0)
    payload.add({**ROW, "reference_answer": "x" * REQUEST_BYTES}, place="a:1", name="a")
    assert (payload.too_large, payload.safe_batch_size, payload.worst[0].fitting) == (1, 0, 0)


def test_only_the_first_rows_are_kept() -> None:
    payload = PayloadStats(1, REQUEST_BYTES)
    for number in range(1000):
        payload.add(ROW, place=f"a:{number}", name="a")
    assert (payload.too_large, len(payload.worst)) == (1000, 100)


def test_no_rows_have_no_size() -> None:
    assert (PayloadStats(64, 0).mean_batch, PayloadStats(64, 0).too_large) == (0, 0)
