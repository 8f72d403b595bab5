"""Features of pytest in suites: the right answer passes every test, and a wrong one does not."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade

FEATURES = {
    name: feature
    for file in ("runner_features", "runner_effects")
    for name, feature in tomllib.loads((Path(__file__).parent / f"{file}.toml").read_text()).items()
}


def grade_of(grader: Grader, answer: str, suite: str, **fields: Any) -> Grade:
    names = ", ".join(name for name in ("add", "hi", "f") if f"{name}(" in suite.replace("def f(", ""))
    source = f"import pytest\n{f'from solution import {names}' if names else ''}\n{suite}"
    return grader.grade(Sample("features", f"```python\n{answer}```", {"pytest": source, **fields}))


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_of_pytest_tells_right_from_wrong(grader: Grader, name: str) -> None:
    feature = FEATURES[name]
    for answer, wanted in ((feature["right"], {"passed"}), (feature["wrong"], set())):
        grade = grade_of(grader, answer, feature["suite"])
        verdicts = {str(test.verdict) for test in grade.tests}
        assert grade.status == "scored", grade.reason
        assert len(grade.tests) == feature.get("count", len(grade.tests))
        assert verdicts == wanted or (not wanted and "passed" not in verdicts), grade.tests


SUITES = tomllib.loads((Path(__file__).parent / "hidden_tests.toml").read_text())
ADD = "def add(a, b):\n    return a + b\n"
SEEN = "def test_seen():\n    assert add(0, 0) == 0\n"


@pytest.mark.parametrize("name", SUITES["hidden"])
def test_a_suite_with_tests_that_its_source_does_not_show_is_refused_for_every_answer(
    grader: Grader, name: str
) -> None:
    for answer in (ADD, ADD.replace("+", "-")):
        grade = grade_of(grader, answer, SUITES["hidden"][name] + SEEN)
        assert grade.status == "unscored"
        assert "does not show" in grade.reason


@pytest.mark.parametrize("name", SUITES["shown"])
def test_what_the_source_shows_is_run(grader: Grader, name: str) -> None:
    right, wrong = (grade_of(grader, answer, SUITES["shown"][name]) for answer in (ADD, ADD.replace("+", "-")))
    assert [str(test.verdict) for test in right.tests] == ["passed"]
    assert [str(test.verdict) for test in wrong.tests] == ["wrong_answer"]


@pytest.mark.parametrize("name", SUITES["made"])
def test_tests_that_the_module_makes_tell_right_from_wrong(grader: Grader, name: str) -> None:
    right, wrong = (grade_of(grader, answer, SUITES["made"][name]) for answer in (ADD, ADD.replace("+", "-")))
    passed = [str(test.verdict) for test in right.tests]
    assert set(passed) == {"passed"}, right.reason
    own = sum("test_own" in test.name for test in wrong.tests)
    assert [str(test.verdict) for test in wrong.tests].count("wrong_answer") == len(passed) - own, wrong.tests


@pytest.mark.parametrize(
    "loop",
    [
        "for n, want in solution.CASES:",
        "for n, want in [(1, 2)] if solution.CASES else []:",
        "for n, want in zip(solution.CASES, [1, 2]):",
    ],
)
def test_tests_that_an_answer_leaves_out_of_a_loop_have_not_passed(grader: Grader, loop: str) -> None:
    suite = (
        "import unittest, solution\nfrom solution import add\nclass T(unittest.TestCase):\n    pass\n"
        "def make(n, want):\n    return lambda self: self.assertEqual(add(n, 1), want)\n"
        f"{loop}\n    setattr(T, f'test_{{n}}', make(n, want))\n"
    )
    grade = grader.grade(Sample("loop", f"```python\nCASES = []\n\n\n{ADD}```", {"pytest": suite}))
    assert (grade.status, [str(test.verdict) for test in grade.tests]) == ("scored", ["wrong_answer"]), grade.reason


def test_a_method_that_the_answer_puts_in_the_place_of_a_test_has_not_passed(grader: Grader) -> None:
    suite = (
        "from solution import add, wrap\nclass TestA:\n    pass\ndef method(self):\n    assert add(1, 2) == 3\n"
        "for n in range(2):\n    setattr(TestA, f'test_{n}', wrap(method))\n"
    )
    answer = "def add(a, b):\n    return a - b\n\n\ndef wrap(f):\n    return lambda *a: None\n"
    grade = grader.grade(Sample("wrap", f"```python\n{answer}```", {"pytest": suite}))
    assert (grade.status, len(grade.tests)) == ("scored", 1)
    assert "passed" not in {str(test.verdict) for test in grade.tests}


def test_an_answer_cannot_have_a_suite_refused_by_tests_of_its_own(grader: Grader) -> None:
    source = "from solution import *\nfrom solution import TestX\n" + SEEN
    own = "def test_x():\n    return add(1, 2)\nclass TestX:\n    def test_y(self):\n        return add(1, 2)\n"
    answer = ADD.replace("a + b", "a + b + 1") + own
    grade = grader.grade(Sample("flag", f"```python\n{answer}```", {"pytest": source, "entry_point": "add"}))
    assert grade.status == "scored"
    assert "passed" not in {str(test.verdict) for test in grade.tests}, (grade.reason, grade.tests)


@pytest.mark.parametrize(
    "line",
    [
        "@pytest.mark.filterwarnings('error')",
        "@pytest.mark.filterwarnings('error::DeprecationWarning')",
        "pytestmark = pytest.mark.filterwarnings(KIND)\n",
    ],
)
def test_warnings_that_are_to_be_errors_are(grader: Grader, line: str) -> None:
    warns = "import warnings\ndef add(a, b):\n    warnings.warn('old', DeprecationWarning)\n    return a + b\n"
    suite = f"KIND = 'error'\n{line}\n{SEEN}"
    ignoring = suite.replace("error", "ignore").replace("(KIND", "('ignore'")
    for answer, source, verdict in ((ADD, suite, "passed"), (warns, suite, "exception"), (warns, ignoring, "passed")):
        grade = grade_of(grader, answer, source)
        assert [str(test.verdict) for test in grade.tests] == [verdict], grade.tests


def test_an_answer_cannot_have_a_suite_refused_by_a_value_that_adds_a_test(grader: Grader) -> None:
    source = "import solution\nfrom solution import add\n\nif solution.FLAG:\n    test_b = lambda: None\n\n" + SEEN
    for flag in (True, False):
        completion = f"```python\nFLAG = {flag}\n\n\n{ADD.replace('+', '-')}```"
        grade = grader.grade(Sample("flag", completion, {"pytest": source, "entry_point": "add"}))
        assert (grade.status, len(grade.tests)) == ("scored", 1), grade.reason


@pytest.mark.parametrize("want", ["3.0", "[]", "np.array([])"])
def test_nothing_is_near_to_an_empty_array_of_the_answer(grader: Grader, want: str) -> None:
    pytest.importorskip("numpy")
    suite = f"import numpy as np\ndef test_a():\n    assert np.array(add(1, 2)) == pytest.approx({want})\n"
    grade = grade_of(grader, "def add(a, b):\n    return []\n" if want == "3.0" else ADD, suite)
    assert [str(test.verdict) for test in grade.tests] == ["wrong_answer"], grade.reason
