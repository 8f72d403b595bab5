"""What test code hands to the answer, and what it reads of its module, beyond functions and data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

ANSWER = """
__version__ = "1.0"


def call(function, *args):
    return function(*args)


def same(value):
    return value
"""
SENTINEL = """
from unittest.mock import sentinel
from solution import call, same


def test_itself():
    assert same(sentinel.one) is sentinel.one and same([sentinel.one])[0] is sentinel.one
    assert same(sentinel.one) != sentinel.two


def test_from_a_callback():
    assert call(lambda: sentinel.one) is sentinel.one
"""
METHODS = """
import itertools
from solution import call


def test_of_iterators():
    numbers, items = itertools.count(5), iter([1, 2])
    assert [call(numbers.__next__), call(numbers.__next__), next(numbers)] == [5, 6, 7]
    assert call(items.__next__) == 1
    assert call((letter for letter in "ab").__next__) == "a"


def test_of_containers():
    table = {"a": 1}
    assert call(table.__getitem__, "a") == 1 and call(table.__contains__, "b") is False
"""
VERSION = """
import solution
from solution import __version__ as version
from solution import same


def test_version():
    assert version == solution.__version__ == "1.0"


def test_names_of_the_interpreter():
    assert same(1) == 1 and not hasattr(solution, "__path__")
"""


@pytest.mark.parametrize("suite", [SENTINEL, METHODS, VERSION], ids=["sentinels", "methods", "version"])
def test_a_right_answer_passes_and_a_wrong_one_does_not(grader: Grader, suite: str) -> None:
    wrong = (
        ANSWER.replace('"1.0"', '"1.1"').replace("return function(*args)", "return args").replace("value\n", "None\n")
    )
    for answer, functional in ((ANSWER, 1.0), (wrong, 0.0)):
        grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": suite}))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason


def test_a_wrong_version_is_a_wrong_answer_and_no_fault_of_the_tests(grader: Grader) -> None:
    answer = ANSWER.replace('"1.0"', "type('Liar', (), {'__eq__': lambda *_: True})()")
    grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": VERSION}))
    assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, 0.5), grade.reason


@pytest.mark.parametrize("name", ["__path__", "__spec__", "__file__"])
def test_the_answer_gives_the_import_system_nothing(grader: Grader, name: str) -> None:
    answer = ANSWER.replace("__version__", name)
    lines = ["import solution", "def test_none():", "    assert solution.same(1) == 1"]
    suite = "\n".join([*lines, f"    assert getattr(solution, '{name}', None) != '1.0'"])
    grade = grader.grade(Sample("1", f"```python\n{answer}```", {"pytest": suite}))
    assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, 1.0), grade.reason
