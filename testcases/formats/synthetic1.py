"""SYNTHETIC-1 and PrimeIntellect's verifiable coding problems: ``verification_info``, an object or text of one.

It has ``language`` and ``test_cases`` (`testcases.formats.io_tests`), a list of tests, or in SYNTHETIC-2 JSON text of
``inputs`` and ``outputs`` side by side. Text may be JSON or a Python literal. Languages
other than Python are refused, because no answer in them can run. All other fields of a row are ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.io_tests import TOKEN_COMPARISON, find_function_name, problem_from_cases, problem_from_pairs

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "synthetic1"
KEYS: Final = (frozenset({"verification_info"}), frozenset({"language", "test_cases"}))


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    info = row
    if row.has("verification_info"):
        info = Fields(row.plain("verification_info"), "verification_info")
    language = info.text_or("language", "python")
    if not language.lower().startswith("python"):
        raise InvalidFieldError(info.path("language"), f"must be python, not {language[:40]!a}")
    listed = info.json("test_cases")
    if isinstance(listed, dict):
        return problem_from_pairs(Fields(listed, info.path("test_cases")), format_name=NAME)
    listed = info.items("test_cases")
    cases = {f"{info.path('test_cases')}[{index}]": case for index, case in enumerate(listed)}
    return problem_from_cases(cases, format_name=NAME, comparison=TOKEN_COMPARISON, name=find_function_name(info))
