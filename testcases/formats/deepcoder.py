"""DeepCoder-Preview and INTELLECT-3: a row with all its tests as text in ``tests``.

Each part of it has the format of the data set it comes from: a list of tests (`testcases.formats.io_tests`), or
``inputs`` and ``outputs`` side by side, in JSON or as a Python literal. rLLM has a test script in ``functional``
there (`testcases.formats.script`). ``metadata`` may name the function.
INTELLECT-3 has all this in ``info``, which is JSON text itself. All other fields of a row are ignored. All tests count;
the authors' own graders take the longest inputs only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.io_tests import TOKEN_COMPARISON, find_function_name, problem_from_cases, problem_from_pairs
from testcases.formats.script import problem_from_script

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "deepcoder"

_CASE = frozenset({"input", "output"})
KEYS: Final = (frozenset({"tests"}), frozenset({"question", "info"}))


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    tests = reference.get("tests")
    if isinstance(tests, list):
        return bool(tests) and all(isinstance(test, dict) and test.keys() >= _CASE for test in tests)
    if isinstance(tests, str) and "language" in reference and not tests.lstrip().startswith(("{", "[")):
        return False  # MultiPL-E
    return isinstance(tests, (str, dict)) or (tests is None and reference.keys() >= KEYS[1])


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    if not row.has("tests") and row.has("info"):
        row = row.object("info")
    tests = row.plain("tests")
    if isinstance(tests, dict) and "functional" in tests:
        script = Fields(tests, row.path("tests"))
        return problem_from_script(
            script.text("functional"), script.path("functional"), row, prompt=prompt, format_name=NAME
        )
    if isinstance(tests, dict):
        return problem_from_pairs(Fields(tests, row.path("tests")), format_name=NAME)
    if not isinstance(tests, list):
        raise InvalidFieldError(row.path("tests"), f"must be a list or an object, not {type(tests).__name__}")
    cases = {f"{row.path('tests')}[{index}]": case for index, case in enumerate(tests)}
    return problem_from_cases(cases, format_name=NAME, comparison=TOKEN_COMPARISON, name=find_function_name(row))
