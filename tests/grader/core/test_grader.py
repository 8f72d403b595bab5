"""The iterator of grades, its early end, and the timings of a grade."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.errors import SampleError
from grader.types import BadSample, GradeStatus, Sample
from sandbox.scheduler.reaper import tagged_pids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}
RIGHT = "```python\ndef add(a, b):\n    return a + b{}\n```"
SLOW = "```python\nimport time\n\n\ndef add(a, b):\n    time.sleep(600)\n```"


def samples(count: int) -> list[Sample]:
    return [Sample(str(number), RIGHT.format(f" + {number} - {number}"), REFERENCE) for number in range(count)]


def children() -> set[int]:
    """Processes whose parent is this one."""
    listed = (path.read_text() for path in Path("/proc/self/task").glob("*/children"))
    return {int(pid) for text in listed for pid in text.split()}


def answers(grader: Grader) -> set[int]:
    """Processes of the grader's sandbox that are no zygotes."""
    zygotes = {zygote.pid for zygote in grader._sandbox._zygotes()}
    return {pid for pid in tagged_pids(grader._sandbox.tags) if pid not in zygotes}


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


@pytest.fixture
def grader() -> Iterator[Grader]:
    with Grader(GraderConfig.load(None, {"GRADER_WORKERS": "1"})) as grader:
        yield grader


def test_every_position_comes_once(grader: Grader) -> None:
    batch = [*samples(12), BadSample("x", SampleError("x", "id", "no")), *samples(2)]
    grades = list(grader.grade_iter(batch))
    assert sorted(index for index, _ in grades) == list(range(15))
    assert all(grade.sample_id == batch[index].id for index, grade in grades)
    assert dict(grades)[12].status is GradeStatus.UNSCORED


def test_a_grade_comes_while_another_answer_runs(grader: Grader) -> None:
    batch = [Sample("slow", SLOW, REFERENCE), *samples(1)]
    grades = grader.grade_iter(batch, deadline_s=60)
    index, grade = next(grades)
    assert (index, grade.reward) == (1, 1.0)
    grades.close()


def test_what_a_caller_who_stops_early_held_is_free_and_the_grader_goes_on(grader: Grader) -> None:
    grader.grade(samples(1)[0])
    before = answers(grader)
    grades = grader.grade_iter([*samples(3), Sample("slow", SLOW, REFERENCE)])
    taken = [next(grades)[1].reward for _ in range(3)]
    until(lambda: answers(grader) > before)
    grades.close()
    until(lambda: answers(grader) <= before)
    assert taken == [1.0] * 3
    assert [grade.reward for grade in grader.grade_batch(samples(8))] == [1.0] * 8


def test_an_early_end_gives_nothing_back_twice(grader: Grader) -> None:
    """An executor that two tasks believe to have would mix their answers up."""
    for _ in range(3):
        grades = grader.grade_iter(samples(6))
        next(grades)
        grades.close()
    until(lambda: len(grader._sandbox._executor_pool._free) == 1)
    until(lambda: len(grader._sandbox._analyzer_pool._free) == 1)
    assert not grader._sandbox._executor_pool._held
    assert grader.grade(samples(1)[0]).reward == 1.0


def test_a_caller_who_takes_all_grades_but_not_the_end_costs_no_process(grader: Grader) -> None:
    grader.grade_batch(samples(1))
    before = children()
    grades = grader.grade_iter(samples(2))
    taken = [next(grades), next(grades)]
    grades.close()
    assert len(taken) == 2
    assert children() == before


def test_a_thread_may_use_the_grader_while_it_has_an_unfinished_iterator(grader: Grader) -> None:
    grades = grader.grade_iter([*samples(1), Sample("slow", SLOW, REFERENCE)], deadline_s=600)
    next(grades)
    assert grader.host().workers == 1
    assert grader.grade(samples(2)[1]).reward == 1.0
    grades.close()


def test_an_iterator_that_is_never_begun_holds_nothing(grader: Grader) -> None:
    grader.grade_iter(samples(1))
    assert grader.grade(samples(1)[0]).reward == 1.0


def test_timings_are_durations_that_fit_into_the_whole(grader: Grader) -> None:
    for grade in grader.grade_batch([*samples(4), Sample("none", "no code", REFERENCE)]):
        assert all(value >= 0 for value in grade.timings_ms.values())
        assert math.fsum(grade.timings_ms.values()) <= grade.metric("duration_ms")
    assert set(grade.timings_ms) == set()
    full = grader.grade(samples(1)[0]).timings_ms
    assert set(full) == {"analysed", "fork", "run", "executed", "styled"}
    assert full["run"] > 0
