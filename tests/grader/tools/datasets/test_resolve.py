from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import StoreConfig
from grader.errors import InputError
from grader.references.store import ReferenceStore
from grader.tools.datasets.resolve import resolve_references
from grader.tools.datasets.tasks import RowError, read_task
from tests.grader.tools.datasets.rows import HUMANEVAL, MBPP, ROWS, row_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.tools.files.rows import Row
    from tests.s3.bucket import Bucket

TESTS = {"test_list": MBPP["test_list"]}


@pytest.fixture
def store(tmp_path: Path) -> ReferenceStore:
    (tmp_path / "tests.json").write_text(json.dumps(TESTS))
    lines = [{"task_id": "list", "reference_answer": [{"input": "1", "output": "1", "testtype": "stdin"}]}, HUMANEVAL]
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "chain.json").write_text('{"file": "tests.json"}')
    return ReferenceStore(StoreConfig(file_root=str(tmp_path)))


def arrived(store: ReferenceStore, *documents: dict[str, Any]) -> list[Row]:
    return list(resolve_references([row_of(document, number) for number, document in enumerate(documents, 1)], store))


ADDRESS = {"file": "tests.json"}
TURNS = [{"role": "user", "content": "Write it."}]


@pytest.mark.parametrize(
    "row",
    [
        {"reference_answer": ADDRESS},
        {"reference_answer": "file://tests.json"},
        {"reference_answer": json.dumps({"text": json.dumps(ADDRESS)})},
        {"metadata": {"reference_answer": ADDRESS, "level": 3}},
        {"reward_model": {"style": "rule", "ground_truth": json.dumps(ADDRESS)}},
        {"reward_model": json.dumps({"style": "rule", "ground_truth": ADDRESS})},
        {"item": {"reference_answer": ADDRESS, "level": 3}},
        {"reference_answer": {**ADDRESS, "format": "mbpp"}},
    ],
    ids=json.dumps,
)
def test_tests_replace_their_address_in_any_field(store: ReferenceStore, row: dict[str, Any]) -> None:
    (filled,) = arrived(store, {"id": "one", "messages": TURNS, **row})
    task = read_task(filled)
    assert (task.id, task.prompt, task.problem.format_name, len(task.problem.tests)) == ("one", "Write it.", "mbpp", 3)
    assert task.problem == read_task(row_of({"id": "one", "messages": TURNS, "reference_answer": TESTS})).problem
    assert "level" not in json.dumps(row) or "level" in json.dumps(filled.document)


def test_lines_lists_and_rows_of_data_sets_are_found_by_id(store: ReferenceStore) -> None:
    ids = ("list", HUMANEVAL["task_id"])
    rows = arrived(store, *({"reference_answer": {"file": "lines.jsonl", "task_id": one}} for one in ids))
    assert [read_task(row).problem.format_name for row in rows] == ["livecodebench", "humaneval"]
    assert read_task(rows[1]).solutions


def test_rows_with_their_tests_are_left_alone(store: ReferenceStore) -> None:
    rows = [row_of(document, number) for number, document in enumerate(ROWS.values(), 1)]
    assert list(resolve_references(rows, store)) == rows


@pytest.mark.parametrize(
    ("reference", "complaint"),
    [
        ({"file": "none.json"}, "reference_answer: file://none.json: cannot be read: no such file or directory"),
        ({"file": "lines.jsonl", "task_id": "x"}, "file://lines.jsonl, task_id x: has no line with the task_id 'x'"),
        ({"file": "chain.json"}, "file://chain.json: is the address of another reference"),
        ({"s3_uri": "nonsense"}, "reference_answer.s3_uri: must be s3://BUCKET/KEY, not 'nonsense'"),
    ],
)
def test_tests_that_cannot_be_fetched_are_a_bad_row_between_good_ones(
    store: ReferenceStore, reference: Any, complaint: str
) -> None:
    good = {"messages": TURNS, "reference_answer": ADDRESS}
    rows = arrived(store, good, {**good, "reference_answer": reference}, good)
    assert read_task(rows[0]).problem == read_task(rows[2]).problem
    with pytest.raises(RowError) as caught:
        read_task(rows[1])
    assert complaint in str(caught.value)


def test_each_location_is_fetched_once_for_many_rows(bucket: Bucket) -> None:
    uri = bucket.put_lines("lines.jsonl", [{"task_id": number, **TESTS} for number in range(100)])
    bucket.server.fail()
    rows = arrived(
        ReferenceStore(StoreConfig()),
        *({"messages": TURNS, "reference_answer": {"s3_uri": uri, "task_id": number}} for number in range(100)),
    )
    assert [read_task(row).problem.format_name for row in rows] == ["mbpp"] * 100
    assert [row.number for row in rows] == list(range(1, 101))
    assert len(bucket.server.requests) == 1


def test_rows_before_a_file_broke_off_are_yielded(store: ReferenceStore) -> None:
    def rows() -> Iterator[Row]:
        yield row_of({"messages": TURNS, "reference_answer": ADDRESS})
        raise InputError("the rest is gone")

    given = resolve_references(rows(), store)
    assert read_task(next(given)).problem.format_name == "mbpp"
    with pytest.raises(InputError, match="the rest is gone"):
        next(given)
