from __future__ import annotations

import gzip
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError
from grader.tools.files import rows
from grader.tools.files.rows import chunks
from grader.tools.files.samples import SampleFile, SampleLine
from grader.types import BadSample, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read(path: Path | str) -> list[SampleLine]:
    with SampleFile(str(path)) as source:
        return list(source)


def complaint(line: SampleLine) -> str:
    assert isinstance(line.sample, BadSample)
    return str(line.sample.error)


def sample(**fields: Any) -> str:
    return json.dumps({"completion": "x", "reference_answer": {"tests": []}, **fields})


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ({"completions": ["x"]}, "; 'completions' is nearly 'completion'"),
        ({"Completion": "x"}, "; 'Completion' is nearly 'completion'"),
        ({"mesages": []}, "; 'mesages' is nearly 'messages'"),
        ({"model_respons": "x"}, "; 'model_respons' is nearly 'model_response'"),
        ({"colour": "x"}, "; found: colour, reference_answer"),
    ],
)
def test_a_field_that_is_nearly_right_is_named(tmp_path: Path, row: dict[str, Any], hint: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row | {"reference_answer": {"tests": []}}))
    (line,) = read(path)
    assert hint in complaint(line)


@pytest.mark.parametrize("name", ["reference_answers", "referenceanswer", "reward_modell"])
def test_a_reference_that_is_nearly_named_right_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "completion": "x", name: {"tests": []}}))
    (line,) = read(path)
    assert "reference_answer: not found" in complaint(line)
    assert f"; '{name}' is nearly '" in complaint(line)


@pytest.mark.parametrize("row", [{"completions": ["x"]}, {"messages": [{"role": "user", "content": "x"}]}, {}])
def test_a_line_without_an_answer_is_named_and_never_a_zero(tmp_path: Path, row: dict[str, Any]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row | {"reference_answer": {"tests": []}}))
    (line,) = read(path)
    assert "completion: is missing: give completion, or messages that end with the assistant's turn" in complaint(line)
    assert "found: " in complaint(line)


def test_reads_a_sample_a_line_and_counts_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"\n{sample(id='a')}\n   \n{sample(id=7)}\n{sample()}")
    assert [(line.number, line.sample.id) for line in read(path)] == [(2, "a"), (4, 7), (5, "sample-4")]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.jsonl"])
def test_gzip_is_recognized_by_its_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(sample(id="a").encode() + b"\n") + gzip.compress(sample(id="b").encode()))
    assert [line.sample.id for line in read(path)] == ["a", "b"]


def test_reads_plain_text_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_text(sample(id="a"))
    assert len(read(path)) == 1


@pytest.mark.parametrize("packed", [False, True])
def test_reads_standard_input(monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    raw = sample(id="a").encode()
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(gzip.compress(raw) if packed else raw)))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert [line.sample.id for line in read("-")] == ["a"]
    assert not stdin.buffer.closed


def test_a_byte_order_mark_is_not_part_of_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + sample(id="a").encode())
    assert isinstance(read(path)[0].sample, Sample)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"id": }', "sample sample-1: sample: is not JSON: Expecting value at character 8"),
        (b"[1]", "sample sample-1: sample: is of type list, not an object"),
        (b"3", "sample sample-1: sample: is of type int, not an object"),
        (b'{"id": "\xff"}', "sample sample-1: sample: is not UTF-8: byte 9 is 0xff"),
        (b"[" * 200_000, "sample sample-1: sample: is JSON nested too deeply"),
        (b"9" * 5000, "sample sample-1: sample: is JSON with an integer of too many digits"),
    ],
)
def test_a_bad_line_keeps_its_place(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(sample(id="a").encode() + b"\n" + raw + b"\n" + sample(id="c").encode())
    before, bad, after = read(path)
    assert (before.sample.id, bad.sample.id, after.sample.id) == ("a", "sample-1", "c")
    assert complaint(bad) == message


def test_a_line_over_the_limit_is_refused_and_the_next_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "MAX_LINE_BYTES", 1024 * 1024)
    path = tmp_path / "a.jsonl"
    path.write_text(f"{sample(id='big', completion='x' * 3_500_000)}\n{sample(id='a')}\n")
    bad, good = read(path)
    assert complaint(bad) == "sample sample-0: sample: is longer than 1 MiB"
    assert good.sample.id == "a"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.jsonl"
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    path.write_bytes((mark + sample()).encode(encoding))
    with pytest.raises(InputError, match=r"a\.jsonl:1: is UTF-16 or UTF-32; JSON lines are UTF-8$"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"\n \n", gzip.compress(b"", mtime=0)])
def test_a_file_without_samples_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"a\.jsonl: holds no samples"):
        read(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing", "no such file or directory"), (".", "is a directory"), ("a\0b", "embedded null byte")],
)
def test_a_file_that_cannot_be_opened_is_an_error_of_one_line(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=f": {message}$"):
        read(f"{tmp_path}/{name}")


def test_damaged_gzip_is_named_after_the_lines_that_could_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(f"{sample(id='a')}\n".encode() * 50_000)[:-300])
    groups = []
    with SampleFile(str(path)) as source, pytest.raises(InputError, match=r"a\.jsonl\.gz:\d+: damaged gzip data$"):
        groups.extend(chunks(iter(source)))
    assert sum(map(len, groups)) > 10_000


def test_chunks_are_short_in_samples_and_in_bytes() -> None:
    def some(count: int, size: int) -> Iterator[SampleLine]:
        for number in range(1, count + 1):
            yield SampleLine(number, size, Sample(number, None, None))

    assert [len(chunk) for chunk in chunks(some(1100, 10))] == [512, 512, 76]
    assert [len(chunk) for chunk in chunks(some(5, 40 * 1024 * 1024))] == [2, 2, 1]
    assert list(chunks(some(0, 0))) == []


def test_reading_goes_no_further_than_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{sample(id='a')}\n" * 100_000)
    with SampleFile(str(path)) as source:
        assert source.total == path.stat().st_size
        next(chunks(iter(source)))
        assert 0 < source.position < source.total / 10
