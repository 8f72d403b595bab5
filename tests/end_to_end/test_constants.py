"""Tests of constants: files that take nothing from the answer that could be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

NAMED = "from solution import LIMIT\n\n\ndef test_limit():\n    assert LIMIT == 3\n"
BUILTINS = (
    "from solution import TABLE\n\n\ndef test_table():\n    assert len(TABLE) == 2 and sum(TABLE.values()) == 7\n"
)
IN_TEST = "def test_limit():\n    from solution import LIMIT as most\n\n    assert most == 3\n"
MODULE = "import solution\n\n\ndef test_limit():\n    assert solution.LIMIT == 3\n"
UNITTEST = (
    "import unittest\nfrom solution import LIMIT\n\n\nclass T(unittest.TestCase):\n    def test_limit(self):\n"
    "        self.assertEqual(LIMIT, 3)\n"
)
RIGHT = 'LIMIT = 3\nTABLE = {"a": 3, "b": 4}\n'
LIAR = (
    "class Any:\n    def __eq__(self, other):\n        return True\n\n    __hash__ = None\n\n\nLIMIT = TABLE = Any()\n"
)


@pytest.mark.parametrize("suite", [NAMED, BUILTINS, IN_TEST, MODULE, UNITTEST])
@pytest.mark.parametrize(
    ("answer", "functional"),
    [
        (RIGHT, 1.0),
        (RIGHT + "\n\ndef f(x):\n    return x * LIMIT\n", 1.0),
        (RIGHT.replace("3", "4"), 0.0),
        (RIGHT.replace("LIMIT = 3", "LIMIT = [3]").replace("4", "[4]"), 0.0),
        (LIAR, 0.0),
        ("def f(x):\n    return x + 3\n", 0.0),
        ("raise SystemExit(0)\n", 0.0),
    ],
)
def test_a_constant_is_the_answers_and_compared(grader: Grader, suite: str, answer: str, functional: float) -> None:
    grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": suite}))
    assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason


def test_a_constant_beside_an_entry_point_is_the_answers(grader: Grader) -> None:
    suite = NAMED.replace("import LIMIT", "import LIMIT, most") + "\n\ndef test_most():\n    assert most([1, 5]) == 3\n"
    answer = "LIMIT = 3\n\n\ndef most(xs):\n    return min(3, max(xs))\n"
    for text, functional in ((answer, 1.0), (answer.replace("LIMIT = 3", "LIMIT = 5"), 0.5)):
        grade = grader.grade(Sample("1", f"```python\n{text}```", {"pytest": suite, "entry_point": "most"}))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason
