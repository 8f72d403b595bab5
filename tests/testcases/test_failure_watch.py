"""A failure that a test swallows fails that test, and no other."""

from __future__ import annotations

import contextlib
from textwrap import indent
from types import ModuleType
from typing import Any

import pytest

from testcases import signals
from testcases.in_process.solution import InProcessTests
from testcases.model import AssertTest, CallTest, CheckTest, Problem, PytestTest, Test
from testcases.spec import build_spec
from tests.testcases.fake_client import DOUBLE, examine

IMPORT = "import pytest, unittest\nfrom testcases.signals import RefusedError\nfrom solution import f\n"
SWALLOWING = """\
try:
    raise RefusedError("refused")
except BaseException:
    pass
"""
ENDINGS = {"an error": "raise KeyError\n", "a pass": ""}


def case(name: str, body: str, argument: str = "") -> str:
    return f"def test_{name}({argument}):\n" + indent(body, "    ")


def suite(*cases: str) -> PytestTest:
    return PytestTest(IMPORT + "\n".join(cases), "solution")


def methods(*cases: str) -> PytestTest:
    return suite("class TestF(unittest.TestCase):\n" + indent("\n".join(cases), "    "))


PASSING = "assert f(1) == 2\n"


def two_tests(form: str, swallowing: str) -> list[Test]:
    """Two tests of a form, of which the first swallows a failure."""
    match form:
        case "assertions":
            setup = "from testcases.signals import RefusedError\n"
            return [AssertTest(setup + swallowing), AssertTest(PASSING)]
        case "checks":
            head = "from testcases.signals import RefusedError\ndef check(candidate):\n"
            return [CheckTest(head + indent(body, "    ")) for body in (swallowing, PASSING)]
        case "functions":
            return [suite(case("one", swallowing), case("two", PASSING))]
        case _:
            return [methods(case("one", swallowing, "self"), case("two", PASSING, "self"))]


FORMS = ["assertions", "checks", "functions", "methods"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("form", FORMS)
def test_a_swallowed_failure_does_not_reach_the_next_test(form: str, ending: str) -> None:
    results = examine(DOUBLE, *two_tests(form, SWALLOWING + ENDINGS[ending]))
    assert results.verdicts == ["wrong_answer", "passed"]
    assert signals._watches == []


FIXTURE = """\
@pytest.fixture(scope={0!r})
def broken():
    try:
        raise RefusedError("refused")
    except BaseException:
        pass
    {1}
"""


@pytest.mark.parametrize("scope", ["function", "module"])
@pytest.mark.parametrize("ending", ["raise KeyError", "return 1"])
def test_a_fixture_that_swallows_a_failure_fails_the_tests_that_use_it(scope: str, ending: str) -> None:
    cases = [case("one", PASSING, "broken"), case("two", PASSING, "broken"), case("three", PASSING)]
    results = examine(DOUBLE, suite(FIXTURE.format(scope, ending), *cases))
    assert results.verdicts == ["wrong_answer", "wrong_answer", "passed"]
    assert "refused" in results.details[0]
    assert signals._watches == []


def test_a_fixture_that_swallows_a_failure_fails_its_test_although_that_expects_another_error() -> None:
    body = "with pytest.raises(KeyError):\n    request.getfixturevalue('broken')\n"
    results = examine(DOUBLE, suite(FIXTURE.format("function", "raise KeyError"), case("one", body, "request")))
    assert results.verdicts == ["wrong_answer"]


def test_a_setup_that_swallows_a_failure_fails_the_tests_of_its_class() -> None:
    for name, base in (("setup_class", ""), ("setUpClass", "(unittest.TestCase)")):
        head = f"class TestF{base}:\n    @classmethod\n    def {name}(cls):\n" + indent(SWALLOWING, " " * 8)
        other = "class TestOther:\n" + indent(case("two", PASSING, "self"), "    ")
        results = examine(DOUBLE, suite(head + indent(case("one", PASSING, "self"), "    "), other))
        assert results.verdicts == ["wrong_answer", "passed"]


@pytest.mark.parametrize("form", FORMS)
def test_tests_in_the_solution_s_process_stay_intact(form: str) -> None:
    """What a watch keeps is no change of the code that runs tests, which would count as tampering."""
    tests = two_tests(form, SWALLOWING + ENDINGS["an error"])
    module = ModuleType("solution")
    exec(DOUBLE, vars(module))
    spec: dict[str, Any] = build_spec(Problem(tuple(tests), entry_point="f", isolation="shared"))
    runner = InProcessTests(spec | {"names": ["f"], "first": 0})
    verdicts = []
    for results in runner.steps(module):
        verdicts += [verdict for verdict, _, _ in results]
        assert runner.is_intact()
    assert verdicts == ["wrong_answer", "passed"]
    assert signals._watches == []


def test_libraries_are_patched_only_where_test_code_runs() -> None:
    """Else every run pays for it, and every use of ``suppress`` in a checker."""
    source = "import contextlib\ndef f(): return contextlib.suppress.__exit__.__name__"
    before = contextlib.suppress.__exit__
    call = CallTest((), "__exit__")
    assert examine(source, call).verdicts == ["passed"]
    assert examine(source, call, AssertTest("assert f() != '__exit__'")).verdicts == ["wrong_answer", "passed"]
    assert contextlib.suppress.__exit__ is before
