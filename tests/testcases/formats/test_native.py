import json
import re
from typing import Any

import pytest

from testcases.errors import InvalidFieldError
from testcases.formats import read_reference
from testcases.model import (
    ASK_ORACLE,
    AssertTest,
    CallTest,
    CheckTest,
    Comparison,
    Problem,
    ProblemLimits,
    PytestTest,
    StdinTest,
)
from testcases.source.counting import count_all_tests

CHECK = "def check(candidate):\n    assert candidate(1) == 1\n    assert candidate(2) == 2\n"
CHECKER = "def checker(given, expected, got):\n    return got == expected\n"
SUITE = "from answer import g, f\n\n\ndef test_f():\n    assert f(1) == 2\n"
ONE = {"args": [1], "expected": 1}


def native(**fields: Any) -> dict[str, Any]:
    return {"entry_point": "f", "tests": [ONE], **fields}


def test_every_field() -> None:
    reference = {
        "format": "native",
        "entry_point": "f",
        "tests": [
            {
                "args": [1, [2]],
                "kwargs": {"key": 3},
                "expected": {"a": None},
                "function": "g",
                "weight": 2,
                "group": "a",
            },
            {"args": [1], "one_of": [None, [1]], "compare": {"mode": "set"}},
            {"args": [1]},
            {"expected": None},
            {"stdin": "1\n", "stdout": "2\n"},
            {"stdin": "1\n", "one_of": ["2", "3"], "compare": {"checker": CHECKER}},
            {"assert": "assert f(1) == 1", "weight": 0.5},
            {"check": CHECK},
            {"pytest": SUITE, "module": "answer"},
        ],
        "prompt": "import math\n",
        "setup": "import random",
        "oracle": "def f(x):\n    return x\n",
        "limits": {"cpu_s": 1, "total_cpu_s": 2.5, "memory_mb": 64, "output_kb": 8},
        "compare": {"mode": "unordered", "float_abs": 0, "float_rel": 1e-9},
        "allow_imports": ["numpy.linalg", "pandas"],
        "isolation": "shared",
    }
    problem = read_reference(reference)
    assert problem == Problem(
        tests=(
            CallTest((1, [2]), {"a": None}, {"key": 3}, "g", weight=2.0, group="a"),
            CallTest((1,), None, alternatives=([1],), comparison=Comparison("set")),
            CallTest((1,), ASK_ORACLE),
            CallTest((), None),
            StdinTest("1\n", "2\n"),
            StdinTest("1\n", "2", ("3",), Comparison(checker=CHECKER)),
            AssertTest("assert f(1) == 1", weight=0.5),
            CheckTest(CHECK),
            PytestTest(SUITE, "answer"),
        ),
        entry_point="f",
        prompt="import math\n",
        setup="import random",
        oracle="def f(x):\n    return x\n",
        comparison=Comparison("unordered", 0.0, 1e-9),
        limits=ProblemLimits(1.0, 2.5, 64, 8),
        allow_imports=("numpy.linalg", "pandas"),
        isolation="shared",
        format_name="native",
    )
    assert count_all_tests(problem) == 10
    assert read_reference(json.dumps(reference)) == problem


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"tests": []}, "tests", "must not be empty"),
        ({"tests": None}, "tests", "must be a list|valid list|is missing"),
        ({"tests": {"args": []}, "format": "native"}, "tests", "list"),
        ({"tests": "[]", "format": "native"}, "tests", "list"),
        ({"tests": [ONE, 5]}, "tests[1]", "must be an object, not int"),
        ({"tests": [{}]}, "tests[0]", "has no field of any kind of test"),
        ({"tests": [{"asert": "assert f()"}]}, "tests[0]", "it has 'asert'"),
        ({"tests": [{"stdin": "", "stdout": "", "expected": 1}]}, "tests[0]", "mixes fields"),
        ({"tests": [{"args": [1]}]}, "tests[0].expected", "is missing"),
        ({"tests": [ONE, ONE, ONE, {"args": 5, "expected": 1}]}, "tests[3].args", "must be a list"),
        ({"tests": [{"args": "ab", "expected": 1}]}, "tests[0].args", "must be a list"),
        ({"tests": [{"kwargs": [1], "expected": 1}]}, "tests[0].kwargs", "dict"),
        ({"tests": [{"kwargs": {1: 1}, "expected": 1}]}, "tests[0].kwargs[1]", "string"),
        ({"tests": [{"function": "a b", "expected": 1}]}, "tests[0].function", "name of a Python function"),
        ({"tests": [{**ONE, "expcted": 1}]}, "tests[0].expcted", "is not a field"),
        ({"tests": [{"expected": object()}]}, "tests[0].expected", "type object, which is not plain data"),
        ({"tests": [{"expected": lambda: 0}]}, "tests[0].expected", "type function"),
        ({"tests": [{"expected": [{1: {2.5, (b"", object())}}]}]}, "tests[0].expected", "type object"),
        ({"tests": [{"args": [object()], "expected": 1}]}, "tests[0].args", "not plain data"),
        ({"tests": [{"kwargs": {"a": object()}, "expected": 1}]}, "tests[0].kwargs", "not plain data"),
        ({"tests": [{"stdin": "1"}]}, "tests[0].stdout", "is missing"),
        ({"tests": [{"stdin": 1, "stdout": "1"}]}, "tests[0].stdin", "string"),
        ({"tests": [{"stdin": "\ud800", "stdout": "1"}]}, "tests[0].stdin", "surrogate"),
        ({"tests": [{"stdin": "", "stdout": "\ud800"}]}, "tests[0].stdout", "surrogate"),
        ({"tests": [{"assert": "assert f( == 1"}]}, "tests[0].assert", "not valid Python"),
        ({"tests": [{"assert": "f(1) == 1"}]}, "tests[0].assert", "asserts nothing"),
        ({"tests": [{"assert": ""}]}, "tests[0].assert", "asserts nothing"),
        ({"tests": [{"check": "assert f(1) == 1"}]}, "tests[0].check", "must define check"),
        ({"tests": [{"pytest": "x ="}]}, "tests[0].pytest", "not valid Python"),
        ({"tests": [{"pytest": "def check(): pass"}]}, "tests[0].pytest", "defines no test"),
        ({"tests": [{"pytest": SUITE, "module": "a b"}]}, "tests[0].module", "name of a Python"),
        ({"isolation": "none"}, "isolation", "'split' or 'shared'"),
        ({"tests": [{**ONE, "weight": 0}]}, "tests[0].weight", "greater than or equal to 0.001"),
        ({"tests": [{**ONE, "weight": float("nan")}]}, "tests[0].weight", "finite"),
        ({"tests": [{**ONE, "group": ""}]}, "tests[0].group", "at least 1"),
        ({"tests": [{**ONE, "group": "\ud800"}]}, "tests[0].group", "surrogate"),
        ({"tests": [{**ONE, "weight": 10**400}]}, "tests[0].weight", "less than or equal to 1000"),
        ({"limits": {"cpu_s": 10**400}}, "limits.cpu_s", "finite"),
        ({"tests": [{**ONE, "one_of": [1]}]}, "tests[0].one_of", "takes the place of expected"),
        ({"tests": [{"one_of": [object()]}]}, "tests[0].one_of", "not plain data"),
        ({"tests": [{"one_of": []}]}, "tests[0].one_of", "must not be empty|at least 1"),
        ({"tests": [{"stdin": "", "stdout": "", "one_of": [""]}]}, "tests[0].one_of", "takes the place of stdout"),
        ({"tests": [{"stdin": "", "one_of": ["", "\ud800"]}]}, "tests[0].one_of[1]", "surrogate"),
        ({"tests": [{"stdin": "", "one_of": ["", 1]}]}, "tests[0].one_of[1]", "string"),
        ({"tests": [{**ONE, "compare": {"mode": "x"}}]}, "tests[0].compare.mode", "'exact'"),
        ({"tests": [{**ONE, "compare": {"checker": "def f(): 0"}}]}, "tests[0].compare.checker", "must define checker"),
        ({"tests": [{"assert": "assert f(1)", "compare": {}}]}, "tests[0].compare", "is not a field"),
        ({"compare": {"checker": "def checker("}}, "compare.checker", "not valid Python"),
        ({"oracle": "def f("}, "oracle", "not valid Python"),
        ({"oracle": "x = 1", "tests": [{"args": [1]}]}, "tests[0].expected", "is missing"),
        ({"entry_point": 5}, "entry_point", "string"),
        ({"entry_point": "1f"}, "entry_point", "name of a Python function"),
        ({"entry_point": "class"}, "entry_point", "name of a Python function"),
        ({"entry_point": None}, "entry_point", "is missing, and tests.0. needs it"),
        ({"entry_point": None, "tests": [{"check": CHECK}]}, "entry_point", "is missing"),
        ({"entry_point": None, "tests": [{"assert": "assert 1 == 1"}]}, "entry_point", "call no function"),
        ({"entrypoint": "f"}, "entrypoint", "is not a field"),
        ({"two\nlines": 1}, "'two\\nlines'", "is not a field"),
        ({"prompt": 1}, "prompt", "string"),
        ({"setup": "import"}, "setup", "not valid Python"),
        ({"limits": []}, "limits", "must be an object|dict"),
        ({"limits": {"cpu_s": 0}}, "limits.cpu_s", "greater than 0"),
        ({"limits": {"cpu_s": "5"}}, "limits.cpu_s", "number"),
        ({"limits": {"cpu_s": float("inf")}}, "limits.cpu_s", "finite"),
        ({"limits": {"cpu_s": float("nan")}}, "limits.cpu_s", "finite|greater"),
        ({"limits": {"total_cpu_s": True}}, "limits.total_cpu_s", "number"),
        ({"limits": {"memory_mb": 0}}, "limits.memory_mb", "greater than or equal to 1"),
        ({"limits": {"memory_mb": 1.5}}, "limits.memory_mb", "integer"),
        ({"limits": {"output_kb": True}}, "limits.output_kb", "integer"),
        ({"limits": {"cpu": 1}}, "limits.cpu", "is not a field"),
        ({"compare": {"mode": "fuzzy"}}, "compare.mode", "'exact', 'tokens', 'unordered' or 'set'"),
        ({"compare": {"float_abs": -1e-9}}, "compare.float_abs", "greater than or equal to 0"),
        ({"compare": {"float_rel": float("inf")}}, "compare.float_rel", "finite"),
        ({"allow_imports": "numpy"}, "allow_imports", "must be a list"),
        ({"allow_imports": ["numpy", "a b"]}, "allow_imports[1]", "name of a module"),
        ({"allow_imports": ["numpy", 1]}, "allow_imports[1]", "string"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_field_is_named(fields: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(InvalidFieldError, match=said) as caught:
        read_reference(native(**fields))
    assert caught.value.field == path
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_nulls_that_a_table_filled_in_count_as_absent() -> None:
    columns = dict.fromkeys(["args", "kwargs", "expected", "function", "stdin", "stdout", "assert", "check"])
    problem = read_reference(
        {
            **native(prompt=None, setup=None, limits=None, allow_imports=None, format=None),
            "compare": {"mode": None, "float_abs": 0.5, "float_rel": None},
            "tests": [
                {**columns, "args": [1], "expected": 2},
                {**columns, "args": [1]},
                {**columns, "stdin": "", "stdout": ""},
                {**columns, "assert": "assert f(1)"},
                columns,
            ],
        }
    )
    assert problem.tests == (
        CallTest((1,), 2),
        CallTest((1,), None),
        StdinTest("", ""),
        AssertTest("assert f(1)"),
        CallTest((), None),
    )
    assert problem.comparison == Comparison(float_abs=0.5)


@pytest.mark.parametrize(
    ("tests", "entry_point"),
    [
        ([{"stdin": "", "stdout": ""}], None),
        ([{"function": "g", "expected": 1}], "g"),
        ([{"assert": "assert math.sqrt(g(4)) == 2"}], "g"),
        ([{"pytest": SUITE, "module": "answer"}], "f"),
        ([{"pytest": SUITE.replace("f(1)", "g.f"), "module": "answer"}], "g"),
        ([{"pytest": "class TestIt:\n    def test_it(self): assert g(1) == math.sqrt(2)"}], "g"),
    ],
)
def test_an_entry_point_that_the_tests_name(tests: list[Any], entry_point: str | None) -> None:
    assert read_reference({"tests": tests, "setup": "import math"}).entry_point == entry_point


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("def f(x):\n    '''Do it.'''\n", "def f(x):\n    '''Do it.'''\n"),
        ("from math import pi", "from math import pi"),
        ("Write a function f.", ""),
        ("Write", ""),
        ("", ""),
        ("Complete:\n```python\nimport math\n```\nPlease.", "import math\n"),
    ],
)
def test_only_the_code_of_a_prompt_is_kept(prompt: str, code: str) -> None:
    assert read_reference(native(prompt=prompt)).prompt == code


