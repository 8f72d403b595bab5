"""HumanEval, HumanEval+: a check function and the prompt that the answer completes.

``test`` is Python that defines ``check(candidate)``. ``prompt`` is the code to complete; the tests of some tasks use
its helpers. If the row has no prompt, that of the sample is used, if it contains code that defines the entry point,
bare or in a fenced block. All other fields of a row are ignored.

LeetCodeDataset has this format, too, with ``Solution().method`` as the entry point. Its prompt holds imports and helper
classes, which run before the answer.

HumanEval+ in this format has a script with all inputs and results, see `testcases.formats.evalplus_scripts`. As
EvalPlus itself ships it, it has another format (`testcases.formats.evalplus`).
"""

from __future__ import annotations

from typing import Any, Final

from testcases.errors import InvalidFieldError
from testcases.formats.evalplus import KEYS as EVALPLUS_KEYS
from testcases.formats.evalplus_scripts import read_script
from testcases.formats.fields import Fields, check_name
from testcases.formats.pytest_file import looks_like_test_file
from testcases.formats.script import method_name, prompt_of
from testcases.model import CheckTest, Problem
from testcases.source.parsing import find_prompt_code, parse_check
from testcases.source.prompts import runnable_prompt

__all__ = ["KEYS", "NAME", "fits", "read"]

NAME: Final = "humaneval"
KEYS: Final = (frozenset({"test", "entry_point"}),)


def fits(reference: Any) -> bool:
    """Return whether a reference with `KEYS` is of the format, by its outside."""
    if any(keys <= reference.keys() for keys in EVALPLUS_KEYS) and "canonical_solution" in reference:
        return False  # EvalPlus's own rows keep HumanEval's tests, too; their inputs include those of the tests
    return not isinstance(reference["test"], str) or not looks_like_test_file(reference["test"])


def read(reference: Any, *, prompt: str) -> Problem:
    """Make the problem.

    Raises:
        ProblemError: the reference cannot be read.
    """
    fields = Fields(reference)
    source = fields.text("test")
    tree = parse_check(source, "test")
    name = method_name(fields.text_or("entry_point", "") or None)
    if name is None:
        raise InvalidFieldError("entry_point", "is missing")
    entry_point = check_name(name, "entry_point")
    if "." in entry_point:
        return Problem(
            (CheckTest(source),), entry_point, prompt=prompt_of(fields, entry_point, prompt), format_name=NAME
        )
    script = read_script(tree, entry_point)
    prompt_code = find_prompt_code(fields.text_or("prompt", prompt), entry_point=entry_point)
    return Problem(
        tests=(CheckTest(source),) if script is None else script.tests,
        # A script runs after the prompt, whose imports its solution uses.
        oracle="" if script is None or not script.oracle else f"{runnable_prompt(prompt_code)}\n\n{script.oracle}",
        entry_point=entry_point,
        prompt=prompt_code,
        format_name=NAME,
    )
