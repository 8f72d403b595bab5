from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError
from grader.tools.files.rows import RowFile
from tests.grader.tools.datasets.rows import rows_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    WriteRows = Callable[..., Path]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.json.gz"])
def test_reads_lines_and_lists_packed_or_not(write_rows: WriteRows, name: str) -> None:
    rows = rows_in(write_rows({"id": 1}, {"id": 2}, name=name))
    assert [(row.number, row.document, row.complaint) for row in rows] == [(1, {"id": 1}, ""), (2, {"id": 2}, "")]


def test_the_format_is_recognized_by_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('\n  [{"id": 1},\n {"id": 2}]\n')
    assert len(rows_in(path)) == 2
    path = tmp_path / "b.json"
    path.write_text('{"id": 1}\n{"id": 2}\n')
    assert len(rows_in(path)) == 2


def test_places_name_the_line_or_the_row(write_rows: WriteRows) -> None:
    lines = write_rows({"id": 1}, "", {"id": 2})
    assert [row.place for row in rows_in(lines)] == [f"{lines}:1", f"{lines}:3"]
    items = write_rows({"id": 1}, {"id": 2}, name="rows.json")
    assert [row.place for row in rows_in(items)] == [f"{items}: row 1", f"{items}: row 2"]


def test_bad_rows_keep_their_place(write_rows: WriteRows) -> None:
    rows = rows_in(write_rows({"id": 1}, "{oops", "7", {"id": 2}))
    complaints = [row.complaint for row in rows]
    assert complaints[0] == complaints[3] == ""
    assert complaints[1].startswith("is not JSON: Expecting property name")
    assert complaints[2] == "is of type int, not an object"
    assert [row.complaint for row in rows_in(write_rows({"id": 1}, 7, name="a.json"))] == [
        "",
        "is of type int, not an object",
    ]


def test_progress_is_known(write_rows: WriteRows) -> None:
    with RowFile(str(write_rows({"id": 1}, {"id": 2}))) as source:
        assert source.position == 0
        list(source)
        assert source.position == source.total
    with RowFile(str(write_rows({"id": 1}, {"id": 2}, name="a.json"))) as source:
        positions = [source.position for _ in source]
        assert (positions, source.total) == ([1, 2], 2)


def test_standard_input_may_hold_either(monkeypatch: pytest.MonkeyPatch) -> None:
    for raw in (b'{"id": 1}\n', b'[{"id": 1}]', gzip.compress(b'{"id": 1}\n')):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(raw))))
        (row,) = rows_in("-")
        assert row.document == {"id": 1}


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("a.jsonl", b"", "holds no rows; give one JSON object on each line"),
        ("a.json", b"[]", "holds no rows; give a JSON list of objects, or one object a line"),
        ("a.json", b'[{"id": 1},\n{"id"}]', "is not JSON: Expecting ':' delimiter at line 2, column 6"),
        ("a.json", b'[{"id": "\xff"}]', "is not UTF-8: byte 10 is 0xff"),
        ("a.json", b"[" * 200_000, "is JSON nested too deeply"),
        ("a.json", gzip.compress(json.dumps([{"id": 1}] * 99).encode(), mtime=0)[:-20], "damaged gzip data"),
        ("a.json", b"\x1f\x8bnothing of the kind", "damaged gzip data"),
    ],
)
def test_an_unreadable_file_is_an_error_of_one_line(tmp_path: Path, name: str, raw: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(InputError) as caught:
        rows_in(path)
    assert str(caught.value) == f"{path}: {message}"


def test_one_object_over_many_lines_is_not_a_file_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{\n  "id": 1\n}\n')
    with pytest.raises(
        InputError, match=r"a\.json: is neither a JSON list of rows nor JSON lines: line 1 is not JSON: "
    ):
        rows_in(path)


def test_damaged_gzip_is_named_after_the_rows_that_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    lines = "".join(json.dumps({"id": number}) + "\n" for number in range(50_000))
    path.write_bytes(gzip.compress(lines.encode())[:-300])
    numbers: list[int] = []
    with RowFile(str(path)) as source, pytest.raises(InputError, match=r"a\.jsonl\.gz:\d+: damaged gzip data$"):
        numbers.extend(row.number for row in source)
    assert len(numbers) > 10_000


class TestParquet:
    RAW = b"PAR1 and so on"

    def test_an_error_names_the_missing_pyarrow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        path = tmp_path / "a.parquet"
        path.write_bytes(self.RAW)
        with pytest.raises(InputError, match=r"is Parquet, which needs pyarrow \(pip install pyarrow\); or save it"):
            rows_in(path)

    def test_is_not_read_from_a_stream(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(self.RAW))))
        with pytest.raises(InputError, match=r"^<stdin>: is Parquet, which can only be read from a file$"):
            rows_in("-")

    def test_is_read_where_pyarrow_is_installed(self, tmp_path: Path) -> None:
        pyarrow: Any = pytest.importorskip("pyarrow")
        parquet: Any = pytest.importorskip("pyarrow.parquet")
        path = tmp_path / "a.parquet"
        rows = [{"id": number, "inputs": ["1\n"], "outputs": [f"{number}\n"]} for number in range(200)]
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        with RowFile(str(path)) as source:
            assert [row.document for row in source] == rows
            assert (source.position, source.total) == (200, 200)
        path.write_bytes(path.read_bytes()[:-50])
        with pytest.raises(InputError, match=r"a\.parquet: cannot be read as Parquet: "):
            rows_in(path)
