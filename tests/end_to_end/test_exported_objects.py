"""Exported objects of test code that honest answers use: mocks, patches, and objects whose data they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.types import Grade

ANSWER = """
import random
import time

class Node:
    def __init__(self, value, next=None):
        self.value, self.next = value, next

def notify(listener, *names):
    for name in names:
        listener.info(name)
        listener.on(name, times=2)
    return len(names)

def call(function, *args):
    return function(*args)

def fetch(client, key):
    with client.connection() as connection:
        rows = connection.query("select", key)
    return [row for row in rows]

def retry(function, times):
    for _ in range(times):
        try:
            return function()
        except ValueError:
            time.sleep(2)
    return None

def ask():
    return int(input("first")) + int(input("second"))

def roll():
    return [random.randint(1, 6), random.randint(1, 6)]

def rename(user, name):
    user.name = name
    user.tags = [*user.tags, name]
    user.count += 1
    return user

def reverse(node):
    before = None
    while node is not None:
        node.next, before, node = before, node, node.next
    return before

def insert(node, value):
    node.next = Node(value, node.next)

def append(node, made):
    while node.next is not None:
        node = node.next
    node.next = made

def subscribe(subject, kept):
    subject.handler = lambda value: kept.append(value)

def dynamic(thing):
    return thing.anything, thing.other()

def search(pattern, text):
    return bool(pattern.match(text)), pattern.sub("x", text), pattern.findall(text)
"""

SUITE = """
import unittest
from dataclasses import dataclass, field
from types import SimpleNamespace
from unittest.mock import AsyncMock, MagicMock, Mock, call, patch

import solution
from solution import *


class Tests(unittest.TestCase):
    def test_methods_of_a_mock_are_called(self):
        listener = Mock()
        self.assertEqual(notify(listener, "a", "b"), 2)
        listener.info.assert_has_calls([call("a"), call("b")])
        listener.on.assert_called_with("b", times=2)
        self.assertEqual(listener.info.call_count, 2)
        self.assertEqual(listener.mock_calls[1], call.on("a", times=2))

    def test_return_value_and_side_effects(self):
        self.assertEqual(solution.call(Mock(return_value=5), 1), 5)
        self.assertEqual(solution.call(Mock(side_effect=lambda value: value + 1), 1), 2)
        self.assertEqual(solution.call(Mock(wraps=len), "abc"), 3)
        with self.assertRaises(KeyError):
            solution.call(Mock(side_effect=KeyError("k")))

    def test_magic_of_a_mock(self):
        client = MagicMock()
        client.connection.return_value.__enter__.return_value.query.return_value = [1, 2]
        self.assertEqual(fetch(client, "k"), [1, 2])
        client.connection.assert_called_once_with()
        client.connection.return_value.__enter__.return_value.query.assert_called_once_with("select", "k")

    def test_a_list_of_side_effects(self):
        function = Mock(side_effect=[ValueError, ValueError, 7])
        with patch("time.sleep") as sleep:
            self.assertEqual(retry(function, 5), 7)
        self.assertEqual(sleep.call_count, 2)
        sleep.assert_called_with(2)

    @patch("builtins.input", side_effect=["3", "4"])
    def test_input(self, asked):
        self.assertEqual(ask(), 7)
        self.assertEqual(asked.call_args_list, [call("first"), call("second")])

    @patch("random.randint", return_value=4)
    def test_dice(self, randint):
        self.assertEqual(roll(), [4, 4])
        randint.assert_called_with(1, 6)

    def test_methods_of_a_pattern_are_called(self):
        import re

        self.assertEqual(search(re.compile("a+"), "aab"), (True, "xb", ["aa"]))

    def test_data_of_objects_is_set(self):
        @dataclass
        class User:
            name: str
            tags: list = field(default_factory=list)
            count: int = 0

        user = User("a")
        self.assertIs(rename(user, "b"), user)
        self.assertEqual(user, User("b", ["b"], 1))
        space = SimpleNamespace(name="a", tags=[], count=1)
        rename(space, "b")
        self.assertEqual((space.name, space.tags, space.count), ("b", ["b"], 2))
        mock = Mock(tags=["x"], count=0)
        rename(mock, "b")
        self.assertEqual((mock.name, mock.tags, mock.count), ("b", ["x", "b"], 1))

    def test_nodes_are_linked(self):
        class Own:
            def __init__(self, value, next=None):
                self.value, self.next = value, next

            def values(self):
                return [self.value, *(self.next.values() if self.next else [])]

        self.assertEqual(reverse(Own(1, Own(2, Own(3)))).values(), [3, 2, 1])
        node = Own(1)
        append(node, Own(2))
        append(node, Own(3))
        self.assertEqual(node.values(), [1, 2, 3])

    def test_nodes_of_the_answer_are_linked(self):
        class Plain:
            def __init__(self, value, next=None):
                self.value, self.next = value, next

        node = Plain(1, Plain(3))
        insert(node, 2)
        self.assertEqual([node.value, node.next.value, node.next.next.value], [1, 2, 3])

    def test_a_handler_is_set(self):
        for subject in (SimpleNamespace(handler=None), SimpleNamespace()):
            kept = []
            subscribe(subject, Mock(append=kept.append))
            subject.handler(3)
            subject.handler(4)
            self.assertEqual(kept, [3, 4])
            subscribe(subject, Mock())

    def test_attributes_made_up_when_they_are_asked_for(self):
        class Dynamic:
            def __getattr__(self, name):
                return lambda: name

        self.assertEqual(dynamic(Dynamic())[1], "other")
