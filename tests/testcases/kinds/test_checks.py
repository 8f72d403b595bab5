"""Assertions and check functions."""

from __future__ import annotations

import pytest

from sandbox.wire.replies import Reply, SolutionStatus
from testcases.model import (
    AssertTest,
    CheckTest,
)
from testcases.signals import (
    STATUS_VERDICTS,
)
from tests.testcases.fake_client import DOUBLE, FakeClient, check, examine


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
