from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import InputError
from grader.tools.files.results import ResumableResults
from grader.types import Grade, GradeStatus

if TYPE_CHECKING:
    from pathlib import Path


def grade(sample_id: str, reward: float | None = 0.5) -> Grade:
    status = GradeStatus.SCORED if reward is not None else GradeStatus.UNSCORED
    return Grade(sample_id=sample_id, status=status, reward=reward, metrics=())


def opened(path: Path) -> ResumableResults:
    return ResumableResults(str(path), source="-", unscored_reward=0.0)


def lines(path: Path) -> list[tuple[int, str]]:
    return [(one["line"], one["id"]) for one in map(json.loads, path.read_text().splitlines())]


def test_results_end_up_in_the_order_of_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with opened(path) as results:
        for line in (3, 1, 2):
            results.write(grade(f"s{line}"), line, f"d{line}")
            assert len(path.read_bytes().splitlines()) == len(set(results._stored))
        results.complete = True
    assert lines(path) == [(1, "s1"), (2, "s2"), (3, "s3")]
    assert [one.name for one in tmp_path.iterdir()] == ["out.jsonl"]


def test_an_interrupted_run_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with opened(path) as results:
        results.write(grade("b"), 2, "d2")
        results.write(grade("c", None), 3, "d3")
    with opened(path) as results:
        stored = results.stored_result(2, "d2")
        assert stored is not None
        assert stored["id"] == "b"
        assert results.stored_result(1, "d1") is None
        assert results.stored_result(3, "d3") is None, "what has no score is graded again"
        results.write(grade("c"), 3, "d3")
        results.write(grade("a"), 1, "d1")
        results.complete = True
    assert lines(path) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_sample_that_has_changed_is_graded_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with opened(path) as results:
        results.write(grade("a"), 1, "d1")
        results.write(grade("gone"), 2, "d2")
        results.complete = True
    with opened(path) as results:
        assert results.stored_result(1, "other") is None
        assert results.stored_result(1, "") is None
        results.write(grade("new"), 1, "other")
        results.complete = True
    assert lines(path) == [(1, "new")]


def test_results_of_lines_that_were_not_reached_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with opened(path) as results:
        results.write(grade("a"), 1, "d1")
        results.write(grade("b"), 2, "d2")
    with opened(path) as results:
        assert results.stored_result(1, "d1")
    assert lines(path) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("torn", [b'{"id": "c", "aggreg', b'{"id": "c"}', b"\xff"])
def test_a_torn_last_line_is_dropped(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "out.jsonl"
    with opened(path) as results:
        results.write(grade("a"), 1, "d1")
    path.write_bytes(path.read_bytes() + torn)
    with opened(path) as results:
        results.write(grade("b"), 2, "d2")
        assert results.stored_result(1, "d1")
        results.complete = True
    assert lines(path) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("text", ["precious\n", "[1]\n", '{"id": "a", "line": 1}\n', "\n"])
def test_a_file_that_does_not_hold_results_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text + "more")
    with pytest.raises(InputError, match=r"notes\.txt:1: is not a result of this command"):
        opened(path)
    assert path.read_text() == text + "more"


def test_two_runs_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with opened(path), pytest.raises(InputError, match="another run is writing it"):
        opened(path)


def test_the_file_of_samples_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text("precious")
    with pytest.raises(InputError, match="--out must be another"):
        ResumableResults(str(path), source=str(path), unscored_reward=0.0)


@pytest.mark.parametrize("name", ["missing/out.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r": (No such file|Is a directory|embedded null)"):
        ResumableResults(f"{tmp_path}/{name}", source="-", unscored_reward=0)


def test_a_full_disk_is_named() -> None:
    full = pytest.raises(InputError, match="/dev/full: No space left on device")
    with ResumableResults("/dev/full", source="-", unscored_reward=0) as results, full:
        results.write(grade("a"), 1, "d1")


def test_nothing_is_kept_without_a_file() -> None:
    with ResumableResults(None, source="-", unscored_reward=0.0) as results:
        results.write(grade("a"), 1, "d1")
        result: Any = results.stored_result(1, "d1")
        assert result is None
