"""Processes that have grown are replaced before they serve others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.analysis import AnalysisStatus
from testcases.problem import CallTest, Problem
from tests.sandbox.conftest import SHORT, children, host_pid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Box

LARGE = "def f(size):\n    return list(range(size))"
"""Returns some MB as the examiner has it."""
FINE = '"""Add."""\n\n\ndef f(a, b):\n    """Add."""\n    return a + b\n'
MANY = "x = [" + "[], " * 15_000 + "]\n"


def examiner(box: Box, size: int) -> int | None:
    """The pid of the examiner that is left when an answer has returned so much."""
    problem = Problem((CallTest((size,), None),), entry_point="f")
    limits = replace(SHORT, cpu_s=9.0, total_cpu_s=9.0, memory_mb=512, output_kb=16 * 1024)
    (execution,) = box.execute([box.job(problem, LARGE, limits)])
    assert execution.report[0][0] == "wrong_answer"
    (lane,) = box.sandbox._lanes
    return host_pid(lane.zygote, lane._examiner) if lane._examiner is not None else None


def test_an_examiner_that_has_grown_is_replaced(make_box: Callable[..., Box]) -> None:
    box = make_box(lanes=1)
    small = examiner(box, 10)
    assert small is not None
    assert examiner(box, 10) == small
    assert examiner(box, 1_000_000) is None
    assert examiner(box, 10) not in {None, small}


def test_an_analyst_that_has_grown_is_replaced(make_box: Callable[..., Box]) -> None:
    box = make_box(lanes=1)
    assert box.read(FINE)[0][0].status is AnalysisStatus.OK
    first = set(children(box.sandbox._analysts))
    assert box.read(FINE)[0][0].status is AnalysisStatus.OK
    assert set(children(box.sandbox._analysts)) == first
    box.read(MANY)
    assert box.read(FINE)[0][0].status is AnalysisStatus.OK
    assert set(children(box.sandbox._analysts)).isdisjoint(first)
