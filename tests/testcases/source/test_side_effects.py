"""Which test code may share a process with that of other problems."""

from __future__ import annotations

import pytest

from testcases.formats import read_reference
from testcases.source.side_effects import has_side_effects
from testcases.spec import leaves_no_side_effects, mentions_mocks

HARMLESS = [
    "assert add(1, 2) == 3",
    "import math\ndef check(candidate):\n    for i in range(3):\n        assert math.isclose(candidate(i), i)",
    "from collections import Counter\nassert Counter(f('aab')) == {'a': 2, 'b': 1}",
    "import random\nassert f(random.randint(1, 5)) > 0",
    "class Node:\n    def __init__(self, value):\n        self.value = value\nassert f(Node(1)) == 1",
    "x = [1]\nx[0] = 2\nassert f(x) == 2",
]
TELLTALE = [
    "import sys\nsys.setrecursionlimit(10)",
    "import os\nassert f(os.getcwd())",
    "import math\nmath.pi = 3",
    "from decimal import getcontext\ngetcontext().prec = 3",
    "import decimal",
    "setattr(list, 'x', 1)",
    "import json\nfor json.x in [1]:\n    pass",
    "import math\nmath.__dict__['pi'] = 3",
    "exec('import sys')",
    "open('x', 'w')",
    "import atexit, math",
    "del math.pi",
    "__builtins__['len'] = abs",
    "this is no Python",
]


@pytest.mark.parametrize("source", HARMLESS)
def test_code_that_keeps_to_its_namespace_leaves_no_traces(source: str) -> None:
    assert not has_side_effects(source)


@pytest.mark.parametrize("source", TELLTALE)
def test_code_that_reaches_further_may_leave_traces(source: str) -> None:
    assert has_side_effects(source)


@pytest.mark.parametrize(
    "place",
    [
        "@{}\ndef g(): pass", "def g(x={}): pass", "def g(*, x={}): pass", "def g(x: {}): pass", "def g() -> {}: pass",
        "class C({}): pass", "class C(metaclass={}): pass", "x = lambda y={}: y", "x = [y for y in {}]",
        "x = [y for y in z if {}]", "x = {{{}: 1}}", "x = f'{{{}}}'", "x = f'{{1:{{{}}}}}'", "x = y[{}:]", "x: {} = 1",
        "f(*{})", "f(**{})", "with {} as x: pass", "try: pass\nexcept {}: pass", "assert x, {}", "raise x from {}",
        "match x:\n    case y if {}: pass", "match {}:\n    case y: pass",
        "async def g():\n    async for x in {}: pass",
        "while x:\n    pass\nelse:\n    {}", "try: pass\nfinally: {}", "if (x := {}): pass", "def g():\n    yield {}",
    ],
)  # fmt: skip
def test_what_is_telltale_is_found_wherever_an_expression_can_stand(place: str) -> None:
    assert has_side_effects(place.format("setattr"))
    assert not has_side_effects(place.format("harmless"))


def test_one_telltale_line_of_a_problem_is_enough() -> None:
    tests = [{"assert": "assert f(1) == 1"}]
    assert leaves_no_side_effects(read_reference({"entry_point": "f", "tests": tests}))
    assert not leaves_no_side_effects(read_reference({"entry_point": "f", "tests": tests, "setup": "import sys"}))


@pytest.mark.parametrize("name", ["from unittest import mock", "import unittest.mock", "import unittest.mock as m"])
def test_a_problem_whose_answers_may_be_given_mocks_is_known_by_its_tests(name: str) -> None:
    suite = "from solution import f\ndef test_f():\n    assert f(1) == 1\n"
    assert not mentions_mocks(read_reference({"tests": [{"pytest": f"import sys\n{suite}"}]}))
    problem = read_reference({"tests": [{"pytest": f"{name}\n{suite}"}]})
    assert mentions_mocks(problem)
    assert not leaves_no_side_effects(problem)
