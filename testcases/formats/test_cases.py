"""Rows with their tests in ``test_cases``: AceCode, OpenThoughts, ROLL, HardTests, and others of this shape.

``test_cases``, a list or an object, or text of one, holds

- assertions: texts, or objects with ``assert_code``,
- programs: objects with ``stdin`` and ``expected_stdout``,
- tests with ``input`` and ``output``, or ``inputs`` and ``outputs`` side by side (`testcases.formats.io_tests`).

``case_type`` of ROLL may be ``assert`` or ``input``. A judge in Python, ``output_judging_function`` of HardTests'
``test_cases_kit``, decides instead of the comparison. Rows with a checker in C++ (CodeContests+) are refused: without
it, right outputs that differ from the recorded ones would fail.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.assertions import is_list_of_text, problem_from_assertions
from testcases.formats.contest_limits import contest_limits, parse_megabytes, parse_seconds
from testcases.formats.fields import Fields
from testcases.formats.io_tests import (
    TOKEN_COMPARISON,
    find_function_name,
    problem_from_cases,
    problem_from_pairs,
    program_text,
)
from testcases.model import Comparison, Problem, StdinTest
from testcases.source.parsing import defined_names, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "test_cases"
KEYS: Final = (frozenset({"test_cases"}),)
_OTHER_FORMATS = frozenset({"code", "language", "verification_info"})
_JUDGE = "output_judging_function"
_CHECKER = """

def checker(given, expected, got):
    return bool(output_judging_function(given, got, expected))
"""
_CPP = ("#include", "testlib", "int main")


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    return not reference.keys() & _OTHER_FORMATS


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    comparison = _comparison(row)
    listed, path = row.plain("test_cases"), row.path("test_cases")
    if isinstance(listed, dict):
        return replace(problem_from_pairs(Fields(listed, path), format_name=NAME), comparison=comparison)
    if not isinstance(listed, (list, tuple)) or not listed:
        raise InvalidFieldError(path, "must be a list of tests, or an object with inputs and outputs")
    if is_list_of_text(listed):
        return problem_from_assertions(_by_path(path, listed), format_name=NAME, entry_point=find_function_name(row))
    cases = {one: Fields(case, one) for one, case in _by_path(path, listed).items()}
    first = next(iter(cases.values()))
    if first.has("assert_code"):
        sources = {case.path("assert_code"): case.text("assert_code") for case in cases.values()}
        return problem_from_assertions(sources, format_name=NAME, entry_point=find_function_name(row))
    if first.has("expected_stdout"):
        programs = tuple(
            StdinTest(
                program_text(case.value("stdin"), case.path("stdin")),
                program_text(case.value("expected_stdout"), case.path("expected_stdout")),
            )
            for case in cases.values()
        )
        return Problem(programs, comparison=comparison, format_name=NAME)
    seconds, megabytes = row.value_or_none("time_limit"), row.value_or_none("memory_limit")
    limits = contest_limits(parse_seconds(seconds), parse_megabytes(megabytes))
    problem = problem_from_cases(
        _by_path(path, listed), format_name=NAME, comparison=comparison, name=find_function_name(row)
    )
    return replace(problem, limits=limits)


def _by_path(path: str, listed: Any) -> Mapping[str, Any]:
    return {f"{path}[{index}]": item for index, item in enumerate(listed)}


def _comparison(row: Fields) -> Comparison:
    """Return the comparison: tokens, or the judge of the row.

    Raises:
        InvalidFieldError: the row has a checker that cannot run here.
    """
    checker = row.text_or("checker", "")
    if any(mark in checker for mark in _CPP):
        raise InvalidFieldError(
            row.path("checker"), "is C++, which cannot run here; without it, the outputs do not decide"
        )
    if not row.has("test_cases_kit"):
        return TOKEN_COMPARISON
    kit = row.object("test_cases_kit")
    judge = kit.text_or(_JUDGE, "")
    if not judge.strip():
        return TOKEN_COMPARISON
    if any(mark in judge for mark in _CPP):
        raise InvalidFieldError(kit.path(_JUDGE), "is C++, which cannot run here")
    if _JUDGE not in defined_names(parse(judge, kit.path(_JUDGE))):
        raise InvalidFieldError(kit.path(_JUDGE), f"must define {_JUDGE}(input, output, expected output)")
    return Comparison(checker=judge + _CHECKER)
