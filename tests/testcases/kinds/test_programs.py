"""Tests that run the answer as a program."""

from __future__ import annotations

import pytest

from sandbox.wire.replies import Reply, SolutionStatus
from testcases.model import (
    CallTest,
    Comparison,
    StdinTest,
)
from testcases.signals import (
    STATUS_VERDICTS,
)
from tests.testcases.fake_client import DOUBLE, FakeClient, examine


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
