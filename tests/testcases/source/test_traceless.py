"""Which test code may share a process with that of other answers."""

from __future__ import annotations

import builtins
import importlib
from types import ModuleType

import pytest

from sandbox.preload import SOLUTION_PRELOAD
from testcases.formats import read_reference
from testcases.source.traceless import MODULES, is_traceless
from testcases.spec import leaves_no_trace

TRACELESS = [
    "assert add(1, 2) == 3",
    "assert set(f([1, 2])) == {1, 2} and not f(()) or len(f([])) < 1, 'message'",
    "import math\ndef check(candidate):\n    for i in range(3):\n        assert math.isclose(candidate(i), i)",
    "from collections import Counter\nassert Counter(f('aab')) == {'a': 2, 'b': 1}",
    "x = [1]\nx[0] = 2\nassert f(x) == sorted([y for y in x if y])",
    "METADATA = {'author': 'jt'}\ndef check(f):\n    assert abs(f(3.5) - 0.5) < 1e-6",
    "from typing import List, Optional\ndef g(xs: List[float], y: Optional[int] = None) -> bool:\n    return True",
    "assert type(f(1)) is int and isinstance(f(1), int)",
    "assert ' '.join(f('a b')).split() == ['a', 'b']",
    "import math\ndef g(xs, x):\n    return sum([c * x**i for i, c in enumerate(xs)])\nassert g(f(1), 2) == 0",
    "",
]  # fmt: skip
NOT_TRACELESS = [
    "import sys\nsys.setrecursionlimit(10)", "import os\nassert f(os.getcwd())", "import math\nmath.pi = 3",
    "import math as m\nx = m\nassert f(x)", "from math import __dict__ as d\nd['pi'] = 3",
    "from typing import sys", "import typing\ntyping.sys", "from math import *", "import collections.abc",
    "from decimal import getcontext\ngetcontext().prec = 3", "import decimal",
    "import random\nassert f(random.random())",
    "setattr(list, 'x', 1)", "for f.x in [1]: pass", "import math\nmath.__dict__['pi'] = 3", "f.x = 1", "f.x += 1",
    "exec('import sys')", "open('x', 'w')", "del f", "del x[0]", "__builtins__['len'] = abs", "__record__ = 1",
    "class C: pass", "class C(ValueError):\n    pass", "assert (lambda: 1)()", "assert f(lambda x: x)", "print(1)",
    "try:\n    f(1)\nexcept ValueError:\n    pass", "with f(1): pass", "raise f(1)", "global x\nx = 1",
    "assert f(1)(2) == 3",
    "x = (y for y in [])\nx.gi_frame.f_builtins['len'] = abs", "f.__globals__['x'] = 1", "''.format(f)", "f(1).area()",
    "@f\ndef g(): pass", "async def g(): pass", "def g():\n    yield 1", "assert getattr(f, 'x')", "vars(f)", "input()",
    "type('C', (), {})", "x = type", "type(*x)", "match f(1):\n    case 1: pass", "this is no Python", "assert f(1\0)",
]  # fmt: skip


@pytest.mark.parametrize("source", TRACELESS)
def test_code_of_the_grammar_leaves_no_trace(source: str) -> None:
    assert is_traceless([source])


@pytest.mark.parametrize("source", NOT_TRACELESS)
def test_all_other_code_may_leave_traces(source: str) -> None:
    assert not is_traceless([source])
    assert not is_traceless(["assert f(1) == 1", source])


@pytest.mark.parametrize(
    "place",
    [
        "def g(x={}): pass", "def g(*, x={}): pass", "def g(x: {}): pass", "def g() -> {}: pass", "x = [y for y in {}]",
        "x = [y for y in z if {}]", "x = {{{}: 1}}", "x = f'{{{}}}'", "x = f'{{1:{{{}}}}}'", "x = y[{}:]", "x: {} = 1",
        "f(*{})", "f(**{})", "assert x, {}", "while x:\n    pass\nelse:\n    {}", "if (x := {}): pass", "x[{}] = 1",
        "def g():\n    return {}", "f(x={})", "x = 1 if {} else 2", "assert 1 < {} < 3", "(x, *y) = {}", "x += {}",
        "assert ''.join({})",
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_found_wherever_an_expression_can_stand(place: str) -> None:
    assert not is_traceless([place.format("setattr")])
    assert is_traceless([place.format("harmless")])


def test_a_module_that_one_source_imports_is_a_module_in_all() -> None:
    assert is_traceless(["import math as m", "assert m.floor(f(1)) == 1"])
    assert not is_traceless(["import math as m", "assert f(m)"])
    assert not is_traceless(["import math as m", "assert m.pop()"])


@pytest.mark.parametrize("name", MODULES)
def test_names_of_modules_are_harmless_and_loaded(name: str) -> None:
    module = importlib.import_module(name)
    assert name in SOLUTION_PRELOAD or name in {"__future__", "builtins"}
    for member in MODULES[name]:
        assert not isinstance(getattr(module, member, None), ModuleType)


def test_a_problem_is_traceless_by_all_of_its_code() -> None:
    tests = [{"assert": "assert f(1) == 1"}]
    assert leaves_no_trace(read_reference({"entry_point": "f", "tests": tests}))
    assert not leaves_no_trace(read_reference({"entry_point": "f", "tests": tests, "setup": "import sys"}))
    assert not leaves_no_trace(
        read_reference({"entry_point": "f", "tests": tests, "prompt": "import sys\ndef f(x): pass"})
    )


def test_plain_data_is_traceless_whatever_the_prompt_is() -> None:
    tests = [{"args": [1], "expected": 1}]
    assert leaves_no_trace(read_reference({"entry_point": "f", "tests": tests, "prompt": "import sys"}))
    assert leaves_no_trace(read_reference({"tests": [{"stdin": "1", "stdout": "1"}]}))


@pytest.mark.parametrize(
    "reference",
    [
        {"entry_point": "f", "pytest": "from solution import f\ndef test_f():\n    assert f(1) == 1\n"},
        {"entry_point": "f", "oracle": "def f(x): return x", "tests": [{"args": [1]}]},
        {"entry_point": "f", "tests": [{"args": [1], "expected": 1}],
         "compare": {"checker": "def checker(given, expected, got):\n    return True"}},
        {"entry_point": "f", "tests": [{"args": [1], "expected": 1,
         "compare": {"checker": "def checker(given, expected, got):\n    return True"}}]},
    ],
)  # fmt: skip
def test_suites_oracles_and_checkers_may_leave_traces(reference: dict[str, object]) -> None:
    assert not leaves_no_trace(read_reference(reference))


def test_no_builtin_is_allowed_that_reaches_further_than_data() -> None:
    allowed = {name for name in vars(builtins) if is_traceless([f"x = {name}"])}
    assert {"len", "sorted", "isinstance"} <= allowed
    assert not allowed & {"open", "exec", "eval", "compile", "getattr", "setattr", "delattr", "vars", "globals", "type"}
    assert not allowed & {"__import__", "input", "print", "object", "super", "memoryview", "property", "breakpoint"}
