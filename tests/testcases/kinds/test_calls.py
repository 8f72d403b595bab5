"""Tests that call a function of the solution."""

from __future__ import annotations

import pytest

from testcases.model import (
    ASK_ORACLE,
    CallTest,
    Comparison,
)
from testcases.signals import (
    STATUS_VERDICTS,
    BrokenTestError,
)
from tests.testcases.fake_client import DOUBLE, FakeClient, examine


class TestCalls:
    def test_pass_by_value(self) -> None:
        found = examine(DOUBLE, CallTest((2,), 4), CallTest((2,), 5), CallTest(("a",), "aa"))
        assert found.report == [
            ["passed", "f(2)", ""],
            ["wrong_answer", "f(2)", "returned 4, expected 5"],
            ["passed", "f('a')", ""],
        ]
        assert found.client.log == ["load", "call f", "call f", "call f"]

    def test_may_compare_each_in_a_way_of_its_own(self) -> None:
        unordered, near = Comparison("unordered"), Comparison(float_abs=0.1)
        tests = [CallTest((value,), [1, 2.05], comparison=how) for how in (None, unordered, near) for value in (1, 2)]
        source = "def f(x): return [1, 2.05] if x == 1 else [2.05, 1]"
        assert examine(source, *tests).verdicts == [
            "passed",
            "wrong_answer",
            "passed",
            "passed",
            "passed",
            "wrong_answer",
        ]
        assert examine(source, *tests, comparison=unordered).verdicts[:2] == ["passed", "passed"]

    def test_may_ask_an_oracle(self) -> None:
        oracle = "def f(x):\n    return [x, 1]\n"
        found = examine(
            "def f(x): return (x, 1 if x != 5 else 2)", *(CallTest((n,), ASK_ORACLE) for n in (3, 5)), oracle=oracle
        )
        assert found.verdicts == ["passed", "wrong_answer"]
        assert found.details[1] == "returned (5, 2), expected [5, 1]"
        fake = FakeClient(DOUBLE)
        with pytest.raises(BrokenTestError, match="oracle fails"):
            examine(fake, CallTest((3,), ASK_ORACLE), oracle="def f(x): return x.y")
        assert fake.log == []

    def test_may_ask_an_oracle_that_catches_exceptions(self) -> None:
        source = "def f(x):\n    try:\n        return int(x)\n    except ValueError:\n        return -1\n"
        found = examine(source, CallTest(("1",), ASK_ORACLE), CallTest(("x",), ASK_ORACLE), oracle=source)
        assert found.verdicts == ["passed", "passed"]

    def test_may_be_checked_by_code(self) -> None:
        checker = "def checker(given, expected, got):\n    return got != expected and got * 2 == given[0]\n"
        tests = CallTest((8,), 5, comparison=Comparison(checker=checker)), CallTest((8,), 4)
        assert examine("def f(x): return 4", *tests).verdicts == ["passed", "passed"]
        assert examine("def f(x): return 5", *tests).verdicts == ["wrong_answer", "wrong_answer"]
        assert examine("def f(x): return 'x'", *tests).verdicts == ["wrong_answer", "wrong_answer"]
        assert examine("class A: pass\ndef f(x): return A()", *tests).verdicts == ["wrong_answer", "wrong_answer"]
        broken = Comparison(checker="def checker(given, expected, got): return 1")
        found = examine("def f(x): return 4", CallTest((8,), 5, comparison=broken), CallTest((8,), 4))
        assert found.verdicts == ["wrong_answer", "passed"]
        assert found.faults == ["broken_test", ""]
        assert "not True or False" in found.details[0]

    def test_may_have_alternatives_and_keywords(self) -> None:
        found = examine(DOUBLE, CallTest((), [2], {"x": 1}, alternatives=(3, 2)), CallTest((1,), 0, alternatives=(3,)))
        assert found.verdicts == ["passed", "wrong_answer"]
        assert found.names == ["f(x=1)", "f(1)"]

    def test_may_name_another_function(self) -> None:
        source = DOUBLE + "class Solution:\n    def g(self, x):\n        return x\n"
        found = examine(source, CallTest((1,), 1, function="Solution.g"), CallTest((1,), 2))
        assert found.verdicts == ["passed", "passed"]

    def test_are_compared_as_the_problem_wants(self) -> None:
        found = examine(DOUBLE, CallTest((0.05,), 0.11), comparison=Comparison(float_abs=0.02))
        assert found.verdicts == ["passed"]
        found = examine("def f(): return [2, 1]", CallTest((), [1, 2]), comparison=Comparison("unordered"))
        assert found.verdicts == ["passed"]

    def test_that_raise_do_not_end_the_run(self) -> None:
        found = examine("def f(x): return 1 // x", CallTest((0,), 0), CallTest((1,), 1))
        assert found.report[0] == ["exception", "f(0)", "ZeroDivisionError: integer division or modulo by zero"]
        assert found.verdicts == ["exception", "passed"]
        assert found.client.log.count("load") == 1

    @pytest.mark.parametrize("status", [status for status in STATUS_VERDICTS if status not in {"raised", "not_run"}])
    def test_that_lose_the_process_do_not_end_the_run(self, status: str) -> None:
        found = examine(f"def f(x):\n    return x or end({str(status)!r})", CallTest((0,), 0), CallTest((1,), 1))
        assert found.verdicts == [STATUS_VERDICTS[status], "passed"]
        assert found.details[0] == f"ended by {status}"
        assert found.client.log == ["load", "call f", "load", "call f"]

    def test_after_the_budget_are_not_run(self) -> None:
        source = "def f(x):\n    candidate.budget_spent = True\n    end('timeout')"
        found = examine(source, CallTest((0,), 0), CallTest((1,), 1), CallTest((2,), 2))
        assert found.verdicts == ["timeout", "not_run", "not_run"]

    def test_that_spend_the_budget_but_return_still_count(self) -> None:
        source = "def f(x):\n    candidate.budget_spent = True\n    return x"
        assert examine(source, CallTest((0,), 0), CallTest((1,), 1)).verdicts == ["passed", "not_run"]

    def test_of_a_process_that_cannot_be_replaced_are_not_run(self) -> None:
        found = examine(FakeClient("def f(x): end('crashed')", loads=2), *[CallTest((x,), x) for x in range(4)])
        assert found.verdicts == ["crashed", "crashed", "not_run", "not_run"]

    @pytest.mark.parametrize(
        "value", ["object()", "lambda: 4", "type('Four', (), {'__eq__': lambda *_: True})()", "True", "'4'", "[4]"]
    )
    def test_that_return_something_else_are_wrong(self, value: str) -> None:
        found = examine(f"def f(): return {value}", CallTest((), 4))
        assert found.verdicts == ["wrong_answer"]
        assert found.details[0].endswith(", expected 4")

    def test_describe_large_values_briefly(self) -> None:
        found = examine(
            "def f(x): return x",
            CallTest(("x" * 10**6,), 0),
            CallTest(([[1] * 1000] * 1000,), 0),
            CallTest((10**6000,), 0),
        )
        assert all(len(text) <= 1000 for line in found.report for text in line)
        assert found.details[2] == "returned a large int, expected 0"
