"""Tests that depend on each other's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.tools.datasets.order import in_reverse_order
from grader.types import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

RIGHT = "```python\ndef f(x):\n    return x\n```"
SUITE = (
    "import os\nfrom solution import f\n\ndef test_a():\n    {}\n    assert f(1) == 1\n\ndef test_b():\n    assert {}\n"
)


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(GraderConfig.load(None, {})) as grader:
        yield grader


@pytest.mark.parametrize(
    ("reference", "passes"),
    [
        ({"entry_point": "f", "tests": [{"args": [1], "expected": 1}, {"assert": "assert f(2) == 2"}]}, True),
        ({"entry_point": "f", "tests": [{"assert": "seen = f(1)"}, {"assert": "assert seen == 1"}]}, False),
        ({"test_list": ["x = f(1)\nassert x == 1", "assert f(x) == 1"]}, False),
        ({"entry_point": "f", "pytest": SUITE.format("pass", "f(2) == 2")}, True),
        ({"entry_point": "f", "pytest": SUITE.format("os.environ['A'] = '1'", "os.environ['A'] and f(2) == 2")}, False),
    ],
)  # fmt: skip
def test_only_tests_that_need_their_order_fail_in_reverse(grader: Grader, reference: Any, *, passes: bool) -> None:
    assert grader.grade(Sample("in order", RIGHT, reference)).metric("functional") == 1.0
    grade = grader.grade(Sample("reversed", RIGHT, in_reverse_order(reference)))
    assert (grade.metric("functional") == 1.0) is passes


@pytest.mark.parametrize("reference", [None, [], {"tests": [1]}, {"pytest": "def test_a(): pass"}, {"test": "("}])
def test_a_reference_without_an_order_is_left_alone(reference: Any) -> None:
    assert in_reverse_order(reference) is None
