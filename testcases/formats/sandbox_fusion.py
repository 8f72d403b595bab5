"""Rows of SandboxFusion's own data sets: ``test``, with ``labels`` beside it.

``test``, or JSON text of it, is a list of programs (``input.stdin`` and ``output.stdout``), or an object with a test
script in ``code``. ``labels`` may name the ``programming_language``, which must be Python. All other fields of a row
are ignored.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.fields import Fields
from testcases.formats.io_tests import TOKEN_COMPARISON, program_text
from testcases.formats.script import problem_from_script
from testcases.model import Problem, StdinTest

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "sandbox_fusion"
KEYS: Final = (frozenset({"test", "labels"}),)


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    labels = row.object("labels")
    language = labels.text_or(labels.first("programming_language", "language"), "python")
    if not language.lower().startswith("py"):
        raise InvalidFieldError(labels.path("programming_language"), f"must be python, not {language[:40]!a}")
    tests, path = row.json("test"), row.path("test")
    if isinstance(tests, dict):
        holder = Fields(tests, path)
        return problem_from_script(holder.text("code"), holder.path("code"), row, prompt=prompt, format_name=NAME)
    programs = []
    for index, item in enumerate(row.items("test")):
        test = Fields(item, f"{path}[{index}]")
        given, output = test.object("input"), test.object("output")
        programs.append(
            StdinTest(
                program_text(given.value("stdin"), given.path("stdin")),
                program_text(output.value("stdout"), output.path("stdout")),
            )
        )
    return Problem(tuple(programs), comparison=TOKEN_COMPARISON, format_name=NAME)
