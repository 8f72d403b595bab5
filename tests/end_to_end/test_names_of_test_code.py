"""Names in test code: only what is under test comes from the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

SHADOWS = """
class Yes:
    def __eq__(self, other):
        return True
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    __hash__ = None

class Shadow:
    def __getattr__(self, name):
        return lambda *a, **k: True

class math:
    isclose = floor = fabs = staticmethod(lambda *a, **k: True)
    pi = True

class collections:
    Counter = OrderedDict = deque = staticmethod(lambda *a: 1)

class pytest:
    approx = staticmethod(lambda *a, **k: a[0])
    raises = staticmethod(lambda *a, **k: Shadow())

class unittest:
    TestCase = Shadow

json = itertools = re = statistics = functools = np = operator = Shadow()

def sorted(*a, **k):
    return True

abs = round = len = sum = all = any = isinstance = set = list = max = min = type = isclose = sorted
AssertionError = ValueError = TypeError = Exception
class float(int):
    def __eq__(self, other):
        return True
def f(x):
    return None
"""
ASSERTIONS = [
    "assert math.isclose(f(2), 4.0)",
    "assert math.isclose(f(2) or 0, 4.0)",
    "assert math.floor(f(2) or 0) == 4",
    "assert collections.Counter(f(2) or []) == collections.Counter([4])",
    "assert f(2) == pytest.approx(4)",
    "with pytest.raises(ValueError):\n    f(2)",
    "assert json.loads(f(2) or '0') == 4",
    "assert list(itertools.chain(f(2) or [])) == [4]",
    "assert re.match('4', f(2) or '')",
    "assert statistics.mean(f(2) or [1]) == 4",
    "assert functools.reduce(lambda a, b: a + b, f(2) or [0]) == 4",
    "assert unittest.TestCase().assertEqual(f(2), 4) is None",
    "assert sorted(f(2) or []) == [4]",
    "assert abs((f(2) or 0) - 4) < 1e-6",
    "assert isinstance(f(2), int)",
    "assert len(f(2) or []) == 1",
    "assert all(x == 4 for x in [f(2)])",
    "assert type(f(2)) is int",
    "assert set(f(2) or []) == {4}",
    "assert operator.eq(f(2), 4)",
]
REFERENCES: dict[str, dict[str, Any]] = {
    "assertions": {"tests": [{"assert": source} for source in ASSERTIONS]},
    "check": {
        "test": "def check(candidate):\n"
        + "".join(
            f"    {line}\n" for source in ASSERTIONS for line in source.replace("f(2)", "candidate(2)").split("\n")
        )
    },
    "suite": {
        "pytest": "from solution import *\n"
        + "".join(
            f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.split("\n"))
            for number, source in enumerate(ASSERTIONS)
        )
    },
    "suite without imports": {
        "pytest": "".join(
            f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.split("\n"))
            for number, source in enumerate(ASSERTIONS)
        )
    },
}


@pytest.mark.parametrize("form", REFERENCES)
def test_an_answer_with_modules_and_functions_of_its_own_passes_nothing(grader: Grader, form: str) -> None:
    reference = {**REFERENCES[form], "entry_point": "f"}
    grade = grader.grade(Sample("shadows", f"```python{SHADOWS}```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert [test.name for test in grade.tests if test.verdict == "passed"] == []


HONEST = """
import math
from collections import Counter, deque

def f(x):
    return x * 2.0

def calendar(year):
    return year + 1

class Queue:
    def __init__(self):
        self.items = []
    def put(self, item):
        self.items.append(item)
    def size(self):
        return len(self.items)

queue = Queue()

def isclose(a, b):
    return abs(a - b) < 1

def sorted(items):
    return "mine"
"""


@pytest.mark.parametrize("form", ["assertions", "suite"])
def test_names_that_only_the_answer_has_come_from_it(grader: Grader, form: str) -> None:
    assertions = [
        "assert math.isclose(f(2), 4.0) and math.floor(f(1.3)) == 2",
        "assert calendar(2024) == 2025",
        "queue.put(1)\nassert queue.size() == 1",
        "assert isclose(1, 1.5)",
        "assert Counter('aa') == {'a': 2} and list(deque([1])) == [1]",
        "assert sorted([2, 1]) == [1, 2]",
    ]
    reference: dict[str, Any] = {"tests": [{"assert": source} for source in assertions]}
    if form == "suite":
        suite = "from solution import *\n"
        for number, source in enumerate(assertions):
            suite += f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.split("\n"))
        reference = {"pytest": suite}
    grade = grader.grade(Sample("honest", f"```python{HONEST}```", reference))
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []


def test_a_builtin_name_comes_from_the_answer_if_it_is_asked_for(grader: Grader) -> None:
    suite = "from solution import sorted\ndef test_a():\n    assert sorted([2, 1]) == 'mine'\n"
    for reference in (
        {"pytest": suite},
        {"entry_point": "sorted", "tests": [{"assert": "assert sorted([]) == 'mine'"}]},
    ):
        grade = grader.grade(Sample("named", f"```python{HONEST}```", reference))
        assert [test.verdict for test in grade.tests] == ["passed"]
