"""NeMo Gym: a row with its tests in ``verifier_metadata``.

``unit_tests`` there holds ``inputs`` and ``outputs`` side by side, or a list of assertions. Without it,
``verifier_metadata`` is a reference of another format, such as a row of BigCodeBench.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.formats.assertions import is_list_of_text, problem_from_assertions
from testcases.formats.fields import Fields, NestedReference
from testcases.formats.io_tests import problem_from_pairs

if TYPE_CHECKING:
    from testcases.model import Problem

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "nemo_gym"
KEYS: Final = (frozenset({"verifier_metadata"}), frozenset({"unit_tests"}))

_OTHER_FIELDS: Final = ("test", "tests", "test_cases", "test_list", "inputs")
"""Fields of references of other formats in ``verifier_metadata``."""


def read(reference: Any, *, prompt: str) -> Problem | NestedReference:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    holder = row.object("verifier_metadata") if row.has("verifier_metadata") else row
    if not holder.has("unit_tests") and any(holder.has(field) for field in _OTHER_FIELDS):
        return NestedReference(row.json("verifier_metadata"), "verifier_metadata", prompt)
    tests = holder.json("unit_tests")
    if is_list_of_text(tests):
        path = holder.path("unit_tests")
        return problem_from_assertions({f"{path}[{index}]": one for index, one in enumerate(tests)}, format_name=NAME)
    return problem_from_pairs(holder.object("unit_tests"), format_name=NAME)
