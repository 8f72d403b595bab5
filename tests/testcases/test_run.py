"""Runs of the tests of a spec, with a client whose solution is in this process."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sandbox.wire.replies import Raised, Reply, SolutionStatus
from sandbox.wire.values import Reference
from testcases.model import (
    AssertTest,
    CallTest,
    CheckTest,
    Problem,
    Test,
)
from testcases.source.counting import count_all_tests
from tests.testcases.fake_client import DOUBLE, FakeClient, check, examine, raised


class TestLoading:
    TESTS = (
        CallTest((1,), 2),
        AssertTest("assert f(1) == 2"),
        check("assert candidate(1) == 2", "assert candidate(2)"),
    )

    @pytest.mark.parametrize(
        ("source", "verdict", "detail"),
        [
            ("1 // 0", "exception", "ZeroDivisionError: integer division or modulo by zero"),
            ("g = 1", "exception", "f is not defined"),
            ("f = 1", "exception", "f cannot be called"),
            ("f = [len]", "exception", "f cannot be called"),
            ("end('timeout')", "timeout", "ended by timeout"),
            ("end('policy')", "policy", "ended by policy"),
            ("end('exited')", "exception", "ended by exited"),
            ("end('memory')", "memory", "ended by memory"),
        ],
    )
    def test_that_fails_fails_every_test_and_is_not_tried_again(self, source: str, verdict: str, detail: str) -> None:
        found = examine(source, *self.TESTS)
        assert found.verdicts == [verdict] * 4
        assert set(found.details) == {detail}
        assert found.client.log == ["load"]

    @pytest.mark.parametrize("value", [None, [], ["f"], "f", 5, (("f", 1),), {"f"}], ids=repr)
    def test_with_a_nonsense_report_fails_the_answer(self, value: Any) -> None:
        """Otherwise an answer that forges the report could choose to be unscored."""
        found = examine(FakeClient(DOUBLE, lies={"load": Reply(SolutionStatus.RETURNED, value)}), *self.TESTS)
        assert found.verdicts == ["exception"] * 4

    def test_with_a_nonsense_report_of_names_fails_the_answer(self) -> None:
        for lie in ({"f": 5}, {"f": Reference(1, "x", is_callable=False)}, {"f": {"is_callable": True}}):
            found = examine(FakeClient(DOUBLE, lies={"load": Reply(SolutionStatus.RETURNED, lie)}), *self.TESTS)
            assert found.verdicts == ["exception"] * 4

    def test_that_is_out_of_budget_is_not_run(self) -> None:
        assert examine(FakeClient(DOUBLE, loads=0), *self.TESTS).verdicts == ["not_run"] * 4

    def test_runs_the_prompt_first_but_wants_the_entry_point_from_the_answer(self) -> None:
        prompt = "import math\ndef f(x): return 2 * x\n"
        assert examine("g = math.pi", *self.TESTS, prompt=prompt).details[0] == "f is not defined"
        assert examine("def f(x): return math.floor(2 * x)", *self.TESTS, prompt=prompt).verdicts == ["passed"] * 4

    def test_is_for_a_class_where_a_method_is_asked_for(self) -> None:
        source = "class Solution:\n    def f(self, x): return 2 * x\n"
        found = examine(source, CallTest((1,), 2), entry_point="Solution.f")
        assert found.verdicts == ["passed"]


class TestLyingAnswers:
    @pytest.mark.parametrize(
        "value",
        [Reference(1, "int", is_callable=True), Reference("f"), {"r": [1]}, "passed", ["passed", "", ""], None, True],
        ids=repr,
    )
    def test_gain_nothing_by_what_they_return(self, value: Any) -> None:
        fake = FakeClient(DOUBLE, lies={"call": Reply(SolutionStatus.RETURNED, value)})
        found = examine(fake, CallTest((1,), 2), AssertTest("assert f(1) == 2"), check("assert candidate(1) == 2"))
        assert found.verdicts == ["wrong_answer"] * 3

    @pytest.mark.parametrize(
        "changes",
        [
            [], [None], 5, "x", [5, 5], [[9]], [[0]], [[0, 1, 2]], [[0, 2]], [["0", [2]]], [[-1, [2]]], [[7, [2]]],
            [[0, (2,)]], [[0, {"a": 2}]], [[0, Reference("m0")]], [[0, Reference("t0")]], [[True, [2]]],
        ],
        ids=repr,
    )  # fmt: skip
    def test_gain_nothing_by_reporting_changed_arguments(self, changes: Any) -> None:
        fake = FakeClient(DOUBLE, lies={"call": Reply(SolutionStatus.RETURNED, 1, changes=changes)})
        found = examine(fake, AssertTest("a = [3]\nassert f(a, 'x') == 1 and a == [3]"))
        assert found.verdicts == ["passed"]

    def test_may_report_changed_arguments_as_honest_ones_do(self) -> None:
        fake = FakeClient(
            DOUBLE,
            lies={"call": Reply(SolutionStatus.RETURNED, 1, changes=[[0, [2, Reference("m5"), Reference("m0")]]])},
        )
        found = examine(fake, AssertTest("a = [3]\nf(a)\nassert a[:2] == [2, None] and a[2] is a"))
        assert found.verdicts == ["passed"]

    @pytest.mark.parametrize(
        "error",
        [
            raised("ValueError", "Nonsense"),
            raised("", ""),
            raised("A\0B", "ValueError", "x"),
            raised("\ud800", "\ud800", "\ud800"),
            raised("X", "__import__"),
            raised("X", "object"),
            raised("X", "SystemExit"),
            raised("X", "KeyboardInterrupt"),
            raised("AssertionError", "AssertionError", "x"),
            raised("BrokenTestError", "BaseException"),
            raised("SolutionLostError", "Exception"),
            raised("X", "UnicodeDecodeError", "x"),
            raised("X", "ExceptionGroup", "x"),
        ],
        ids=lambda error: ascii(error.base or error.type_name),
    )
    def test_gain_nothing_by_what_they_raise(self, error: Raised) -> None:
        fake = FakeClient(DOUBLE, lies={"call": Reply(SolutionStatus.RAISED, raised=error, detail="x")})
        found = examine(fake, CallTest((1,), 2), AssertTest("assert f(1) == 2"), check("assert candidate(1) == 2"))
        assert found.verdicts == ["exception"] * 3


class TestBrokenTests:
    @pytest.mark.parametrize(
        "source",
        [
            "import sys\nf(sys._getframe())", "import testcases.verdict\nf(testcases.verdict)",
            "f((lambda: 0).__code__)", "import sys\nf([{1: (sys._getframe(),)}])",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("guard", ["", "try:\n    {}\nexcept Exception:\n    pass\n"])
    def test_give_an_answer_what_it_may_not_have(self, source: str, guard: str) -> None:
        """No answer passes those, so they say nothing of one."""
        *before, last = source.split("\n")
        code = "\n".join([*before, guard.format(last) if guard else last]) + "\n"
        found = examine(DOUBLE, AssertTest(code), AssertTest("assert f(1) == 2"))
        assert found.faults == ["broken_test", ""]
        assert "passes an argument that cannot be passed" in found.details[0]

    @pytest.mark.parametrize("source", ["x = []\nfor _ in range(300):\n    x = [x]\nf(x)", "f(type(f).__call__)"])
    @pytest.mark.parametrize("guard", ["", "try:\n    {}\nexcept Exception:\n    pass\n"])
    def test_pass_on_what_an_answer_chooses(self, source: str, guard: str) -> None:
        """As faults of the tests they would make answers unscored that return deep data, or properties for methods."""
        *before, last = source.split("\n")
        if guard and last.startswith(" "):
            return
        code = "\n".join([*before, guard.format(last) if guard else last]) + "\n"
        found = examine(DOUBLE, AssertTest(code), AssertTest("assert f(1) == 2"))
        assert found.verdicts == ["wrong_answer", "passed"]
        assert "cannot be passed" in found.details[0]

    @pytest.mark.parametrize("test", [AssertTest("assert ("), CheckTest("def check(candidate")])
    def test_are_not_python(self, test: Test) -> None:
        found = examine(DOUBLE, test, AssertTest("assert f(1) == 2"))
        assert found.verdicts[-1] == "passed"
        assert set(found.verdicts[:-1]) <= {"wrong_answer"}
        assert set(found.faults[:-1]) <= {"test_code"}

    @pytest.mark.parametrize(
        ("field", "source"),
        [
            *(("setup", source) for source in ("1 // 0", "import no_such_module", "(", "assert False")),
            *(("prompt", source) for source in ("import no_such_module", "(")),
        ],
    )
    @pytest.mark.parametrize("test", [AssertTest("assert f(1) == 2"), check("assert candidate(1) == 2")])
    def test_cannot_be_prepared(self, field: str, source: str, test: Test) -> None:
        """Whether an answer is to blame for that shows in a run with the stub."""
        fake = FakeClient(DOUBLE)
        fake.load = lambda **_: FakeClient.load(fake, names=["f"])  # type: ignore[method-assign]  # counts on the way
        found = examine(fake, test, CallTest((1,), 2), **{field: source})
        assert found.verdicts == ["exception" if field == "setup" else "wrong_answer", "passed"]
        assert found.faults == ["broken_test", ""]
        assert found.details[0].startswith(f"the {field} does not run")

    def test_are_not_blamed_for_answers_that_cannot_be_loaded(self) -> None:
        """Those have failed before anything is asked."""
        assert examine("1 // 0", AssertTest("assert f(1)"), setup="1 // 0").verdicts == ["exception"]


def test_results_have_the_order_and_number_of_the_tests() -> None:
    tests: list[Test] = [CallTest((x,), 2 * x) for x in range(20)]
    tests[7] = check(*["assert candidate(1) == 2"] * 5)
    tests[9] = AssertTest("assert math.isclose(f(0.5), 1)")
    problem = Problem(tuple(tests), entry_point="f", setup="import math")
    found = examine(DOUBLE, *tests, setup="import math")
    assert found.verdicts == ["passed"] * count_all_tests(problem)
    assert math.isclose(count_all_tests(problem), 24)
