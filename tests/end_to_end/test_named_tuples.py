"""Named tuples with methods of the answer's, and what classes and managers of the answer hand to tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

ANSWER = """
import contextlib
from collections import namedtuple
from typing import NamedTuple


class Vec(NamedTuple):
    x: int
    y: int = 0

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __neg__(self):
        return Vec(-self.x, -self.y)

    def __str__(self):
        return f"<{self.x},{self.y}>"

    @property
    def total(self):
        return self.x + self.y


class Point(namedtuple("Point", "x y")):
    __slots__ = ()

    def __sub__(self, other):
        return Point(self.x - other.x, self.y - other.y)

    def __str__(self):
        return f"({self.x})"

    @property
    def norm(self):
        return self.x**2 + self.y**2


def points():
    return [Point(1, 2), Point(3, 4)]


class Base:
    pass


class Mid(Base):
    pass


class Leaf(Mid):
    pass


class Bus:
    def __init__(self):
        self.log = []

    @contextlib.contextmanager
    def recording(self):
        self.log.append("start")
        yield self.log
        self.log.append("stop")
"""
ASSERTIONS = [
    "Vec(1, 2) + Vec(3, 4) == Vec(4, 6) == (4, 6)",
    "Vec(1, 2) * 3 == 3 * Vec(1, 2) == Vec(3, 6)",
    "-Vec(1, 2) == Vec(-1, -2)",
    "str(Vec(1, 2)) == '<1,2>' and f'{Vec(1)}' == '<1,0>' and repr(Vec(1, 2)) == 'Vec(x=1, y=2)'",
    "Vec(1, 2)._replace(x=5) == Vec(5, 2) and Vec(1, 2)._replace(x=5).total == 7 and Vec._make([1, 2]).total == 3",
    "Point(5, 5) - Point(1, 2) == Point(4, 3) and str(Point(1, 2)) == '(1)' and Point(3, 4).norm == 25",
    "all(isinstance(one, Point) and one.norm == one.x ** 2 + one[1] ** 2 for one in points())",
    "Leaf.__bases__ == (Mid,) and Mid.__bases__ == (Base,) and issubclass(Leaf, Base) and Base in Leaf.__mro__",
]
WRONG = {
    "self.x + other.x": ("self.x", [0]),
    "self.x * k": ("self.x", [1]),
    "-self.y": ("self.y", [2]),
    "<{self.x},": ("<{self.y},", [3]),
    "return self.x + self.y": ("return self.x", [4]),
    "class Leaf(Mid)": ("class Leaf(Base)", [7]),
    "yield self.log": ("yield list(self.log)", [8]),
    "self.x - other.x": ("self.x", [5]),
    "[Point(1, 2), Point(3, 4)]": ("[(1, 2), (3, 4)]", [6]),
}
SUITE = (
    "from solution import Base, Bus, Leaf, Mid, Point, Vec, points\n"
    + "".join(f"\ndef test_{number}():\n    assert {text}\n" for number, text in enumerate(ASSERTIONS))
    + "\ndef test_last():\n    bus = Bus()\n    with bus.recording() as log:\n        log.append('mid')\n"
    + "    assert bus.log == ['start', 'mid', 'stop']\n"
)


@pytest.mark.parametrize("right", ["", *WRONG])
def test_named_tuples_bases_and_entered_values_are_as_in_plain_python(grader: Grader, right: str) -> None:
    wrong, failing = WRONG.get(right, ("", []))
    answer = ANSWER.replace(right, wrong) if right else ANSWER
    grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": SUITE}))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert [number for number, test in enumerate(grade.tests) if test.verdict != "passed"] == failing


LIAR = """
from typing import NamedTuple


class Vec(NamedTuple):
    x: int = 9

    def nothing(self, *_):
        return 0.0

    def same(self, other):
        return Vec(other)

    __sub__ = __rsub__ = __neg__ = __truediv__ = __abs__ = __bool__ = __mod__ = nothing
    __add__ = __radd__ = __mul__ = __rmul__ = same


def f(*_):
    return Vec()
"""


@pytest.mark.parametrize(
    "assertion",
    [
        "abs(f(1) - 3.5) < 1e-9", "not (f(1) - 3.5)", "f(1) - 3.5 == 0", "3.5 - f(1) == 0", "-f(1) == 0",
        "f(1) % 2 == 0", "f(1) / 3.5 == 0.0", "f(1) + 3 == 3", "f(1) - f(2) == 0", "f(1) + (3,) == ((3,),)",
        "[3] + f(1) == [3]", "f(1) * 3 == 3", "(f(1) + f(2)).x == 18", "f(1) == (3,)", "sum([f(1)], 3) == 3",
    ],
)  # fmt: skip
def test_a_named_tuple_does_not_decide_what_is_compared(grader: Grader, assertion: str) -> None:
    for imported in ("f", "Vec, f"):
        suite = f"from solution import {imported}\n\n\ndef test_value():\n    assert {assertion}\n"
        grade = grader.grade(Sample("1", f"```python\n{LIAR}```", {"pytest": suite, "entry_point": "f"}))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, 0.0), grade.reason
