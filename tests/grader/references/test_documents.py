from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from grader.references.documents import ReferenceFile, decompress, parse_reference
from grader.references.locate import StoreError
from grader.references.store import CacheEntry, ReferenceCache
from testcases.formats import read_reference

NATIVE = {"tests": [{"args": [1], "expected": 1}], "entry_point": "f"}
CAP = 1 << 20


def lines(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def read(text: bytes, task_id: str | None = None) -> Any:
    return parse_reference(ReferenceFile(text).reference(task_id))


class TestGzip:
    def test_gzip_is_recognized_by_its_first_bytes_alone(self) -> None:
        for is_gzip in (True, False):
            assert decompress(gzip.compress(b"[1]"), is_gzip=is_gzip, cap=CAP) == b"[1]"
        assert decompress(b"[1]", is_gzip=False, cap=CAP) == b"[1]"

    def test_several_members_are_one_text(self) -> None:
        assert decompress(gzip.compress(b"[1") + gzip.compress(b"]"), is_gzip=True, cap=CAP) == b"[1]"

    def test_a_wrong_name_is_an_error(self) -> None:
        with pytest.raises(StoreError, match=r"ends in \.gz, and it is not gzip data"):
            decompress(b"[1]", is_gzip=True, cap=CAP)

    @pytest.mark.parametrize("cut", [1, 8, 20])
    def test_damaged_data_is_an_error(self, cut: int) -> None:
        with pytest.raises(StoreError, match="is damaged gzip data"):
            decompress(gzip.compress(b"[1]" * 100)[:-cut], is_gzip=True, cap=CAP)

    def test_a_bomb_is_not_unpacked(self) -> None:
        with pytest.raises(StoreError, match="unpacks to more than the 1 MiB that max_object_mb allows"):
            decompress(gzip.compress(bytes(64 * CAP)), is_gzip=True, cap=CAP)
        assert len(decompress(gzip.compress(bytes(CAP)), is_gzip=True, cap=CAP)) == CAP


class TestLines:
    ROWS = lines(b"", {"task_id": "a", **NATIVE}, b"  ", {"task_id": 2, "test_list": ["assert f() == 'é'"]}, [1], b"{")

    def test_each_is_found_by_its_id(self) -> None:
        assert read(self.ROWS, "a") == NATIVE
        assert read(self.ROWS, "2")["test_list"] == ["assert f() == 'é'"]

    def test_an_error_about_a_missing_line_names_a_broken_line(self) -> None:
        with pytest.raises(
            StoreError, match=r"has no line with the task_id 'c' that could be read; line 6 is not JSON"
        ):
            read(self.ROWS, "c")
        with pytest.raises(StoreError, match=r"^has no line with the task_id 'c'$"):
            read(lines({"task_id": "a", **NATIVE}), "c")

    def test_an_id_on_several_lines_is_an_error(self) -> None:
        with pytest.raises(StoreError, match="has the task_id 'a' on several lines"):
            read(lines({"task_id": "a"}, {"task_id": "b"}, {"task_id": "a"}), "a")

    def test_without_an_id_nothing_is_guessed(self) -> None:
        with pytest.raises(StoreError, match="holds several references; choose one by a field task_id"):
            read(lines({"task_id": "a", **NATIVE}, {"task_id": "b", **NATIVE}))

    def test_a_file_with_windows_line_ends_is_read(self) -> None:
        text = b"\xef\xbb\xbf" + self.ROWS.replace(b"\n", b"\r\n")
        assert read(text, "a") == NATIVE

    def test_a_list_is_beside_its_id(self) -> None:
        assert read(lines({"task_id": "a", "reference_answer": [1]}, {"task_id": "b"}), "a") == [1]

    def test_a_row_keeps_the_id_that_its_format_needs(self) -> None:
        """EvalPlus's inputs are restored by what the id says (`testcases.formats.evalplus`)."""
        assert read(lines({"task_id": "Mbpp/2", "base_input": []}), "Mbpp/2") == {
            "task_id": "Mbpp/2",
            "base_input": [],
        }

    def test_every_text_found_is_a_reference(self) -> None:
        assert read_reference(read(self.ROWS, "a")).format_name == "native"


class TestOneReference:
    @pytest.mark.parametrize("indent", [None, 2])
    def test_it_may_be_over_several_lines_and_have_its_id(self, indent: int | None) -> None:
        text = json.dumps({"task_id": "a", **NATIVE}, indent=indent).encode()
        assert read(text) == read(text, "a") == NATIVE
        with pytest.raises(StoreError, match="has no line with the task_id 'b'"):
            read(text, "b")

    def test_bytes_that_are_not_utf_8_are_an_error(self) -> None:
        with pytest.raises(StoreError, match="is not UTF-8: byte 3 is 0xff"):
            read(b'["\xff"]')

    @pytest.mark.parametrize("text", [b"", b"tests", b"[1", b"[" * 100_000], ids=["nothing", "a word", "half", "deep"])
    def test_text_that_is_not_json_is_an_error(self, text: bytes) -> None:
        with pytest.raises(StoreError) as caught:
            read(text)
        assert str(caught.value).isprintable()


class TestCache:
    @staticmethod
    def entry(size: int) -> CacheEntry:
        return CacheEntry(ReferenceFile(b""), None, 0.0, size)

    def test_the_least_recently_used_entry_is_dropped_first(self) -> None:
        from grader.references.locate import FolderFile  # noqa: PLC0415 - used here alone

        a, b, c, d = map(FolderFile, "abcd")
        cache = ReferenceCache(10)
        cache.put(a, self.entry(4))
        cache.put(b, self.entry(4))
        assert cache.get(a)
        cache.put(c, self.entry(4))
        assert cache.get(a)
        assert cache.get(b) is None
        assert (len(cache), cache.size) == (2, 8)
        cache.put(a, self.entry(5))
        assert (len(cache), cache.size) == (2, 9)
        cache.put(d, self.entry(11))
        assert cache.get(d) is None
        cache.forget(a)
        cache.forget(a)
        assert (len(cache), cache.size) == (1, 4)
