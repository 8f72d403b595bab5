from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from grader.errors import InputError
from grader.tools.files.writers import AtomicFile


def test_the_file_appears_once_all_is_written(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with AtomicFile(str(path), source="-") as output:
        output.write({"a": "é"})
        output.write([1])
        assert path.read_text() == "old"
    assert path.read_text() == '{"a": "\\u00e9"}\n[1]\n'
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with AtomicFile(str(tmp_path / "a"), source="-") as output:
            output.write(1)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("error", [InputError("broken"), KeyboardInterrupt(), ValueError("odd")])
def test_the_file_does_not_appear_after_an_error(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "out.jsonl"
    output = AtomicFile(str(path), source="-").__enter__()
    output.write(1)
    output.__exit__(type(error), error, None)
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    with AtomicFile(str(tmp_path / "link"), source="-") as output:
        output.write(1)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "1\n"


def test_a_device_is_written_to_as_it_is() -> None:
    with AtomicFile("/dev/null", source="-") as output:
        output.write(1)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_full_disk_is_an_error_of_one_line() -> None:
    output = AtomicFile("/dev/full", source="-").__enter__()
    output.write(1)
    with pytest.raises(InputError, match=r"^/dev/full: No space left on device$"):
        output.__exit__(None, None, None)


def test_the_source_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}")
    (tmp_path / "b.jsonl").symlink_to(path)
    for name in ("a.jsonl", "b.jsonl"):
        with pytest.raises(InputError, match=r"is the file the rows are in; --out must be another$"):
            AtomicFile(str(tmp_path / name), source=str(path))
    assert path.read_text() == "{}"


@pytest.mark.parametrize(
    ("name", "message"),
    [("missing/out", "No such file or directory"), (".", "is a directory"), ("a\0b", ".*embedded null .*")],
)
def test_a_path_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(InputError, match=f": {message}$"):
        AtomicFile(f"{tmp_path}/{name}", source="-").__enter__()
    assert list(tmp_path.iterdir()) == []
