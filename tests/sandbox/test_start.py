"""Processes start when they are needed, under short titles."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.preload import SOLUTION_PRELOAD
from testcases.model import CallTest, Problem
from tests.sandbox.conftest import processes

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.types import Tier
    from tests.sandbox.conftest import Box

ONE = Problem((CallTest((1,), 2),), entry_point="f")
ANSWER = "def f(x):\n    return x + 1"


def running(box: Box) -> list[bool]:
    """For each executor, whether its zygote was started."""
    return [executor.zygote.pid is not None for executor in box.sandbox._executors]


def test_executors_start_when_there_is_work_for_them(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=3)
    assert running(box) == [False, False, False]
    box.sandbox.start()
    assert running(box) == [True, False, False]
    job = box.job(ONE, ANSWER)
    for number in range(3):
        deadline = time.monotonic() + 100
        (execution,) = box.sandbox.run([box.sandbox.execute(job, deadline=deadline)], workers=1)
        assert execution.report[0][0] == "passed", number
        assert running(box) == [True, False, False]
    executions = box.execute([job] * 4)
    assert [execution.report[0][0] for execution in executions] == ["passed"] * 4
    assert running(box) == [True, True, True]


def test_more_work_at_a_time_than_announced_is_done_all_the_same(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=2)
    deadline = time.monotonic() + 100
    coroutines = [box.sandbox.execute(box.job(ONE, ANSWER), deadline=deadline) for _ in range(4)]
    assert [execution.report[0][0] for execution in box.sandbox.run(coroutines, workers=1)] == ["passed"] * 4


def test_launching_waits_for_nothing_and_is_taken_up(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=1)
    box.sandbox.launch()
    (executor,) = box.sandbox._executors
    launched = executor.zygote.session
    assert launched is not None
    assert box.sandbox.tier is None
    (execution,) = box.execute([box.job(ONE, ANSWER)])
    assert execution.report[0][0] == "passed"
    assert executor.zygote.session == launched


def test_a_launched_sandbox_that_is_never_used_ends(make_box: Callable[..., Box]) -> None:
    box = make_box(workers=2)
    box.sandbox.launch(2)
    box.sandbox.close()
    assert running(box) == [False, False]


# Command lines


def test_processes_have_short_titles(make_box: Callable[..., Box], tier: Tier) -> None:
    box = make_box(workers=1, isolation=tier)
    box.execute([box.job(ONE, ANSWER)])
    box.analyze(ANSWER)
    (executor,) = box.sandbox._executors
    zygotes = {"solutions": executor.zygote, "analyzers": box.sandbox._analyzer_zygote}
    for name, zygote in zygotes.items():
        lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in processes(zygote.session)]
        assert len(lines) >= 2  # the zygote, and a child at least
        for line in lines:
            assert line.split("\0")[1:3] == ["-X", f"grader: zygote of {name}"]
            assert len(line) < 600
            assert not [path for path in zygote._settings.paths if path in line.split("\0", 2)[2]]


def test_an_answer_finds_no_configuration_on_its_command_line(make_box: Callable[..., Box], tier: Tier) -> None:
    show = """
        import json, sys

        def f(x):
            print(json.dumps([sys.argv, sys.orig_argv[1:], sys._xoptions, sys.flags.no_site, sys.dont_write_bytecode]))
            return x + 1
    """
    box = make_box(workers=1, isolation=tier)
    (execution,) = box.execute([box.job(ONE, show)])
    argv, original, options, *flags = json.loads(execution.output)
    assert (argv, options, flags) == (["solution.py"], {}, [1, True])
    assert not {"preload", "roles", "harness", "uid", "tag"} & set(str(original).split('"'))
    assert not [name for name in SOLUTION_PRELOAD if name not in {"os", "gc", "sys"} and f"'{name}'" in str(original)]
