"""Arguments that an answer holds after a call, as the number of references shows."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from sandbox.processes import base_frame
from sandbox.processes.solution.harness_objects import HarnessObjects
from sandbox.processes.solution.objects import Objects
from sandbox.processes.solution.trampoline import Task
from sandbox.wire.mutation import KEPT

SOURCE = """
kept = []

def uses(x):
    x.append(sum(map(len, x)))

def returns(x):
    return x

def changes(x):
    x[0].append(x.pop())

def keeps(x):
    kept.append(x)

def keeps_a_row(x):
    kept.append(x[0])

def keeps_and_returns(x):
    kept.append(x)
    return x

def closes_over(x):
    return lambda: x

def generates(x):
    yield from x

def copies(x):
    kept.append([row[:] for row in x])

async def waits(x):
    return x

def fails(x):
    x.clear()
    raise ValueError

def fails_early(x):
    raise ValueError
"""


def objects() -> Objects:
    module = ModuleType("solution")
    exec(SOURCE, vars(module))
    return Objects(module, HarnessObjects(print))


def call(made: Objects, name: str, *more: Any) -> list[Any]:
    _, changes = base_frame.run(Task(made.call(name, [[[1], [2]]], {}, *more)).take)
    return changes or []


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("uses", False), ("returns", False), ("changes", False), ("copies", False), ("keeps", True),
        ("keeps_a_row", True), ("keeps_and_returns", True), ("closes_over", True), ("generates", True), ("waits", True),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:coroutine")  # reason: that it is not awaited is the point
def test_arguments_are_kept_if_something_refers_to_them_after_the_call(name: str, is_kept: bool) -> None:
    made = objects()
    changes = call(made, name, -1, [])
    assert ([KEPT, 3] in changes) is is_kept
    assert list(made.arguments) == [-1] * is_kept


def test_nothing_is_kept_of_calls_without_a_number() -> None:
    made = objects()
    assert call(made, "keeps") == []
    assert made.arguments == {}


@pytest.mark.parametrize(("name", "numbers"), [("fails", [-1]), ("fails_early", [])])
def test_what_a_call_that_raises_has_changed_is_told(name: str, numbers: list[int]) -> None:
    made = objects()
    with pytest.raises(ValueError, match=r"^$"):
        call(made, name, -1, [])
    assert list(made.arguments) == numbers


def test_calls_that_the_harness_has_forgotten_are_forgotten() -> None:
    made = objects()
    for number, alive in [(-1, []), (-2, [-1]), (-3, [-2])]:
        call(made, "keeps", number, alive)
    assert list(made.arguments) == [-2, -3]
