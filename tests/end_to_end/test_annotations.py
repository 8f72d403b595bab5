"""Annotations, signatures and docstrings of the answer, as tests read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

ANSWER = '''
"""Points of a plane."""
from dataclasses import dataclass, field
from typing import List, Optional

LIMIT: int = 3


class Point:
    x: int
    y: "float"

    def __init__(self, x: int, y: float = 0.0) -> None:
        self.x, self.y = x, y

    def scaled(self, k: int = 2) -> Optional[List[int]]:
        return [self.x * k] if k else None

    def __add__(self, other: "Point") -> "Point":
        return Point(self.x + other.x, self.y + other.y)

    @classmethod
    def of(cls, numbers: "List[int]") -> "Point":
        return cls(*numbers)

    @staticmethod
    def zero() -> "Point":
        return Point(0)

    @property
    def length(self) -> float:
        return (self.x**2 + self.y**2) ** 0.5


@dataclass
class Item:
    name: str
    price: float = 1.5
    tags: list = field(default_factory=list)


def total(items: "List[Item]") -> "float":
    return sum(item.price for item in items)
'''
HEAD = "import dataclasses, functools, inspect, typing\nimport solution\nfrom solution import Item, Point, total\n"
ASSERTIONS = [
    'Point.__annotations__ == {"x": int, "y": "float"}',
    'Item.__annotations__ == {"name": str, "price": float, "tags": list}',
    'typing.get_type_hints(Point) == {"x": int, "y": float}',
    'inspect.get_annotations(Point, eval_str=True) == {"x": int, "y": float}',
    'Point.scaled.__annotations__ == {"k": int, "return": typing.Optional[typing.List[int]]}',
    'Point(1).scaled.__annotations__["k"] is int and Point(1).scaled(3) == [3]',
    'Point.__init__.__annotations__ == {"x": int, "y": float, "return": None}',
    'Point.__add__.__annotations__ == {"other": "Point", "return": "Point"}',
    'typing.get_type_hints(Point.__add__) == {"other": Point, "return": Point}',
    'typing.get_type_hints(Point.of) == {"numbers": typing.List[int], "return": Point}',
    'typing.get_type_hints(Point.zero) == {"return": Point}',
    'Point.length.fget.__annotations__ == {"return": float}',
    'typing.get_type_hints(total) == {"items": typing.List[Item], "return": float}',
    'inspect.get_annotations(total) == {"items": "List[Item]", "return": "float"}',
    "str(inspect.signature(Point.of)) == \"(numbers: 'List[int]') -> 'Point'\"",
    'inspect.signature(total, eval_str=True).return_annotation is float',
    'inspect.getfullargspec(Point(1).scaled).args == ["self", "k"]',
    "[one.type for one in dataclasses.fields(Item)] == [str, float, list]",
    '{one.name: one.default for one in dataclasses.fields(Item)}["price"] == 1.5',
    'solution.__doc__.strip() == "Points of a plane."',
    'solution.__annotations__ == typing.get_type_hints(solution) == {"LIMIT": int}',
]  # fmt: skip
SUITE = HEAD + "".join(f"\ndef test_{number}():\n    assert {text}\n" for number, text in enumerate(ASSERTIONS))
WRONG = {  # what the answer has instead, and the assertions that then fail
    '"float"': ('"int"', [0, 2, 3, 12, 13, 15]),
    "k: int": ("k: str", [4, 5]),
    "price: float = 1.5": ("price: int = 1", [1, 17, 18]),
    '"""Points of a plane."""': ('"""Dots."""', [19]),
    "LIMIT: int": ("LIMIT: float", [20]),
}


def graded(grader: Grader, answer: str, suite: str = SUITE) -> list[int]:
    """Return the numbers of the tests that an answer fails."""
    grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": suite}))
    assert grade.status is GradeStatus.SCORED, grade.reason
    return [number for number, test in enumerate(grade.tests) if test.verdict.value != "passed"]


def test_all_annotations_of_a_right_answer_are_as_in_plain_python(grader: Grader) -> None:
    assert graded(grader, ANSWER) == []


@pytest.mark.parametrize("right", WRONG)
def test_other_annotations_fail(grader: Grader, right: str) -> None:
    wrong, failing = WRONG[right]
    assert graded(grader, ANSWER.replace(right, wrong)) == failing


def test_an_answer_without_annotations_fails_and_is_scored(grader: Grader) -> None:
    suite = HEAD + "\ndef test_one():\n    assert Point.__annotations__ and Point.scaled.__annotations__\n"
    bare = ANSWER.replace('    x: int\n    y: "float"\n', "").replace("k: int = 2) -> Optional[List[int]]", "k=2)")
    assert graded(grader, ANSWER, suite) == []
    assert graded(grader, bare, suite) == [0]


def test_a_class_of_the_test_has_its_own_annotations(grader: Grader) -> None:
    suite = f"{HEAD}\nclass Dot(Point):\n    colour: str\n\n\ndef test_one():\n    assert Dot(1).scaled(1) == [1]\n"
    suite += '    assert Dot.__annotations__ == {"colour": str} == inspect.get_annotations(Dot)\n'
    suite += '    assert typing.get_type_hints(Dot) == {"x": int, "y": float, "colour": str}\n'
    assert graded(grader, ANSWER, suite) == []
    assert graded(grader, ANSWER.replace("x: int\n", "x: str\n"), suite) == [0]


def test_checks_and_assertions_read_annotations_too(grader: Grader) -> None:
    check = "import typing\n\ndef check(candidate):\n    assert candidate([]) == 0\n"
    check += '    assert typing.get_type_hints(candidate)["return"] is float\n'
    for answer, functional in ((ANSWER, 1.0), (ANSWER.replace('"float":', '"int":'), 0.5)):
        grade = grader.grade(Sample("1", f"```python\n{answer}```", {"test": check, "entry_point": "total"}))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason


CLASSES = '''
from dataclasses import dataclass, field
from typing import NamedTuple


class Pair(NamedTuple):
    left: int
    right: int = 7


@dataclass
class Box:
    items: list = field(default_factory=list)


class Cell:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    @property
    def double(self):
        """Twice the value."""
        return self.value * 2

    @classmethod
    def of(cls, value):
        """Make a cell."""
        return cls(value)
'''
FACTS = [
    'Pair._field_defaults == {"right": 7} and Pair(1)._asdict() == {"left": 1, "right": 7}',
    'dataclasses.fields(Box)[0].default_factory is list',
    'Cell.__slots__ == ("value",) and Cell.of(2).double == 4',
    'Cell.double.__doc__ == "Twice the value." == inspect.getdoc(Cell.double)',
    'Cell.of.__doc__ == "Make a cell."',
]  # fmt: skip
OTHER_CLASSES = {
    "= 7": ("= 8", [0]),
    "default_factory=list": ("default_factory=dict", [1]),
    '    __slots__ = ("value",)\n': ("", [2]),
    '        """Twice the value."""\n': ("", [3]),
    "Make a cell.": ("Make one.", [4]),
}


@pytest.mark.parametrize("right", ["", *OTHER_CLASSES])
def test_what_classes_say_of_themselves_is_the_answers(grader: Grader, right: str) -> None:
    suite = "import dataclasses, inspect\nfrom solution import Box, Cell, Pair\n"
    suite += "".join(f"\ndef test_{number}():\n    assert {text}\n" for number, text in enumerate(FACTS))
    wrong, failing = OTHER_CLASSES.get(right, ("", []))
    assert graded(grader, CLASSES.replace(right, wrong) if right else CLASSES, suite) == failing


def test_a_class_without_slots_has_none_for_tests_either(grader: Grader) -> None:
    suite = (
        "from solution import Cell\n\n\ndef test_one():\n    assert Cell(1).double == 2 == len(Cell.__slots__) + 1\n"
    )
    assert graded(grader, CLASSES, suite) == []
    assert graded(grader, CLASSES.replace('    __slots__ = ("value",)\n', ""), suite) == [0]
