"""Trees that several readers share: none of them changes one."""

from __future__ import annotations

import ast

import pytest

from testcases.source.instrumentation import compile_assertion, compile_test, count_assertions, instrument
from testcases.source.module_names import find_modules
from testcases.source.parsing import bound_names_in, defined_names, free_names, parse, try_parse
from testcases.source.prompts import runnable_prompt, stub_names
from testcases.source.shared_state import shares_state
from testcases.source.traceless import is_traceless
from testcases.stub.tracking import tracked

SOURCE = '''
"""Docstring."""
from __future__ import annotations
import math
from helpers import thing

LIMIT = thing(3)


def stub(x: int) -> int:
    """Do it."""


class Case:
    shared = []

    def test_it(self):
        try:
            assert candidate(LIMIT) is not None
        except ValueError as error:
            assert error
        self.shared.append(math.pi)


def check(candidate):
    x = [1, 2]
    assert candidate(x) == sorted(x)
    assert True
    for item in candidate(x):
        assert item
'''


@pytest.mark.parametrize(
    "read",
    [
        instrument, compile_assertion, compile_test, count_assertions, bound_names_in, free_names, runnable_prompt,
        stub_names, shares_state, tracked, lambda source: is_traceless([source]),
        lambda source: find_modules([source], None, {}), lambda source: defined_names(parse(source, "test")),
    ],
)  # fmt: skip
def test_no_reader_changes_the_tree_of_the_others(read: object) -> None:
    before = try_parse(SOURCE)
    assert before is not None
    assert before is try_parse(SOURCE)
    shape = ast.dump(before, include_attributes=True)
    assert callable(read)
    read(SOURCE)
    assert ast.dump(before, include_attributes=True) == shape
    assert try_parse(SOURCE) is before


def test_what_is_no_python_has_no_tree_however_often_it_is_asked_for() -> None:
    assert [try_parse("def") for _ in range(2)] == [None, None]