"""


def grade_of(grader: Grader, answer: str, suite: str, name: str = "lent") -> Grade:
    grade = grader.grade(Sample(name, f"```python\n{answer}```", {"tests": [{"pytest": suite}]}))
    assert grade.status is GradeStatus.SCORED, grade.reason
    return grade


def test_honest_answers_do_what_they_do_in_one_process(grader: Grader) -> None:
    grade = grade_of(grader, ANSWER, SUITE)
    assert {test.name: test.detail for test in grade.tests if test.verdict != "passed"} == {}
    assert len(grade.tests) == SUITE.count("    def test_")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("listener.info(name)", "listener.info(names)"),
        ("function(*args)", "function"),
        ("time.sleep(2)", "time.sleep(1)"),
        ('input("first")', 'input("second")'),
        ("random.randint(1, 6)]", "random.randint(1, 5)]"),
        ("user.count += 1", "pass"),
        ("node.next = made", "pass"),
    ],
)
def test_wrong_answers_fail_as_they_do_in_one_process(grader: Grader, old: str, new: str) -> None:
    assert old in ANSWER
    grade = grade_of(grader, ANSWER.replace(old, new), SUITE)
    assert [test.verdict for test in grade.tests].count("passed") == len(grade.tests) - 1


PATCHED = """
from unittest.mock import patch
from solution import f

def test_slept():
    with patch("time.sleep") as slept:
        f(3)
        slept.assert_called_once_with(3)

def test_counted():
    with patch("time.sleep") as slept:
        f(3)
        assert slept.called and slept.call_count == 1
"""


@pytest.mark.parametrize(
    "attack",
    [
        'time.sleep.configure_mock(**{"assert_called_once_with": Exception, "called": True, "call_count": 1})',
        "time.sleep.called, time.sleep.call_count = True, 1",
        "time.sleep.assert_called_once_with = lambda *args: None",
        'time.sleep.attach_mock(time.sleep.x, "assert_called_once_with")',
    ],
)
def test_a_patched_function_is_called_and_not_configured(attack: str) -> None:
    answer = f"import time\ndef f(n):\n    try:\n        {attack}\n    except AttributeError:\n        pass\n"
    with Grader(GraderConfig.load(None, {"GRADER_POLICY": "off", "GRADER_WORKERS": "1"})) as unsieved:
        grade = grade_of(unsieved, answer, PATCHED)
        assert [test.verdict for test in grade.tests] == ["wrong_answer", "wrong_answer"]


POISONED = """
import unittest
from unittest.mock import Mock
from solution import f

class Tests(unittest.TestCase):
    def fake(self, *args):
        return 1

    def test_f(self):
        self.assertEqual(f(Mock(side_effect=self.fake)), 3)
"""
POISON = """
def f(m):
    try:
        m.configure_mock(**{"side_effect.__self__.__class__.__base__.assertEqual": Exception})
    except AttributeError:
        pass
    return 77
"""


def test_a_mock_is_not_a_way_to_the_harness_of_other_answers() -> None:
    """The harness serves all answers to a problem."""
    with Grader(GraderConfig.load(None, {"GRADER_POLICY": "off", "GRADER_WORKERS": "1"})) as unsieved:
        for number, answer in enumerate([POISON, "def f(m):\n    return 5\n", "def f(m):\n    return 6\n"]):
            grade = grade_of(unsieved, answer, POISONED, str(number))
            assert [test.verdict for test in grade.tests] == ["wrong_answer"], number
        assert grade_of(unsieved, "def f(m):\n    return 3\n", POISONED).metric("functional") == 1.0


def test_a_harness_that_may_have_exported_a_mock_serves_one_answer() -> None:
    suite = (
        "from unittest.mock import Mock\nfrom solution import f\n\ndef test_f():\n"
        "    Mock.seen = getattr(Mock, 'seen', 0) + 1\n    assert Mock.seen == f(1)\n"
    )
    with Grader(GraderConfig.load(None, {"GRADER_WORKERS": "1"})) as alone:
        for answer in ("def f(x):\n    return 1\n", "def f(x):\n    return x\n"):
            assert grade_of(alone, answer, suite).metric("functional") == 1.0


PARTIALS = """
from collections import deque
from functools import partial
from solution import emit

class Recorder:
    def put(self, kept, value):
        kept.append(value)

def append(kept, value):
    kept.append(value)

def store(value, *, kept):
    kept[value] = kept.get(value, 0) + 1

def test_list():
    kept = []
    emit([partial(append, kept)], 5)
    assert kept == [5, 6]

def test_keyword():
    kept = {}
    emit([partial(store, kept=kept)], 5)
    assert kept == {5: 1, 6: 1}

def test_method():
    kept = deque()
    emit([partial(Recorder().put, kept)], 5)
    assert list(kept) == [5, 6]

def test_nested():
    kept = [0]
    emit([partial(partial(append), kept)], 5)
    assert kept == [0, 5, 6]
"""
EMIT = """
def emit(callbacks, value):
    for callback in set(callbacks):
        callback(value)
        callback(value + 1)
"""


@pytest.mark.parametrize(("answer", "passed"), [(EMIT, 4), (EMIT.replace("value + 1", "value - 1"), 0)])
def test_partial_functions_of_tests_fill_the_containers_of_the_test(grader: Grader, answer: str, passed: int) -> None:
    grade = grade_of(grader, answer, PARTIALS)
    assert [test.verdict for test in grade.tests].count("passed") == passed, [test.detail for test in grade.tests]
