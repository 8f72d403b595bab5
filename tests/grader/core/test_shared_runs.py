"""Answers to one problem that compile to the same code: their tests run once, and their grades stay their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core import shared_runs
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample
from sandbox.types import Execution, ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE: dict[str, Any] = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}
CODE = "def add(a, b):\n    return a + b\n"


class Runs:
    """A grader, and the sources that it has run."""

    def __init__(self, grader: Grader) -> None:
        self.grader = grader
        self.sources: list[str] = []
        self.replies: list[Execution] = []
        """What the first runs return instead of running."""
        sandbox = grader._sandbox
        execute = sandbox.execute

        async def counting(job: Any, **more: Any) -> Execution:
            self.sources.append(job.source)
            return self.replies.pop(0) if self.replies else await execute(job, **more)

        sandbox.execute = counting  # type: ignore[method-assign]  # it counts, and calls the real one

    def rewards_of(self, *answers: str, reference: dict[str, Any] = REFERENCE) -> list[float | None]:
        samples = [Sample(str(n), f"```python\n{answer}\n```", reference) for n, answer in enumerate(answers)]
        return [grade.metric("functional") for grade in self.grader.grade_batch(samples)]


@pytest.fixture
def runs() -> Iterator[Runs]:
    with Grader(GraderConfig(workers=2)) as grader:
        yield Runs(grader)


def test_answers_that_differ_in_comments_and_blanks_behind_lines_run_once(runs: Runs) -> None:
    answers = [CODE, f"{CODE}\n# Done.\n", CODE.replace("a + b", "a + b  # the sum"), CODE.replace("a + b", "a + b  ")]
    assert runs.rewards_of(*answers) == [1.0] * 4
    assert len(runs.sources) == 1


def test_each_keeps_its_own_style_and_text(runs: Runs) -> None:
    tidy = 'def add(a, b):\n    found = {"sum": a + b}\n    return found["sum"]\n'
    ugly = tidy.replace('"', "'")
    samples = [Sample(str(n), f"```python\n{answer}```", REFERENCE) for n, answer in enumerate((tidy, ugly))]
    tidy_grade, ugly_grade = runs.grader.grade_batch(samples)
    assert len(runs.sources) == 1
    assert (tidy_grade.metric("style"), tidy_grade.answer) == (1.0, tidy)
    assert ugly_grade.metric("style") < 1.0
    assert ugly_grade.answer == ugly


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("a + b", "b + a"),
        CODE.replace("return", "'The sum.'\n    return"),
        f"import traceback\n{CODE}",
        f"# A first line moves the lines that a traceback names.\n{CODE}",
    ],
    ids=["code", "docstring", "import", "lines"],
)
def test_other_code_runs_by_itself(runs: Runs, other: str) -> None:
    assert runs.rewards_of(CODE, other) == [1.0, 1.0]
    assert len(runs.sources) == 2


def test_an_equal_answer_to_another_problem_runs_by_itself(runs: Runs) -> None:
    other = {**REFERENCE, "tests": [{"args": [1, 2], "expected": 4}]}
    assert [runs.rewards_of(CODE), runs.rewards_of(f"{CODE}#", reference=other)] == [[1.0], [0.0]]


def test_another_call_runs_it_again(runs: Runs) -> None:
    runs.rewards_of(CODE, f"{CODE}#")
    runs.rewards_of(CODE, f"{CODE}#")
    assert len(runs.sources) == 2
    assert not runs.grader._loop._task_grader._shared_runs._running


def test_calls_at_the_same_time_share_a_run(runs: Runs) -> None:
    runs.rewards_of(CODE)
    slow = "import time\n\n\ndef add(a, b):\n    time.sleep(1)\n    return a + b\n"
    samples = [Sample(str(n), f"```python\n{slow}\n# {n}\n```", REFERENCE) for n in range(12)]
    with ThreadPoolExecutor(12) as pool:
        grades = list(pool.map(runs.grader.grade, samples))
    assert [grade.reward for grade in grades] == [1.0] * 12
    assert len(runs.sources) < 1 + 4, "a call that comes after the end runs it once more"


def test_tests_in_the_answers_own_process_run_for_each_text(runs: Runs) -> None:
    suite = {"entry_point": "add", "isolation": "shared", "pytest": "def test_add():\n    assert add(1, 2) == 3\n"}
    assert runs.rewards_of(CODE, f"{CODE}#", reference=suite) == [1.0, 1.0]
    assert len(runs.sources) == 2


@pytest.mark.parametrize("status", ["exhausted", "broken", "deadline", "internal"])
def test_a_run_that_did_not_come_to_its_end_is_not_shared(runs: Runs, status: str) -> None:
    runs.replies.append(Execution(ExecutionStatus(status), detail="made up"))
    functional = runs.rewards_of(CODE, f"{CODE}#", f"{CODE}##")
    assert functional.count(1.0) >= 2
    assert len(list(filter(None, runs.sources))) == 2, "besides the stub, whose source is empty"


def test_whoever_waits_for_an_equal_answer_keeps_its_own_deadline(runs: Runs) -> None:
    runs.rewards_of(CODE)
    slow = "import time\n\n\ndef add(a, b):\n    time.sleep(3)\n    return a + b\n"
    patient, hasty = (Sample(str(n), f"```python\n{slow}\n# {n}\n```", REFERENCE) for n in range(2))
    for order in ((patient, hasty), (hasty, patient)):
        with ThreadPoolExecutor(2) as pool:
            deadlines = {patient.id: 600.0, hasty.id: 2.0}
            futures = {one.id: pool.submit(runs.grader.grade, one, deadline_s=deadlines[one.id]) for one in order}
            assert futures[hasty.id].result().status is GradeStatus.UNSCORED
            assert futures[patient.id].result().reward == 1.0


def test_only_the_latest_runs_of_a_call_are_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_runs, "_MAX_KEPT_RESULTS", 2)
    ended = shared_runs._EndedRuns()
    for number in range(5):
        ended.add((number,), Execution(ExecutionStatus.COMPLETED, report=[["passed", "", "", 0, 0]]))
    assert [number for number in range(5) if ended.get((number,)) is not None] == [3, 4]