def test_values_that_json_cannot_say() -> None:
    values = [(1, 2), {3}, frozenset({4}), b"5", 6j, float("inf"), {7: (8,)}]
    (test,) = read_reference(native(tests=[{"args": values, "expected": values}])).tests
    assert isinstance(test, CallTest)
    assert test.args == tuple(values)
    assert list(map(type, test.expected)) == list(map(type, values))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os\nimport threading\ndef test_a(): pass", "line 2: module threading: starts threads"),
        ("import pytest\n@pytest.mark.skip\ndef test_a(): pass", "defines no test"),
    ],
)
def test_a_suite_that_cannot_be_split_is_an_error_of_its_field(source: str, message: str) -> None:
    reference = {"entry_point": "f", "tests": [{"assert": "assert f(1)"}, {"pytest": source}]}
    with pytest.raises(InvalidFieldError, match=re.escape(message)) as caught:
        read_reference(reference)
    assert caught.value.field == "tests[1].pytest"
    in_one = {**reference, "isolation": "shared"}
    if "threads" in message:
        assert '; isolation "shared" can run it' in str(caught.value)
        assert read_reference(in_one).isolation == "shared"
    else:
        assert "can run it" not in str(caught.value)
        with pytest.raises(InvalidFieldError, match=re.escape(message)):
            read_reference(in_one)
