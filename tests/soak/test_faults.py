"""A short version of the run with faults, and checks that it notices errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import pytest

from sandbox.types import Execution, ExecutionStatus
from tests.soak import faults
from tests.soak.faults import run
from tests.soak.leaks import LEAKS
from tests.soak.samples import Mix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.core.grader import Grader

MIX = Mix(seed=7, hostile_every=50, problems=10)
CALM = Mix(hostile_every=10**9, problems=3)


@pytest.mark.slow
@pytest.mark.parametrize("tier", ["auto", "rlimit"])
def test_faults_lose_no_result_and_change_no_grade(tier: str) -> None:
    trial = run(120, mix=MIX, environ={"GRADER_ISOLATION": tier}, pause_s=0.1, batch=40)
    assert not trial.wrong
    assert len(trial.faults) >= 3
    assert len(trial.unscored) <= len(trial.faults) / 2  # it takes two to lose a sample


class ErrorInjector:
    """Fake injector that causes an error, which must be noticed."""

    def __init__(self, cause: Callable[[Grader], None]) -> None:
        self.cause = cause
        self.faults: list[Any] = []

    def __call__(self, grader: Grader, **_: Any) -> Self:
        self.cause(grader)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def test_a_wrong_grade_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    injector = ErrorInjector(lambda _: monkeypatch.setattr("grader.core.grade_task.style_score", lambda _: 0.5))
    assert "instead of" in run(3, mix=CALM, injector=injector).wrong[0]


def test_a_result_that_comes_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def repeat(grader: Grader) -> None:
        grade = grader.grade_iter

        def twice(samples: Any) -> Iterator[Any]:
            yield from grade(samples)
            yield from grade(samples)

        monkeypatch.setattr(grader, "grade_iter", twice)

    assert run(3, mix=CALM, injector=ErrorInjector(repeat)).wrong == ["3 samples have 6 grades, for 3 of them"]


def test_a_batch_that_hangs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_SLOWEST_S", 0.0)
    assert run(3, mix=CALM).wrong[0].startswith("a batch took")


def test_a_process_that_is_left_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_GONE_S", 0.1)
    with LEAKS["processes"]() as leak:
        assert run(3, mix=CALM, injector=ErrorInjector(lambda _: leak())).wrong[0].endswith("is left")


def test_an_unscored_sample_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lose(*_: Any, **__: Any) -> Execution:
        return Execution(ExecutionStatus.INTERNAL, detail="a worker died")

    def break_executors(grader: Grader) -> None:
        for executor in grader._sandbox._executors:
            monkeypatch.setattr(executor, "execute", lose)

    trial = run(3, mix=CALM, injector=ErrorInjector(break_executors))
    assert [reason.partition(": ")[2] for reason in trial.unscored] == ["a worker died"] * 3
    assert not trial.wrong
