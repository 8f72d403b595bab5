"""Parametrize, fixtures, raises and approx as pytest has them; coroutines; generators that do not end; credit."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample
from tests.end_to_end.test_class_suite import natively

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade

FOLDER = Path(__file__).parent / "class_tasks"
SUITE = (FOLDER / "pytest_features.txt").read_text()
RIGHT = (FOLDER / "pytest_answer.txt").read_text()
ANSWERS = {"right": RIGHT} | {
    name: RIGHT.replace(change["old"], change["new"])
    for name, change in tomllib.loads((FOLDER / "pytest_wrongs.toml").read_text()).items()
}


def grade_of(grader: Grader, answer: str, *tests: dict[str, Any], entry_point: str = "f", **fields: Any) -> Grade:
    reference = {"tests": list(tests), "entry_point": entry_point, **fields}
    return grader.grade(Sample("features", f"```python\n{answer}```", reference))


def verdicts(grade: Grade) -> list[str]:
    return [str(test.verdict) for test in grade.tests]


@pytest.mark.slow
@pytest.mark.parametrize("isolation", ["split", "shared"])
@pytest.mark.parametrize("name", ANSWERS)
def test_every_case_is_judged_as_by_pytest(grader: Grader, name: str, isolation: str, tmp_path: Path) -> None:
    answer = ANSWERS[name]
    grade = grade_of(grader, answer, {"pytest": SUITE}, entry_point="Reading", isolation=isolation)
    here = {test.name: test.verdict == "passed" for test in grade.tests}
    assert here == {test: bool(passed) for test, passed in natively(answer, SUITE, tmp_path).items()}
    assert len(here) == 46
    assert name == "right" or answer != RIGHT


LATER = "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return x * 2\n"
WAITS = [
    {"args": [2], "expected": 4},
    {"assert": "import asyncio\nassert asyncio.run(f(2)) == 4"},
    {"check": "import asyncio\ndef check(candidate):\n    assert asyncio.run(candidate(2)) == 4\n"},
    {"pytest": "import pytest\n@pytest.mark.asyncio\nasync def test_f():\n    assert await f(2) == 4\n"},
    {
        "pytest": "import unittest\nclass Case(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_f(self):\n        self.assertEqual(await f(2), 4)\n"
    },
]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (LATER, "passed"),
        (LATER.replace("x * 2", "x * 3"), "wrong_answer"),
        (LATER.replace("x * 2", "x * y"), "exception"),
        (LATER.replace("return x * 2", "return f(x)"), "wrong_answer"),
    ],
    ids=["right", "wrong", "raises", "not awaited"],
)
def test_a_coroutine_function_is_awaited_by_every_kind_of_test(grader: Grader, answer: str, verdict: str) -> None:
    assert verdicts(grade_of(grader, answer, *WAITS)) == [verdict] * len(WAITS)


ENDLESS = "def f():\n    number = 0\n    while True:\n        yield number\n        number += 1\n"


@pytest.mark.parametrize("taken", ["[0, 1, 2] == list(f())", "sum(f()) > 0", "-1 in f()", "max(f()) and min(f())"])
def test_a_generator_without_end_costs_no_more_than_its_limit(grader: Grader, taken: str) -> None:
    first = "import itertools\nassert list(itertools.islice(f(), 3)) == [0, 1, 2]"
    limits = {"cpu_s": 0.4, "total_cpu_s": 0.8, "memory_mb": 128}
    grade = grade_of(grader, ENDLESS, {"assert": first}, {"assert": f"assert {taken}"}, limits=limits)
    assert verdicts(grade)[0] == "passed"
    assert verdicts(grade)[1] in {"timeout", "memory", "not_run"}  # whichever budget is used up first
    assert grade.metric("grader_error") == 0.0


def test_a_generator_is_asked_for_no_more_than_is_taken(grader: Grader) -> None:
    count = "def asked():\n    return len(seen)\n"
    answer = (
        count + "seen = []\ndef f():\n    for number in range(10):\n        seen.append(number)\n        yield number\n"
    )
    lazy = "numbers = f()\nassert next(numbers) == 0\nassert next(numbers) == 1\nassert asked() == 2"
    eager = count + "seen = []\ndef f():\n    seen.extend(range(10))\n    return iter(range(10))\n"
    assert verdicts(grade_of(grader, answer, {"assert": lazy})) == ["passed"]
    assert verdicts(grade_of(grader, eager, {"assert": lazy})) == ["wrong_answer"]


CHECK = (
    "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n"
)
CASES = (
    "import pytest\nimport unittest\nfrom solution import f\n"
    "@pytest.mark.parametrize('x', [1, 2, 3])\ndef test_f(x):\n    assert f(x) == 2 * x\n"
    "class Case(unittest.TestCase):\n    def test_f(self):\n        self.assertEqual(f(4), 8)\n"
)
KNOWS_ONE = "def f(x):\n    return {1: 2}.get(x, 0)\n"


@pytest.mark.parametrize(
    ("test", "total"), [({"check": CHECK}, 3), ({"pytest": CASES}, 4)], ids=["assertions", "tests"]
)
@pytest.mark.parametrize("isolation", ["split", "shared"])
def test_each_assertion_of_a_check_and_each_test_of_a_suite_earns_by_itself(
    grader: Grader, test: dict[str, Any], total: int, isolation: str
) -> None:
    for answer, passed in ((KNOWS_ONE, 1), ("def f(x):\n    return 2 * x\n", total), ("def f(x):\n    return 9\n", 0)):
        grade = grade_of(grader, answer, test, isolation=isolation)
        assert (grade.metric("tests_passed"), grade.metric("tests_total")) == (passed, total)
        assert grade.metric("functional") == pytest.approx(passed / total)
