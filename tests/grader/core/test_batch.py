"""Equality of grading tasks."""

from __future__ import annotations

import time
from typing import Any

import pytest

from grader.config.settings import GraderConfig
from grader.core import extraction_queue
from grader.core.grader import Grader
from grader.extraction import Extraction, extract
from grader.extraction.extractor import MAX_CHARS
from grader.types import GradeStatus, Sample

CODE = "def add(a, b):\n    return a + b\n"
CLOSED, UNCLOSED = f"```python\n{CODE}```", f"```python\n{CODE}"
PROSE, THOUGHT = "I do not know.", "<think>I do not know.</think>"
REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}


@pytest.fixture(scope="module")
def grader() -> Any:
    """A grader."""
    with Grader(GraderConfig.load(None, {})) as grader:
        yield grader


@pytest.mark.parametrize("completions", [(CLOSED, UNCLOSED), (UNCLOSED, CLOSED), (PROSE, THOUGHT), (THOUGHT, PROSE)])
def test_a_grade_does_not_depend_on_what_is_graded_beside_it(grader: Grader, completions: tuple[str, str]) -> None:
    samples = [Sample(str(index), completion, REFERENCE) for index, completion in enumerate(completions)]
    together, alone = grader.grade_batch(samples), [grader.grade(sample) for sample in samples]
    for one, other in zip(together, alone, strict=True):
        assert (one.reward, one.reason) == (other.reward, other.reason)
        assert one.metric("code_truncated") == other.metric("code_truncated")
    assert (together[0].reason, together[0].metric("code_truncated")) != (
        together[1].reason,
        together[1].metric("code_truncated"),
    )


HONEST = Sample("honest", CLOSED, REFERENCE)


def test_texts_that_take_long_to_read_leave_the_others_their_grades_and_the_batch_its_deadline(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(completion: str, **options: Any) -> Extraction:
        if len(completion) > 1000:
            time.sleep(0.7)
        return extract(completion, **options)

    monkeypatch.setattr(extraction_queue, "extract", slow)
    hostile = [Sample(str(number), f"{'x' * (2000 + number)}", REFERENCE) for number in range(8)]
    grader.grade(HONEST)  # starts the processes
    started = time.monotonic()
    grades = grader.grade_batch([*hostile, HONEST], deadline_s=2.5)
    assert time.monotonic() - started < 3.5
    assert grades[-1].reward == 1.0
    statuses = [grade.status for grade in grades[:-1]]
    assert GradeStatus.UNSCORED in statuses
    assert statuses == sorted(statuses, key=list(GradeStatus).index), "the shortest are read first"
    assert all("not read before the deadline" in grade.reason for grade in grades if grade.reward is None)


@pytest.mark.parametrize("piece", ["~~~\n", "```\n```\n", "``` `\n", "\n", "</s>", "[DONE]\n", "x = 1\n    y\n"])
def test_hostile_texts_of_the_greatest_length_take_no_time_to_speak_of(grader: Grader, piece: str) -> None:
    texts = [piece * ((MAX_CHARS - number) // len(piece)) for number in range(0, 64, 8)]
    started = time.process_time()
    grades = grader.grade_batch([*(Sample(str(n), text, REFERENCE) for n, text in enumerate(texts)), HONEST])
    assert time.process_time() - started < 8, "the bound is several times what is needed"
    assert grades[-1].reward == 1.0
    assert all(grade.status is GradeStatus.SCORED for grade in grades)


def test_equal_samples_of_a_batch_are_graded_once(grader: Grader) -> None:
    grades = grader.grade_batch([HONEST, Sample("other", f"Text.\n{CLOSED}", REFERENCE), HONEST])
    assert [grade.reward for grade in grades] == [1.0] * 3
    assert grades[0].timings_ms is grades[1].timings_ms is grades[2].timings_ms
