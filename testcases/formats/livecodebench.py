"""LiveCodeBench: a list of tests, each of which says its type; see `testcases.formats.cases`.

A whole row will do too: the tests are then those of ``public_test_cases`` and ``private_test_cases``, each a list, JSON
text of one, or packed (`testcases.formats.packed`), and the function's name may be in the row or its ``metadata``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.cases import function_named_in, problem_of_cases
from testcases.formats.fields import Fields, load_json
from testcases.formats.packed import unpacked
from testcases.problem import Comparison

if TYPE_CHECKING:
    from testcases.problem import Problem

__all__ = ["NAME", "fits", "read"]

NAME: Final = "livecodebench"

_LISTS = ("public_test_cases", "private_test_cases")
_TEST_FIELDS = frozenset({"input", "output", "testtype"})


def fits(reference: Any) -> bool:
    """Whether the reference has the fields of this shape."""
    if isinstance(reference, dict):
        return any(key in reference for key in _LISTS)
    return isinstance(reference, list) and all(
        isinstance(item, dict) and item.keys() & _TEST_FIELDS for item in reference
    )


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all shapes are read alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    name: str | None = None
    if isinstance(reference, list):
        cases = {f"[{index}]": item for index, item in enumerate(reference)}
    else:
        row = Fields(reference)
        name = function_named_in(row)
        cases = {f"{key}[{index}]": item for key in _LISTS for index, item in enumerate(_listed(row, key))}
    return problem_of_cases(cases, shape=NAME, comparison=Comparison(mode="tokens"), name=name)


def _listed(row: Fields, key: str) -> list[Any]:
    if not row.has(key):
        return []
    value, path = row.value(key), row.path(key)
    if isinstance(value, str):
        value = load_json(value if value.lstrip().startswith("[") else unpacked(value, path), path)
    if not isinstance(value, (list, tuple)):
        raise InvalidFieldError(path, f"must be a list, not {type(value).__name__}")
    return list(value)
