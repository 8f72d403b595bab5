"""Processes that have grown are replaced before they serve others."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from sandbox.types import AnalysisStatus
from testcases.model import AssertTest, CallTest, Problem
from tests.sandbox.conftest import SHORT, children, host_pid

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Box

LARGE = "def f(size):\n    return list(range(size))"
"""Returns some MB, counted in the harness."""
FINE = '"""Add."""\n\n\ndef f(a, b):\n    """Add."""\n    return a + b\n'
MANY = "x = [" + "[], " * 15_000 + "]\n"


def harness(box: Box, size: int) -> int | None:
    """Return the pid of the harness after an answer has returned so much."""
    problem = Problem((CallTest((size,), None),), entry_point="f")
    limits = replace(SHORT, cpu_s=9.0, total_cpu_s=9.0, memory_mb=512, output_kb=16 * 1024)
    (execution,) = box.execute([box.job(problem, LARGE, limits)])
    assert execution.report[0][0] == "wrong_answer"
    (executor,) = box.sandbox._executors
    return host_pid(executor.zygote, executor._harness) if executor._harness is not None else None


def test_a_harness_that_has_grown_is_replaced(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    small = harness(box, 10)
    assert small is not None
    assert harness(box, 10) == small
    assert harness(box, 1_000_000) is None
    assert harness(box, 10) not in {None, small}


def test_an_analyzer_that_has_grown_is_replaced(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    assert box.analyze(FINE)[0][0].status is AnalysisStatus.OK
    first = set(children(box.sandbox._analyzer_zygote))
    assert box.analyze(FINE)[0][0].status is AnalysisStatus.OK
    assert set(children(box.sandbox._analyzer_zygote)) == first
    box.analyze(MANY)
    assert box.analyze(FINE)[0][0].status is AnalysisStatus.OK
    end = time.monotonic() + 20
    while not first.isdisjoint(children(box.sandbox._analyzer_zygote)) and time.monotonic() < end:
        time.sleep(0.01)  # its end is not awaited
    assert set(children(box.sandbox._analyzer_zygote)).isdisjoint(first)


def test_an_analyzer_does_not_grow_by_trees_it_has_read(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    source = FINE + "".join(f"\n\ndef g{place}(a: int) -> list[int]:\n    return [a, {place}]\n" for place in range(60))
    box.analyze(source)
    first = set(children(box.sandbox._analyzer_zygote))
    assert all(found[0].status is AnalysisStatus.OK for found in box.analyze(*[f"{source}# {n}\n" for n in range(60)]))
    assert set(children(box.sandbox._analyzer_zygote)) == first


def test_a_harness_does_not_grow_by_objects_of_tests(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    rings = "for _ in range(20_000):\n    ring = []\n    ring.append(ring)\nassert f(1) == 42\n"
    problem = Problem((AssertTest(rings),), entry_point="f")
    (executor,) = box.sandbox._executors
    pids = set()
    for number in range(25):
        (execution,) = box.execute([box.job(problem, f"def f(_):\n    return 42 # {number}")])
        assert execution.report[0][0] == "passed"
        assert executor._harness is not None
        pids.add(executor._harness.inner_pid)
    assert len(pids) == 1
