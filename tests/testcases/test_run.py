"""Running the tests of a spec, with a client whose solution is in this process."""

from __future__ import annotations

import builtins
import math
from typing import Any

import pytest

from sandbox.wire.replies import Raised, Reply, SolutionStatus
from sandbox.wire.values import Reference
from testcases.model import (
    ASK_ORACLE,
    AssertTest,
    CallTest,
    CheckTest,
    Comparison,
    Problem,
    StdinTest,
    Test,
)
from testcases.proxies.exceptions import exception_for
from testcases.signals import (
    STATUS_VERDICTS,
    BrokenTestError,
    SolutionError,
    SolutionLostError,
    is_from_solution,
    verdict_of,
)
from testcases.source.counting import count_all_tests
from testcases.verdict import Verdict
from tests.testcases.fake_client import DOUBLE, FakeClient, check, examine, raised


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
        with pytest.raises(BrokenTestError, match="oracle fails"):
            examine(DOUBLE, CallTest((3,), ASK_ORACLE), oracle="def f(x): return x.y")

    def test_may_be_checked_by_code(self) -> None:
        checker = "def checker(given, expected, got):\n    return got != expected and got * 2 == given[0]\n"
        tests = CallTest((8,), 5, comparison=Comparison(checker=checker)), CallTest((8,), 4)
        assert examine("def f(x): return 4", *tests).verdicts == ["passed", "passed"]
        assert examine("def f(x): return 5", *tests).verdicts == ["wrong_answer", "wrong_answer"]
        assert examine("def f(x): return 'x'", *tests).verdicts == ["wrong_answer", "wrong_answer"]
        assert examine("class A: pass\ndef f(x): return A()", *tests).verdicts == ["wrong_answer", "wrong_answer"]
        broken = Comparison(checker="def checker(given, expected, got): return 1")
        with pytest.raises(BrokenTestError, match="not True or False"):
            examine("def f(x): return 4", CallTest((8,), 5, comparison=broken))

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


class TestPrograms:
    def test_pass_by_output(self) -> None:
        tests = [StdinTest("5\n", "5"), StdinTest("5\n", "6"), StdinTest("\udcff", "\udcff\n")]
        found = examine("stdin", *tests)
        assert found.verdicts == ["passed", "wrong_answer", "passed"]
        assert found.details[1] == "printed '5\\n', expected '6'"
        assert found.client.log == ["run"] * 3

    @pytest.mark.parametrize("status", STATUS_VERDICTS)
    def test_that_end_badly_have_the_verdict_of_that(self, status: str) -> None:
        found = examine(f"end({str(status)!r})", StdinTest("", "x"))
        assert found.verdicts == [STATUS_VERDICTS[status]]

    def test_are_compared_as_the_problem_wants(self) -> None:
        found = examine("b'b\\na\\n'", StdinTest("", "a\nb\n"), comparison=Comparison("unordered"))
        assert found.verdicts == ["passed"]

    def test_may_have_several_right_outputs_and_ways_to_compare(self) -> None:
        tests = StdinTest("", "x", ("a b", "y")), StdinTest("", "a  b", comparison=Comparison("tokens"))
        assert examine("b'a b\\n'", *tests).verdicts == ["passed", "passed"]
        assert examine("b'a\\n'", *tests).verdicts == ["wrong_answer", "wrong_answer"]

    def test_may_be_checked_by_code(self) -> None:
        checker = "def checker(given, expected, got):\n    return int(got) % int(given) == 0\n"
        test = StdinTest("7\n", "0\n", comparison=Comparison(checker=checker))
        assert examine("b'21'", test).verdicts == ["passed"]
        assert examine("b'22'", test).verdicts == ["wrong_answer"]
        assert examine("b'no number'", test).verdicts == ["wrong_answer"]

    def test_may_stand_beside_calls(self) -> None:
        fake = FakeClient(DOUBLE, lies={"run": Reply(SolutionStatus.RETURNED, b"out")})
        assert examine(fake, CallTest((1,), 2), StdinTest("", "out")).verdicts == ["passed", "passed"]


