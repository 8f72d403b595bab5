"""open-r1's Codeforces sets: programs with ``official_tests``, and a checker where several outputs are right.

``official_tests`` is a list of ``input`` and ``output``. ``generated_checker`` is a Python program that reads the
names of three files from its arguments (input, expected output, output of the answer) and prints 1 for a right output.
It runs with these files in memory. ``time_limit`` (seconds) and ``memory_limit`` (megabytes) are limits for compiled
languages. Interactive problems, and those that read files, are refused.
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.contest_limits import contest_limits, parse_megabytes, parse_seconds
from testcases.formats.fields import Fields
from testcases.formats.io_tests import TOKEN_COMPARISON, program_text
from testcases.model import Comparison, Problem, StdinTest
from testcases.source.parsing import parse

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "codeforces"
KEYS: Final = (frozenset({"official_tests"}),)

# The program ends with sys.exit() where it likes. What it prints last decides; its score is between 0 and 1.
_CHECKER = """
_SOURCE = {source!r}


def checker(given, expected, got):
    import builtins, contextlib, io, sys

    files = {{"input.txt": given, "expected.txt": expected, "output.txt": got}}

    def open_file(name, mode="r", *_, **__):
        if name not in files or set(mode) - set("rt"):
            raise FileNotFoundError(name)
        return io.StringIO(files[name])

    printed, argv = io.StringIO(), sys.argv
    names = {{**vars(builtins), "open": open_file}}
    sys.argv = ["checker", *files]
    try:
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(_SOURCE, "<generated checker>", "exec"), {{"__name__": "__main__", "__builtins__": names}})
            except SystemExit:
                pass
    finally:
        sys.argv = argv
    words = printed.getvalue().split()
    return bool(words) and float(words[-1]) >= 1
"""


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    row = Fields(reference)
    if row.text_or("interaction_format", ""):
        raise InvalidFieldError(row.path("interaction_format"), "is set: interactive problems cannot be graded")
    if row.text_or("input_mode", "stdio") != "stdio":
        raise InvalidFieldError(row.path("input_mode"), "must be stdio")
    tests = []
    for index, item in enumerate(row.items("official_tests")):
        test = Fields(item, f"{row.path('official_tests')}[{index}]")
        tests.append(
            StdinTest(
                program_text(test.value("input"), test.path("input")),
                program_text(test.value("output"), test.path("output")),
            )
        )
    seconds, megabytes = row.value_or_none("time_limit"), row.value_or_none("memory_limit")
    limits = contest_limits(parse_seconds(seconds), parse_megabytes(megabytes))
    return Problem(tuple(tests), comparison=_comparison(row), limits=limits, format_name=NAME)


def _comparison(row: Fields) -> Comparison:
    source = row.text_or("generated_checker", "")
    if not source.strip():
        return TOKEN_COMPARISON
    parse(source, row.path("generated_checker"))
    return Comparison(checker=_CHECKER.format(source=source))
