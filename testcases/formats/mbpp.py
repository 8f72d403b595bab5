"""MBPP, sanitized MBPP, MBPP+: a list of assertions.

``test_list`` holds one ``assert`` statement an item; each is one test. ``test_setup_code`` (text) or ``test_imports``
(a list of lines) run before each. The entry point is the function that the assertions call, unless ``entry_point``
names it. All other fields are ignored, among them ``challenge_test_list``.

MBPP+ in this format also has a script in ``test`` with all inputs and results. Its tests replace those in
``test_list``, which are among them; see `testcases.formats.evalplus_scripts`. As EvalPlus itself ships it, it has
another format (`testcases.formats.evalplus`).
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.evalplus_scripts import read_script
from testcases.formats.fields import Fields, check_text
from testcases.model import AssertTest, Problem
from testcases.source.entry_points import find_called_name
from testcases.source.parsing import parse, parse_assertion

__all__ = ["KEYS", "NAME", "read"]

NAME: Final = "mbpp"
KEYS: Final = (frozenset({"test_list"}),)


def read(reference: Any, *, prompt: str) -> Problem:  # noqa: ARG001  # all formats are called alike
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    setup = _setup(fields)
    tests = {
        f"test_list[{index}]": check_text(item, f"test_list[{index}]")
        for index, item in enumerate(fields.items("test_list"))
    }
    trees = [parse_assertion(source, path) for path, source in tests.items()]
    entry_point = fields.name_or("entry_point", None) or find_called_name(trees, parse(setup, "test_setup_code"))
    if entry_point is None:
        raise InvalidFieldError("test_list", "calls no function of the answer")
    if fields.has("test"):
        return _with_script(fields.text("test"), entry_point, setup)
    return Problem(tests=tuple(map(AssertTest, tests.values())), entry_point=entry_point, setup=setup, format_name=NAME)


def _with_script(source: str, entry_point: str, setup: str) -> Problem:
    script = read_script(parse_assertion(source, "test"), entry_point)
    if script is None:
        return Problem(tests=(AssertTest(source),), entry_point=entry_point, setup=setup, format_name=NAME)
    oracle = f"{setup}\n\n{script.oracle}" if script.oracle else ""
    return Problem(tests=script.tests, entry_point=entry_point, oracle=oracle, setup=setup, format_name=NAME)


def _setup(fields: Fields) -> str:
    imports = fields.value("test_imports") if fields.has("test_imports") else []
    if not isinstance(imports, (list, tuple)):
        imports = [imports]
    lines = [check_text(line, f"test_imports[{index}]") for index, line in enumerate(imports)]
    return "\n".join(part for part in (*lines, fields.text_or("test_setup_code", "")) if part)