class TestAssertions:
    def test_pass_when_they_hold(self) -> None:
        found = examine(DOUBLE, AssertTest("assert f(2) == 4"), AssertTest("assert f(2) == 5\n"))
        assert found.report == [
            ["passed", "assert f(2) == 4", ""],
            ["wrong_answer", "assert f(2) == 5", "the assertion does not hold"],
        ]

    def test_show_their_message(self) -> None:
        assert examine(DOUBLE, AssertTest("assert f(2) == 5, f(3)")).details == ["6"]

    def test_that_meet_an_exception_of_the_solution_are_exceptions(self) -> None:
        found = examine("def f(x): return {}[x]", AssertTest("assert f(2) == 5"))
        assert (found.verdicts, found.details) == (["exception"], ["KeyError: 2"])

    def test_may_expect_an_exception_of_the_solution(self) -> None:
        source = "class OwnError(ValueError): ...\ndef f(x):\n    raise OwnError('no')"
        caught = "try:\n    f(1)\nexcept {}:\n    pass\nelse:\n    assert False\n"
        for name in ("ValueError", "Exception", "BaseException", "(KeyError, ValueError)"):
            assert examine(source, AssertTest(caught.format(name))).verdicts == ["passed"]
        found = examine(source, AssertTest(caught.format("KeyError")), AssertTest(caught.format("AssertionError")))
        assert found.verdicts == ["exception", "exception"]
        assert found.details[0] == "OwnError: no"

    def test_of_the_solution_itself_are_exceptions(self) -> None:
        """An answer that raises AssertionError has raised: the assertion of the test was never evaluated."""
        assert examine("def f(x): assert False", AssertTest("assert f(1) == 1")).verdicts == ["exception"]

    @pytest.mark.parametrize("status", [status for status in STATUS_VERDICTS if status not in {"raised", "not_run"}])
    def test_cannot_catch_a_lost_process(self, status: str) -> None:
        source = f"def f(x):\n    return x or end({str(status)!r})"
        test = AssertTest("try:\n    f(0)\nexcept Exception:\n    pass\n")
        assert examine(source, test, AssertTest("assert f(1)")).verdicts == [STATUS_VERDICTS[status], "passed"]

    def test_that_are_wrong_themselves_are_not_passed(self) -> None:
        found = examine(DOUBLE, AssertTest("assert f(1) == nothing"), AssertTest("assert f(2) + 'x' == 4"))
        assert found.verdicts == ["wrong_answer", "wrong_answer"]
        assert found.details[0].startswith("NameError: ")

    def test_share_names_in_their_order(self) -> None:
        found = examine(DOUBLE, AssertTest("x = f(1)"), AssertTest("assert f(x) == 4"), setup="y = 4")
        assert found.verdicts == ["passed", "passed"]

    def test_see_arguments_as_the_answer_left_them(self) -> None:
        source = (
            "def f(*args):\n    for arg in args:\n        {list: list.sort, dict: dict.clear}.get(type(arg), id)(arg)"
        )
        test = AssertTest(
            "a, b, c = [2, 1], {1: 2}, [3]\nassert f(a, b, c) is None\nassert (a, b, c) == ([1, 2], {}, [3])"
        )
        assert examine(source, test).verdicts == ["passed"]

    def test_keep_arguments_whose_reported_type_is_another(self) -> None:
        lies = {"call": Reply(SolutionStatus.RETURNED, None, changes=[[0, (9, 9)], [1, [7]], [2, 5]])}
        test = AssertTest("a, b, c = [2, 1], {1: 2}, 3\nf(a, b, c)\nassert (a, b, c) == ([2, 1], {1: 2}, 3)")
        assert examine(FakeClient(DOUBLE, lies=lies), test).verdicts == ["passed"]

    def test_may_use_other_names_of_the_answer(self) -> None:
        source = DOUBLE + "LIMIT = 3\ndef g(): return LIMIT\n"
        assert examine(source, AssertTest("assert f(g()) == 2 * LIMIT")).verdicts == ["passed"]

    def test_take_helpers_from_the_prompt_and_the_setup_not_from_the_answer(self) -> None:
        source = "def f(x): return 5\ndef helper(x): return 5\ndef other(x): return 5\n"
        found = examine(
            source,
            AssertTest("assert f(1) == helper(1)"),
            AssertTest("assert f(1) == other(1)"),
            prompt="def helper(x): return 1\ndef f(x): ...\n",
            setup="def other(x): return 1\n",
        )
        assert found.verdicts == ["wrong_answer", "wrong_answer"]

    def test_may_use_objects_of_the_answer(self) -> None:
        source = (
            "class Stack:\n    def __init__(self): self.items = []\n    def push(self, item): self.items.append(item)\n"
            "    def __len__(self): return len(self.items)\n"
        )
        test = AssertTest("s = Stack()\ns.push(3)\nassert len(s) == 1 and s.items == [3]")
        assert examine(source, test, entry_point="Stack").verdicts == ["passed"]

    def test_are_not_fooled_by_objects_equal_to_everything(self) -> None:
        source = (
            "class Equal:\n    def __eq__(self, other): return True\n    __hash__ = None\ndef f(x): return Equal()\n"
        )
        tests = [
            AssertTest(f"assert {it}")
            for it in ("f(1) == 2", "2 == f(1)", "f(1) in [2]", "[f(1)] == [2]", "not (f(1) != 2)")
        ]
        assert examine(source, *tests).verdicts == ["wrong_answer"] * 5

    def test_are_not_broken_by_a_message_that_is_an_object_of_the_answer(self) -> None:
        """Otherwise an answer could make its tests look broken, and be unscored instead of wrong."""
        for text in ("return 1", "raise KeyError", "end('crashed')"):
            source = f"class Odd:\n    def __str__(self):\n        {text}\ndef f(x): return Odd()\n"
            found = examine(source, AssertTest("assert f(1) == 2, f(1)"), AssertTest("raise ValueError(f(1))"))
            assert found.verdicts == ["wrong_answer", "wrong_answer"]
            assert found.details == [
                "an error whose text cannot be had",
                "ValueError: an error whose text cannot be had",
            ]

    def test_may_export_a_function_whose_error_has_no_text(self) -> None:
        test = AssertTest(
            "class Mute(ValueError):\n    def __str__(self): raise KeyError\n"
            "def raising(): raise Mute\n"
            "assert f(raising) == ['ValueError', '']"
        )
        source = (
            "def f(given):\n    try:\n        given()\n"
            "    except ValueError as error:\n        return ['ValueError', str(error)]\n"
        )
        assert examine(source, test).verdicts == ["passed"]


