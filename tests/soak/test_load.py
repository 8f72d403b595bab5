"""A short version of the runs on a busy host."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from grader.core.problems import PreparedProblem
from sandbox.wire.limits import Limits
from tests.soak.load import run, solutions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.types import Job


@pytest.mark.slow
@pytest.mark.alone
def test_a_busy_host_changes_no_grade() -> None:
    samples = solutions(max_tasks=40)
    load = run(samples, rounds=2)
    assert not load.wrong
    assert load.full >= len(samples) - 1
    assert len(load.rounds_s) == 2


def test_a_grade_that_changes_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    job_for = PreparedProblem.job_for

    def hurried(problem: PreparedProblem, answer: str, code: bytes) -> Job:
        return replace(job_for(problem, answer, code), limits=Limits(cpu_s=1e-6, total_cpu_s=1e-6))

    @contextmanager
    def hurrying() -> Iterator[None]:
        monkeypatch.setattr(PreparedProblem, "job_for", hurried)
        yield

    samples = solutions(max_tasks=1)
    assert len(run(samples, rounds=1, spinning=hurrying).wrong) == len(samples)
