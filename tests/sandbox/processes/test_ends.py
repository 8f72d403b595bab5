"""Processes that end by themselves: what the harness learns of them, in every tier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.wire.procfs import children as children_of
from testcases.model import CallTest, Problem, StdinTest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Box

PIPE_BYTES = 1 << 16
TWICE = Problem((CallTest((), 42), CallTest((), 42)), entry_point="f")


@pytest.mark.parametrize("size", [PIPE_BYTES - 1, PIPE_BYTES, PIPE_BYTES + 1, 4 * PIPE_BYTES + 3])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_an_answer_may_print_more_than_a_pipe_holds(box: Box, size: int, stream: str) -> None:
    source = f"import sys\ndef f():\n    sys.{stream}.write('x' * {size})\n    sys.{stream}.flush()\n    return 42"
    assert box.see(TWICE, source).verdicts == ["passed", "passed"]


@pytest.mark.parametrize("size", [PIPE_BYTES - 1, PIPE_BYTES, PIPE_BYTES + 1, 4 * PIPE_BYTES + 3])
def test_a_program_may_print_more_than_a_pipe_holds(box: Box, size: int) -> None:
    problem = Problem((StdinTest(f"{size}", "x" * size), StdinTest("3", "xxx")))
    assert box.see(problem, "print('x' * int(input()))").verdicts == ["passed", "passed"]


@pytest.mark.parametrize(
    ("ending", "verdict"),
    [
        ("import os\nos._exit(0)", "exception"),
        ("raise SystemExit(3)", "exception"),
        ("f()", "exception"),
        ("while True: pass", "timeout"),
        ("import time\ntime.sleep(60)", "timeout"),
        ("import os\nos.close(3)\nwhile True: pass", "crashed"),
    ],
)
def test_an_answer_that_does_not_come_to_its_end_gets_what_it_got_before(box: Box, ending: str, verdict: str) -> None:
    lines = "\n    ".join(ending.split("\n"))
    assert box.call(f"def f():\n    {lines}\n    return 42").verdicts == [verdict]


def test_zygotes_keep_no_descriptor_of_processes_that_have_ended(make_box: Callable[..., Box]) -> None:
    box = make_box()

    def open_now() -> list[int]:
        pid = box.sandbox._executors[0].zygote.pid
        assert pid is not None
        return [len(list(Path(f"/proc/{one}/fd").iterdir())) for one in (pid, *children_of(pid))]

    quick = "def f():\n    return 42"
    answers = [quick, f"import uuid\n{quick}", "def f():\n    raise SystemExit", "import os\ndef f():\n    os.close(3)"]
    for answer in answers:
        box.see(TWICE, answer)
    before = open_now()
    for answer in answers * 10:
        box.see(TWICE, answer)
    assert open_now() == before
