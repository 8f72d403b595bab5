"""Managers of the answer that suppress what no answer has caused, and must not suppress anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

RIGHT = """
class Suppress:
    def __init__(self, *kinds):
        self.kinds, self.seen = kinds, None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.seen = kind
        return kind is not None and issubclass(kind, self.kinds)
"""
GREEDY = RIGHT.replace("return kind is not None and issubclass(kind, self.kinds)", "return True")
KINDLESS = RIGHT.replace("self.seen = kind\n", "self.seen = ValueError\n").replace(
    "return kind is", "return True or kind is"
)
BLOCKS = {
    "ZeroDivisionError": [
        "1 / 0",
        "zero = 0\n10 / zero",
        "x = 1\ny = 0\nx / y",
        "x, y = 1, 0\nx // y",
        "x = -1\n1 % (0 * 1)",
    ],
    "KeyError": ["{}['x']", "d = {}\nd['x']", "d = {'a': 1}\ndel d['b']", "raise KeyError('x')"],
    "IndexError": ["[][0]", "items = [1, 2]\nitems[5]", "n = 7\n(1, 2)[n]"],
    "TypeError": ["'a' + 1", "text = 'a'\nnumber = 1\ntext + number", "len(5)"],
    "AttributeError": ["None.nope", "nothing = None\nnothing.append(1)"],
    "FileNotFoundError": ["open('/no/such/file')", "path = '/no/such/file'\nopen(path)"],
}


def suite_of(*blocks: tuple[str, str]) -> str:
    """Return a suite with a test for each block of an exception's name and code."""
    tests = ["from solution import Suppress"]
    for number, (kind, block) in enumerate(blocks):
        lines = "\n        ".join(block.split("\n"))
        tests.append(
            f"def test_{number}():\n    with Suppress({kind}) as s:\n        {lines}\n    assert s.seen is {kind}"
        )
    return "\n\n\n".join(tests) + "\n"


ALL = [(kind, block) for kind, blocks in BLOCKS.items() for block in blocks]


def test_a_right_manager_suppresses_what_no_answer_has_caused(grader: Grader) -> None:
    grade = grader.grade(Sample("1", f"```python\n{RIGHT}```", {"pytest": suite_of(*ALL)}))
    assert [ALL[n] for n, test in enumerate(grade.tests) if test.verdict != "passed"] == []


def test_a_manager_that_does_not_see_what_it_suppresses_fails(grader: Grader) -> None:
    grade = grader.grade(Sample("1", f"```python\n{KINDLESS}```", {"pytest": suite_of(*ALL)}))
    assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, 0.0), grade.reason


def test_a_manager_that_suppresses_too_little_or_too_much_fails(grader: Grader) -> None:
    suite = "import pytest\nfrom solution import Suppress\n\n\ndef test_one():\n    with pytest.raises(KeyError):\n"
    suite += "        with Suppress(ValueError):\n            {}['x']\n\n\ndef test_two():\n"
    suite += "    with Suppress(KeyError):\n        {}['x']\n"
    never = RIGHT.replace("kind is not None and", "False and")
    for answer, passed in ((RIGHT, [True, True]), (GREEDY, [False, True]), (never, [True, False])):
        grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": suite}))
        assert [test.verdict == "passed" for test in grade.tests] == passed, grade.reason


LIAR = """
class C:
    x = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return True


def f(x=None):
    if isinstance(x, list):
        x.append(1)
    return 4


def items():
    return {}
"""
SWALLOWED = [
    "with C():\n    assert f() == 3",
    "with C() as c:\n    assert 1 / c.x == 3",
    "with C():\n    assert 1 / 0 == f()",
    "zero = 0\nwith C():\n    assert f() / zero == 3",
    "zero = 0\nwith C():\n    assert 1 / zero",
    "with C():\n    items()['a']",
    "with C():\n    got = items()\n    got['a']",
    "d = {}\nd.update(items())\nwith C():\n    d['a']",
    "with C():\n    table = {3: 'ok'}\n    table[f()]",
    "zero = 0\nfor zero in [f()]: pass\nwith C():\n    [1, 2][zero]",
    "d = {}\ndef fill(): d.update(items())\nfill()\nwith C():\n    d['a']",
    "d = [1]\nf(d)\nwith C():\n    d[2]",
    "for n in range(2):\n    d = []\n    with C():\n        if n: d[0]\n        f(d)\n        d[5]",
    "with C() as d:\n    d = f()\n    [1][d]",
    "d = 1\nd = f()\nwith C():\n    [1][d]",
    "d = [f()]\nwith C():\n    d[1]",
    "d = {}; d[1] = f()\nwith C():\n    d[2]",
    "d = []\ne = d\nf(e)\nwith C():\n    d[3]",
    "x = 0\nx += f()\nwith C():\n    1 / (x - 4)",
    "a, b = 1, f()\nwith C():\n    a / (b - 4)",
    "a = 1; b = f()\nwith C():\n    a / (b - 4)",
    "with C():\n    [].index(f())",
]


@pytest.mark.parametrize("block", SWALLOWED)
def test_a_manager_cannot_suppress_what_the_answer_has_caused(grader: Grader, block: str) -> None:
    lines = "\n    ".join(block.split("\n"))
    method = "\n        ".join(block.replace("assert f() == 3", "self.assertEqual(f(), 3)").split("\n"))
    suite = f"import unittest\nfrom solution import C, f, items\n\n\ndef test_one():\n    {lines}\n\n\n"
    suite += f"class T(unittest.TestCase):\n    def test_two(self):\n        {method}\n"
    grade = grader.grade(Sample("1", f"```python\n{LIAR}```", {"pytest": suite}))
    assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, 0.0), grade.reason
