from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from grader.errors import InputError
from grader.tools.files.results import ResultFile
from grader.tools.files.samples import SampleLine, grade_lines
from grader.types import Grade, GradeStatus, Metric, Sample, TestResult
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


def grade(sample_id: object, reward: float | None = 0.5) -> Grade:
    return Grade(
        sample_id=sample_id,
        status=GradeStatus.SCORED if reward is not None else GradeStatus.UNSCORED,
        reward=reward,
        metrics=(Metric("syntax", 1.0),),
        tests=(TestResult(Verdict.PASSED), TestResult(Verdict.TIMEOUT)),
        reason="\x1b[31mlate\x7f",
        extraction_rule="bare_code",
    )


def test_a_result_is_the_lambdas_and_more(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResultFile(str(path), source="-", unscored_reward=0.25) as results:
        results.write(grade("a"), 3, "d1")
        results.write(grade({"any": "thing"}, None), 4, "d2")
    raw = path.read_text()
    assert "\x1b" not in raw
    assert "\x7f" not in raw
    first, second = map(json.loads, raw.splitlines())
    assert first == {
        "id": "a",
        "aggregate_reward_score": 0.5,
        "metrics_list": [{"name": "syntax", "value": 1.0, "type": "Metric"}],
        "metrics": {"syntax": 1.0},
        "problem": "",
        "line": 3,
        "digest": "d1",
        "status": "scored",
        "reason": "\x1b[31mlate\x7f",
        "extraction_rule": "bare_code",
        "verdicts": ["passed", "timeout"],
    }
    assert second["id"] == {"any": "thing"}
    assert (second["status"], second["aggregate_reward_score"]) == ("unscored", 0.25)


def test_every_result_can_be_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    with ResultFile(str(path), source="-", unscored_reward=0) as results:
        results.write(grade("a"), 1)
        assert len(path.read_text().splitlines()) == 1


def test_the_file_of_samples_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    path.write_text("precious")
    with pytest.raises(InputError, match="--out must be another"):
        ResultFile(f"{tmp_path}/./samples.jsonl", source=str(path), unscored_reward=0)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("name", ["missing/out.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r": (No such file|Is a directory|embedded null)"):
        ResultFile(f"{tmp_path}/{name}", source="-", unscored_reward=0)


def test_a_full_disk_is_named() -> None:
    full = pytest.raises(InputError, match="/dev/full: No space left on device")
    with ResultFile("/dev/full", source="-", unscored_reward=0) as results, full:
        results.write(grade("a"), 1)


class BackwardsGrader:
    """Grades the samples of a batch in the reverse order."""

    def __init__(self) -> None:
        self.deadlines: list[float | None] = []

    def grade_iter(self, samples: Sequence[Sample], *, deadline_s: float | None) -> Iterator[tuple[int, Grade]]:
        self.deadlines.append(deadline_s)
        for index in reversed(range(len(samples))):
            yield index, grade(samples[index].id)


@pytest.mark.parametrize("deadline", [None, 100.0])
def test_results_come_in_the_order_of_the_lines(deadline: float | None) -> None:
    lines = [SampleLine(number, 1, Sample(number, None, None)) for number in range(1, 1301)]
    grader = BackwardsGrader()
    graded = grade_lines(grader, lines, deadline_s=deadline)
    assert [(line.number, result.sample_id) for line, result in graded] == [
        (number, number) for number in range(1, 1301)
    ]
    assert len(grader.deadlines) == 3
    assert all(left is None if deadline is None else 90 < left <= 100 for left in grader.deadlines)