class TestChecks:
    def test_count_each_assertion(self) -> None:
        found = examine(DOUBLE, check("assert candidate(1) == 2", "assert candidate(2) == 5", "assert f(3) == 6"))
        assert found.report == [
            ["passed", "line 2: assert candidate(1) == 2", ""],
            ["wrong_answer", "line 3: assert candidate(2) == 5", "the assertion does not hold"],
            ["passed", "line 4: assert f(3) == 6", ""],
        ]

    def test_count_an_assertion_in_a_loop_once(self) -> None:
        looped = check(
            "for x, y in [(1, 2), (2, 5), (3, 6)]:", "    assert candidate(x) == y", "assert candidate(0) == 0"
        )
        found = examine(DOUBLE, looped)
        assert found.verdicts == ["wrong_answer", "passed"]
        assert found.client.log.count("call object") == 4

    def test_go_on_after_an_exception_of_the_answer(self) -> None:
        found = examine("def f(x): return 2 // x", check("assert candidate(0) == 1", "assert candidate(1) == 2"))
        assert found.verdicts == ["exception", "passed"]
        assert found.details[0].startswith("ZeroDivisionError: ")

    @pytest.mark.parametrize("status", [status for status in STATUS_VERDICTS if status not in {"raised", "not_run"}])
    def test_go_on_after_a_lost_process(self, status: str) -> None:
        source = f"def f(x):\n    return x or end({str(status)!r})"
        lines = ["assert candidate(1) == 1", "assert candidate(0) == 0", "assert candidate(2) == 2"]
        found = examine(source, check(*lines))
        assert found.verdicts == ["passed", STATUS_VERDICTS[status], "passed"]
        assert found.details[1] == f"ended by {status}"

    def test_keep_what_passed_when_the_answer_cannot_be_loaded_again(self) -> None:
        source = "if candidate.loads_left < 98: end('crashed')\ndef f(x):\n    return x or end('timeout')"
        lines = ["assert candidate(1) == 1", "assert candidate(0) == 0", "assert candidate(2) == 2"]
        assert examine(source, check(*lines)).verdicts == ["passed", "timeout", "crashed"]

    def test_end_when_the_budget_is_spent(self) -> None:
        source = "def f(x):\n    candidate.budget_spent = x == 2\n    return x if x < 2 else end('timeout')"
        lines = [f"assert candidate({x}) == {x}" for x in (1, 2, 3, 4)]
        assert examine(source, check(*lines)).verdicts == ["passed", "timeout", "not_run", "not_run"]

    def test_end_in_a_loop_when_the_budget_is_spent(self) -> None:
        source = "def f(x):\n    candidate.budget_spent = x == 2\n    return x if x < 2 else end('timeout')"
        looped = check("for x in range(10**9):", "    assert candidate(x) == x", "assert candidate(0) == 0")
        assert examine(source, looped).verdicts == ["timeout", "not_run"]

    def test_put_the_answer_to_the_test_even_if_they_define_its_name(self) -> None:
        source = "def f(x):\n    return 1\n\ndef check(candidate):\n    assert candidate(0) == f(0)\n"
        assert examine("def f(x): return 2", CheckTest(source)).verdicts == ["wrong_answer"]
        assert examine("def f(x): return 1", CheckTest(source)).verdicts == ["passed"]

    def test_broken_off_elsewhere_fail_the_next_assertion(self) -> None:
        found = examine("def f(x): raise KeyError", check("y = candidate(1)", "assert candidate(2) == y"))
        assert found.report == [
            ["exception", "line 3: assert candidate(2) == y", "KeyError: "],
        ]

    def test_without_assertions_pass_when_they_end_well(self) -> None:
        assert examine(DOUBLE, check("candidate(1)")).report == [["passed", "check", ""]]
        assert examine("def f(x): 1 // 0", check("candidate(1)")).verdicts == ["exception"]

    def test_may_wait_for_exceptions(self) -> None:
        lines = ["try:", "    candidate(1)", "except KeyError:", "    assert True", "else:", "    assert False"]
        assert examine("def f(x): raise KeyError", check(*lines, "assert f")).verdicts == ["passed", "passed"]
        assert examine(DOUBLE, check(*lines, "assert f")).verdicts == ["wrong_answer", "passed"]

    def test_have_namespaces_of_their_own(self) -> None:
        first = CheckTest("seen = []\n" + check("assert candidate(1) == 2").source)
        second = CheckTest("assert 'seen' not in globals()\n" + check("assert candidate(1) == 2").source)
        assert examine(DOUBLE, first, second).verdicts == ["passed"] * 3

    def test_of_an_answer_that_cannot_be_loaded_all_give_the_reason(self) -> None:
        found = examine("1 // 0", check("assert candidate(1) == 2", "assert candidate(2) == 4"))
        assert found.verdicts == ["exception", "exception"]
        assert found.details[0] == "ZeroDivisionError: integer division or modulo by zero"


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
            "import sys\nf(sys._getframe())", "f(f.__class__)", "x = []\nfor _ in range(300):\n    x = [x]\nf(x)",
            "import testcases.verdict\nf(testcases.verdict)", "f((lambda: 0).__code__)",
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("guard", ["", "try:\n    {}\nexcept Exception:\n    pass\n"])
    def test_give_an_answer_what_it_may_not_have(self, source: str, guard: str) -> None:
        """No answer passes those. As errors of the grader they would make answers that return such things unscored."""
        *before, last = source.split("\n")
        if guard and last.startswith(" "):
            return
        code = "\n".join([*before, guard.format(last) if guard else last]) + "\n"
        found = examine(DOUBLE, AssertTest(code), AssertTest("assert f(1) == 2"))
        assert found.verdicts == ["wrong_answer", "passed"]
        assert "cannot be passed" in found.details[0]

    @pytest.mark.parametrize("test", [AssertTest("assert ("), CheckTest("def check(candidate")])
    def test_are_not_python(self, test: Test) -> None:
        with pytest.raises(SyntaxError):
            examine(DOUBLE, test)

    @pytest.mark.parametrize("field", ["setup", "prompt"])
    @pytest.mark.parametrize("source", ["1 // 0", "import no_such_module", "(", "assert False"])
    @pytest.mark.parametrize("test", [AssertTest("assert f(1) == 2"), check("assert candidate(1) == 2")])
    def test_cannot_be_prepared(self, field: str, source: str, test: Test) -> None:
        """No answer is to blame for that."""
        fake = FakeClient(DOUBLE)
        fake.load = lambda **_: FakeClient.load(fake, names=["f"])  # type: ignore[method-assign]  # counts on the way
        with pytest.raises(BrokenTestError, match=f"the {field} does not run"):
            examine(fake, test, **{field: source})

    def test_are_not_blamed_for_answers_that_cannot_be_loaded(self) -> None:
        """Those have failed before anything is asked."""
        assert examine("1 // 0", AssertTest("assert f(1)"), setup="1 // 0").verdicts == ["exception"]


