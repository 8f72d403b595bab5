"""Failures of tests and of the grader are unscored, whatever the answer; failures that an answer causes are scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade

RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b - 1\n"
RAISES = "def add(a, b):\n    raise ValueError\n"
SHORT = {"cpu_s": 1, "total_cpu_s": 1}


def grade(grader: Grader, answer: str, reference: dict[str, Any]) -> Grade:
    reference = {"entry_point": "add", **reference}
    return grader.grade(Sample("blame", f"```python\n{answer}\n```", reference))


def suite(*lines: str) -> dict[str, Any]:
    return {"tests": [{"pytest": "\n".join(["from solution import add", "import unittest", *lines])}]}


GOOD = "def test_sum():\n    assert add(1, 2) == 3"

BROKEN: dict[str, dict[str, Any]] = {
    "a test that asserts something false": suite(GOOD, "def test_pi():\n    assert 3.14 > 4"),
    "a test that lacks a name": suite(GOOD, "def test_name():\n    x = missing\n    assert add(x, 1)"),
    "a test class whose setup fails": suite(
        GOOD,
        "class TestSum(unittest.TestCase):\n    def setUp(self):\n        self.data = {}['key']\n"
        "    def test_sum(self):\n        self.assertEqual(add(1, 2), 3)",
    ),
    "a class setup that fails": suite(
        "class TestSum(unittest.TestCase):\n    @classmethod\n    def setUpClass(cls):\n        1 / 0\n"
        "    def test_one(self):\n        self.assertEqual(add(1, 2), 3)\n"
        "    def test_two(self):\n        self.assertEqual(add(1, 1), 2)",
    ),
    "a fixture that fails": suite(
        "import pytest", GOOD, "@pytest.fixture\ndef x():\n    raise KeyError\ndef test_x(x):\n    assert add(x, 1)"
    ),
    "a module that fails": suite("DATA = {}['key']", GOOD),
    "a module that imports what is not there": suite("import no_such_module", GOOD),
    "a test that imports what is not there once it has asked": suite(
        "def test_sum():\n    total = add(1, 2)\n    import no_such_module\n    assert no_such_module.equal(total, 3)"
    ),
    "a name that nothing gives, once it has asked": suite(GOOD, "def test_x():\n    assert add(1, 2) == missing"),
    "a name that nothing gives, in one process": {
        **suite(GOOD, "def test_x():\n    assert add(1, 2) == missing"), "isolation": "shared",
    },
    "an attribute of pytest that is not offered, once it has asked": suite(
        GOOD, "def test_x(request):\n    total = add(1, 2)\n    request.node.stash['x'] = total\n    assert total == 3"
    ),
    "only tests that skip themselves": suite(
        "import pytest", "@pytest.mark.parametrize('x', [1, 2])\ndef test_x(x):\n    if x:\n        pytest.skip('no')\n"
        "    assert add(x, 1) == x + 1"
    ),
    "a folder that is not there": suite("import os", GOOD, "def test():\n    os.mkdir('/no/x')\n    assert add(1, 2)"),
    "an argument that no process can be given": suite(
        "import sqlite3", GOOD, "def test_q():\n    assert add(sqlite3.connect(':memory:'), 1) is None"
    ),
    "a test that never ends": {**suite(GOOD, "def test_loop():\n    while True:\n        pass"), "limits": SHORT},
    "a test that eats all memory": suite(GOOD, "def test_memory():\n    x = [0] * 10**10\n    assert add(1, 2) == 3"),
    "an assertion before anything is asked": {"tests": [{"assert": "assert 1 == 2\nassert add(1, 2) == 3"}]},
    "a setup that fails": {"tests": [{"assert": "assert add(1, 2) == 3"}], "setup": "import no_such_module"},
    "a setup that exits": {"tests": [{"assert": "assert add(1, 2) == 3"}], "setup": "raise SystemExit"},
    "a check that fails first": {"test": "def check(candidate):\n    assert 1 == 2\n    assert candidate(1, 2) == 3\n"},
    "an oracle that raises": {"oracle": "def add(a, b):\n    return a.b", "tests": [{"args": [1, 2]}]},
    "an oracle that never ends": {
        "oracle": "def add(a, b):\n    while True:\n        pass", "tests": [{"args": [1, 2]}], "limits": SHORT,
    },
    "a checker that raises": {
        "tests": [{"args": [1, 2], "expected": 3}],
        "compare": {"checker": "def checker(given, expected, got):\n    return undefined"},
    },
    "a checker that never ends": {
        "tests": [{"args": [1, 2], "expected": 3}],
        "compare": {"checker": "def checker(given, expected, got):\n    while True:\n        pass"},
        "limits": SHORT,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_tests_that_are_broken_leave_every_answer_unscored(grader: Grader, name: str) -> None:
    grades = [grade(grader, answer, BROKEN[name]) for answer in (RIGHT, WRONG, RIGHT)]
    assert [one.status for one in grades] == [GradeStatus.UNSCORED] * 3, [one.reason for one in grades]
    assert all(one.reason.startswith("the tests are broken: ") for one in grades)


SETUP = {"setup": "root = Node(1)\nroot.left = Node(2)", "tests": [{"assert": "assert add(root.left.value, 1) == 3"}]}
NODE = "class Node:\n    def __init__(self, value):\n        self.value = value\n"


@pytest.mark.parametrize(
    ("node", "verdict", "functional"),
    [
        (NODE, "passed", 1.0),
        ("", "exception", 0.0),
        ("class Node:\n    def __init__(self, value):\n        raise SystemExit\n", "exception", 0.0),
        ("class Node:\n    def __init__(self, value):\n        import os; os._exit(0)\n", "exception", 0.0),
        ("Node = None\n", "exception", 0.0),
    ],
    ids=["whole", "left out", "raises", "exits", "no class"],
)
def test_a_class_that_the_setup_needs_is_the_answers_business(
    grader: Grader, node: str, verdict: str, functional: float
) -> None:
    graded = grade(grader, node + RIGHT, SETUP)
    assert graded.status is GradeStatus.SCORED, graded.reason
    assert [test.verdict for test in graded.tests] == [verdict]
    assert graded.metric("functional") == functional


def test_a_right_answer_may_leave_out_a_class_that_the_prompt_defines(grader: Grader) -> None:
    prompt = f'{NODE}\n\ndef add(a, b):\n    """Add."""\n'
    assert grade(grader, RIGHT, {**SETUP, "prompt": prompt}).metric("functional") == 1.0


CAUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a flag": ("FLAG = False\n" + RIGHT, suite("from solution import FLAG", "def test_f():\n    assert FLAG is True")),
    "a helper left out": (RIGHT, {"tests": [{"assert": "assert helper(1) == add(1, 0)"}]}),
    "an exception that setup_class meets": (
        RAISES,
        suite(
            "class TestSum:\n    @classmethod\n    def setup_class(cls):\n        cls.n = len(add('a', 'b'))\n"
            "        assert cls.n is 2\n    def test_one(self):\n        assert self.n == 2\n"
            "    def test_two(self):\n        assert True"
        ),
    ),
    "a path that it chooses": (
        "def add(a, b):\n    return '/none/x'\n", suite("def test_f():\n    assert open(add(1, 2), 'w')"),
    ),
    "a loop over what it returns": (
        "def add(a, b):\n    return 10**15\n",
        {**suite("def test_f():\n    for i in range(add(1, 2)):\n        pass"), "limits": SHORT},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CAUSED)
def test_what_an_answer_brings_about_is_scored(grader: Grader, name: str) -> None:
    answer, reference = CAUSED[name]
    graded = grade(grader, answer, reference)
    assert (graded.status, graded.metric("functional")) == (GradeStatus.SCORED, 0.0), graded.reason


def test_an_oracle_has_its_time_before_the_answer_spends_any(grader: Grader) -> None:
    slow = "def add(a, b):\n    for _ in range(5_000_000):\n        pass\n    return a + b\n"
    flood = "def add(a, b):\n    if a:\n        return a + b\n    return [{'s': []}] * 400_000 if b else 0\n"
    reference = {
        "oracle": slow,
        "tests": [{"args": [0, 1]}, {"args": [1, 1]}],
        "limits": {"cpu_s": 3, "total_cpu_s": 3},
    }
    graded = grade(grader, flood, reference)
    assert graded.status is GradeStatus.SCORED, graded.reason
