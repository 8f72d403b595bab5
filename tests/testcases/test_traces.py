"""Which test code may share a process with that of other problems."""

from __future__ import annotations

import pytest

from testcases.exam import leaves_no_traces
from testcases.formats import read_reference
from testcases.traces import leaves_traces

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
    assert not leaves_traces(source)


@pytest.mark.parametrize("source", TELLTALE)
def test_code_that_reaches_further_may_leave_traces(source: str) -> None:
    assert leaves_traces(source)


def test_one_telltale_line_of_a_problem_is_enough() -> None:
    tests = [{"assert": "assert f(1) == 1"}]
    assert leaves_no_traces(read_reference({"entry_point": "f", "tests": tests}))
    assert not leaves_no_traces(read_reference({"entry_point": "f", "tests": tests, "setup": "import sys"}))
