"""A pytest or unittest file as it stands: ``{"pytest": "from solution import f ..."}``; test files of other formats.

``module`` is the name by which it imports the answer, ``solution`` where absent; names it uses and does not define are
the answer's too. ``entry_point`` is what the answer must define, by default the first name that is imported from it and
called. ``prompt`` is the task's text, or code the answer is the continuation of; ``isolation`` is ``split`` or
``shared``, see `testcases.model.Problem`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.model import Problem, PytestTest
from testcases.source.entry_points import find_called_name, find_imported_name
from testcases.source.parsing import find_prompt_code, parse
from testcases.source.pytest_unsupported import parse_suite

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["KEYS", "NAME", "looks_like_test_file", "problem_from_test_file", "read"]


_TEST_DEFINITION: Final = re.compile(
    r"^(?:async\s+)?def\s+test|^class\s+\w+\s*\([^)]*TestCase\s*\)|^class\s+Test\w*", re.MULTILINE
)
_CHECK_DEFINITION: Final = re.compile(r"^def\s+check\s*\(", re.MULTILINE)


def looks_like_test_file(source: str) -> bool:
    """Whether a text looks like a test file, and not like one that defines ``check(candidate)``."""
    return _TEST_DEFINITION.search(source) is not None and _CHECK_DEFINITION.search(source) is None


def problem_from_test_file(
    source: str,
    field: str,
    *,
    format_name: str,
    entry_point: str | None = None,
    module: str = "solution",
    prompt: str = "",
    isolation: Literal["split", "shared"] = "split",
) -> Problem:
    """The problem that a test file says.

    Args:
        source: the file.
        field: where it is.
        format_name: the format it was found in.
        entry_point: what the answer must define; ``None`` takes the first name that the file imports from the answer
            and calls, else one that it uses and does not define.
        module: name by which the file imports the answer.
        prompt: the task's text, or code the answer is the continuation of.
        isolation: see `testcases.model.Problem`.

    Raises:
        InvalidFieldError: the file is no Python, defines no test, or asks nothing of the answer.
    """
    tree = parse_suite(source, field, shared=isolation == "shared")
    name = entry_point or find_imported_name(module, [tree]) or find_called_name([tree], parse("", field))
    if name is None:
        raise InvalidFieldError(field, f"imports nothing from {module} and uses no name of the answer's")
    return Problem(
        (PytestTest(source, module),),
        entry_point=name,
        prompt=find_prompt_code(prompt, entry_point=name),
        isolation=isolation,
        format_name=format_name,
    )


NAME: Final = "pytest"
KEYS: Final = (frozenset({"pytest"}),)


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    isolation = fields.text_or("isolation", "split")
    if isolation not in {"split", "shared"}:
        raise InvalidFieldError("isolation", "must be split or shared")
    return problem_from_test_file(
        fields.text("pytest"),
        "pytest",
        format_name=NAME,
        entry_point=fields.name_or("entry_point", None),
        module=fields.name_or("module", "solution"),
        prompt=fields.text_or("prompt", prompt),
        isolation="shared" if isolation == "shared" else "split",
    )