class TestRaising:
    @pytest.mark.parametrize(
        "base",
        [
            name
            for name, kind in vars(builtins).items()
            if isinstance(kind, type) and issubclass(kind, Exception) and name == kind.__name__
        ],
    )
    def test_is_an_instance_of_the_built_in_class(self, base: str) -> None:
        special = {"UnicodeDecodeError", "UnicodeEncodeError", "UnicodeTranslateError", "ExceptionGroup"}
        for name in ("Own", base):
            error = exception_for(Reply(SolutionStatus.RAISED, raised=raised(name, base, "text")))
            assert "text" in str(error)
            assert is_from_solution(error)
            assert verdict_of(error) is Verdict.EXCEPTION
            if base not in special:  # those take other arguments than a text
                assert isinstance(error, getattr(builtins, base))
                assert type(error).__name__ == name

    @pytest.mark.parametrize("base", ["BaseException", "int", "print", "__doc__", "Missing", ""])
    def test_is_a_plain_exception_where_the_class_does_not_exist(self, base: str) -> None:
        error = exception_for(Reply(SolutionStatus.RAISED, raised=raised("Own", base, "text")))
        assert type(error).__bases__ == (SolutionError,)
        assert str(error) == "text"

    @pytest.mark.parametrize("base", ["KeyError", "OSError", "SyntaxError", "Exception"])
    @pytest.mark.parametrize("name", ["KeyError", "OSError", "SyntaxError", "Exception", "Own"])
    def test_has_the_text_as_it_was(self, name: str, base: str) -> None:
        assert str(exception_for(Reply(SolutionStatus.RAISED, raised=raised(name, base, "'key'")))) == "'key'"

    def test_has_the_arguments_it_was_made_of(self) -> None:
        error = exception_for(Reply(SolutionStatus.RAISED, raised=raised("KeyError", "KeyError", "'k'", args=("k",))))
        assert type(error) is KeyError
        assert error.args == ("k",)
        error = exception_for(
            Reply(SolutionStatus.RAISED, raised=raised("StopIteration", "StopIteration", "5", args=(5,)))
        )
        assert isinstance(error, StopIteration)
        assert error.value == 5

    def test_keeps_what_it_means_for_the_test(self) -> None:
        error = exception_for(Reply(SolutionStatus.MEMORY, raised=raised("MemoryError", "MemoryError")))
        assert isinstance(error, MemoryError)
        assert verdict_of(error) is Verdict.MEMORY

    @pytest.mark.parametrize("status", [status for status in STATUS_VERDICTS if status != "raised"])
    def test_of_a_lost_process_is_none_that_tests_can_catch(self, status: str) -> None:
        error = exception_for(Reply(SolutionStatus(status), detail="why"))
        assert isinstance(error, SolutionLostError)
        assert not isinstance(error, Exception)
        assert str(error) == "why"
        assert verdict_of(error) is STATUS_VERDICTS[status]
        assert error.ends_the_test == (status == "not_run")

    def test_of_a_test_itself_is_a_wrong_answer(self) -> None:
        assert verdict_of(AssertionError()) is Verdict.WRONG_ANSWER
        assert verdict_of(NameError()) is Verdict.WRONG_ANSWER


def test_results_have_the_order_and_number_of_the_tests() -> None:
    tests: list[Test] = [CallTest((x,), 2 * x) for x in range(20)]
    tests[7] = check(*["assert candidate(1) == 2"] * 5)
    tests[9] = AssertTest("assert math.isclose(f(0.5), 1)")
    problem = Problem(tuple(tests), entry_point="f", setup="import math")
    found = examine(DOUBLE, *tests, setup="import math")
    assert found.verdicts == ["passed"] * count_all_tests(problem)
    assert math.isclose(count_all_tests(problem), 24)
