"""Test files: pytest functions and classes, unittest classes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from testcases.entry_points import called_in, imported_from
from testcases.errors import InvalidFieldError
from testcases.problem import Problem, PytestTest
from testcases.python_source import parse, parse_suite, prompt_code

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["defines_tests", "problem_of_suite"]

_TESTS: Final = re.compile(
    r"^(?:async\s+)?def\s+test|^class\s+\w+\s*\([^)]*TestCase\s*\)|^class\s+Test\w*", re.MULTILINE
)
_CHECK: Final = re.compile(r"^def\s+check\s*\(", re.MULTILINE)


def defines_tests(source: str) -> bool:
    """Whether a text looks like a test file, and not like one that defines ``check(candidate)``."""
    return _TESTS.search(source) is not None and _CHECK.search(source) is None


def problem_of_suite(
    source: str,
    field: str,
    *,
    shape: str,
    entry_point: str | None = None,
    module: str = "solution",
    prompt: str = "",
    isolation: Literal["split", "shared"] = "split",
) -> Problem:
    """The problem that a test file says.

    Args:
        source: the file.
        field: where it is.
        shape: the format it was found in.
        entry_point: what the answer must define; ``None`` takes the first name that the file imports from the answer
            and calls, else one that it uses and does not define.
        module: name by which the file imports the answer.
        prompt: the task's text, or code the answer is the continuation of.
        isolation: see `testcases.problem.Problem`.

    Raises:
        InvalidFieldError: the file is no Python, defines no test, or asks nothing of the answer.
    """
    tree = parse_suite(source, field, shared=isolation == "shared")
    name = entry_point or imported_from(module, [tree]) or called_in([tree], parse("", field))
    if name is None:
        raise InvalidFieldError(field, f"imports nothing from {module} and uses no name of the answer's")
    return Problem(
        (PytestTest(source, module),),
        entry_point=name,
        prompt=prompt_code(prompt, entry_point=name),
        isolation=isolation,
        shape=shape,
    )
