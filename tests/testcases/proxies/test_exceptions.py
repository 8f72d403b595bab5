"""Exceptions of the solution in test code."""

from __future__ import annotations

import builtins

import pytest

from sandbox.wire.replies import Reply, SolutionStatus
from testcases.proxies.exceptions import exception_for
from testcases.signals import (
    STATUS_VERDICTS,
    SolutionError,
    SolutionLostError,
    is_from_solution,
    verdict_of,
)
from testcases.verdict import Verdict
from tests.testcases.fake_client import raised


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
