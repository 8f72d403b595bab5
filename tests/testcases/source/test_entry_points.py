import ast
import json
from pathlib import Path

import pytest

from testcases.errors import InvalidFieldError
from testcases.source.entry_points import Signature, find_called_name, find_defined_function
from testcases.source.parsing import parse

MBPP = Path(__file__).parents[3].parent / "shared" / "data" / "sanitized-mbpp.json"


@pytest.mark.parametrize(
    ("tests", "setup", "name"),
    [
        (["assert add(1, 2) == 3"], "", "add"),
        (["assert set(f(1)) == set([1])"], "", "f"),
        (["assert math.isclose(f(1), 1.0)"], "import math", "f"),
        (["assert isclose(f(1), 1.0)"], "from math import isclose", "f"),
        (["assert near(f(1), 1.0)"], "def near(a, b):\n    return a == b", "f"),
        (["assert sorted(map(f, [1])) == [1]"], "", "f"),
        (["assert [g for g in f(1)] == g(1)"], "", "f"),
        (["x = f(1)\nassert x() == 1"], "", "f"),
        (["assert f(lambda h: h(1)) == 1"], "", "f"),
        (["assert Tree(1).size == 1"], "", "Tree"),
        (["assert make(1) == Point(1)", "assert make(2) == Point(2)"], "", "make"),
        (["assert Point(1) == make(1)", "assert make(2) is None"], "", "make"),
        (
            ["try:\n    f(1)\nexcept ValueError as error:\n    assert error.args\n    error.add_note(1)\n    error()"],
            "",
            "f",
        ),
        (["match f(1):\n    case [a, *b] | {'a': a, **b} as c:\n        assert a(b(c()))"], "", "f"),
        (["assert sum(1, 2) == 3"], "", "sum"),
        (["assert 1 == 1"], "", None),
        (["assert len"], "", None),
    ],
)
def test_the_function_that_tests_call(tests: list[str], setup: str, name: str | None) -> None:
    assert find_called_name([ast.parse(test) for test in tests], ast.parse(setup)) == name


@pytest.mark.skipif(not MBPP.exists(), reason=f"{MBPP.name} is not beside the repository")
def test_every_row_of_sanitized_mbpp_names_the_function_of_its_solution() -> None:
    rows = json.loads(MBPP.read_text())
    for row in rows:
        solution = parse(row["code"], "code")
        defined = {node.name for node in solution.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        setup = ast.parse("\n".join(row["test_imports"]))
        name = find_called_name([ast.parse(test) for test in row["test_list"]], setup)
        assert name in defined, row["task_id"]
    assert len(rows) == 427


@pytest.mark.parametrize(
    ("code", "signature"),
    [
        ("def f(a, b=1): pass", Signature("f", ("a", "b"), 1)),
        ("async def f(a, /, b, *rest, key, **more): pass", Signature("f", ("a", "b"), 2, ("key",), variadic=True)),
        ("import os\nX = 1\nclass Node: pass\ndef f(): pass", Signature("f", (), 0)),
        ("def helper(x): pass\ndef f(x): return helper(f(x))", Signature("f", ("x",), 1)),
        ("def f(x): return helper(x)\ndef helper(x): pass", Signature("f", ("x",), 1)),
        ("class Solution:\n    def f(self, a, b): pass\n    def _g(self): pass", Signature("f", ("a", "b"), 2)),
        ("class Solution:\n    @staticmethod\n    def f(a): pass", Signature("f", ("a",), 1)),
        (
            "class Solution:\n    def g(self, a): pass\n    def f(self, a): return self.g(a)",
            Signature("f", ("a",), 1),
        ),
    ],
)
def test_the_function_that_a_solution_is_there_to_define(code: str, signature: Signature) -> None:
    assert find_defined_function(code, "code") == signature


def test_of_several_the_prompt_or_the_reference_says_which() -> None:
    code = "def encode(s): pass\ndef decode(s): pass"
    assert find_defined_function(code, "code", prompt="Write `decode`.").name == "decode"
    assert find_defined_function(code, "code", name="encode").name == "encode"
    mutual = "def even(n): return odd(n)\ndef odd(n): return even(n)"
    assert find_defined_function(mutual, "code", prompt="Write a function even(n)").name == "even"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def f(:", "not valid Python"),
        ("\x00", "not valid Python"),
        ("'\ud800'", "not valid Python"),
        ("(" * 10_000, "not valid Python"),
        ("-" * 200_000 + "1", "not valid Python"),
        ("", "defines no function"),
        ("f = lambda: 0", "defines no function"),
        ("class Other:\n    def f(self): pass", "defines no function"),
        ("def encode(s): pass\ndef decode(s): pass", "several functions .encode, decode."),
    ],
    ids=range(9),
)
def test_a_solution_that_leaves_it_open(code: str, message: str) -> None:
    with pytest.raises(InvalidFieldError, match=message) as caught:
        find_defined_function(code, "code", prompt="Write encode and decode.")
    assert caught.value.field == "code"
    assert "\n" not in str(caught.value)


def test_a_function_that_the_solution_does_not_define() -> None:
    with pytest.raises(InvalidFieldError, match="does not define g"):
        find_defined_function("def f(): pass", "code", name="g")
