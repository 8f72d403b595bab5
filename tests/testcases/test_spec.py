"""A problem in the form in which it travels."""

from __future__ import annotations

import pytest

from sandbox.wire.values import decode, encode
from testcases.model import (
    ASK_ORACLE,
    AssertTest,
    CallTest,
    CheckTest,
    Comparison,
    Problem,
    PytestTest,
    StdinTest,
    Test,
)
from testcases.spec import build_spec, leaves_no_trace

CHECK = "def check(candidate):\n    assert candidate(1) == 2\n"
CHECKER = "def checker(given, expected, got):\n    return got == expected\n"
SUITE = "from answer import f\n\n\ndef test_f():\n    assert f(1) == 2\n"


def test_has_everything_that_conducting_it_takes() -> None:
    problem = Problem(
        (
            CallTest((1, [2]), {"a": (3,)}, {"key": None}, function="g", alternatives=(4,)),
            CallTest((), 1, comparison=Comparison(checker=CHECKER)),
            CallTest((2,), ASK_ORACLE),
            StdinTest("in", "out", ("or",)),
            StdinTest("", "", comparison=Comparison("tokens"), weight=2.0, group="a"),
            StdinTest("", "", comparison=Comparison(checker=CHECKER)),
            AssertTest("assert f(1)"),
            CheckTest(CHECK),
            PytestTest(SUITE, "answer"),
        ),
        entry_point="f",
        prompt="import math",
        setup="x = 1",
        comparison=Comparison("unordered", 0.5, 0.25),
        oracle="def f(): ...",
        isolation="shared",
    )
    assert build_spec(problem) == {
        "entry_point": "f",
        "prompt": "import math",
        "prompt_code": "from __future__ import annotations\nimport math",
        "header": "none",
        "setup": "x = 1",
        "oracle": "def f(): ...",
        "isolation": "shared",
        "stub": False,
        "tests": [
            ["call", "g", [1, [2]], {"key": None}, [{"a": (3,)}, 4], 0],
            ["call", None, [], {}, [1], 1],
            ["call", None, [2], {}, None, 0],
            ["stdin", "in", ["out", "or"], 0],
            ["stdin", "", [""], 2],
            ["stdin", "", [""], 1],
            ["assert", "assert f(1)"],
            ["check", CHECK],
            ["pytest", SUITE, "answer"],
        ],
        "comparisons": [["unordered", 0.5, 0.25, ""], ["exact", 0.0, 0.0, CHECKER], ["tokens", 0.0, 0.0, ""]],
    }


def test_says_nothing_where_there_is_nothing() -> None:
    spec = build_spec(Problem((StdinTest("", ""),)))
    assert spec == {
        "entry_point": None,
        "prompt": "",
        "prompt_code": "",
        "header": "none",
        "setup": "",
        "oracle": "",
        "isolation": "split",
        "stub": False,
        "tests": [["stdin", "", [""], 0]],
        "comparisons": [["exact", 0.0, 0.0, ""]],
    }


@pytest.mark.parametrize(
    "test",
    [
        CallTest((1, (2, {3}), {(4, 5): b"6"}), frozenset({1j}), {"k": [float("inf")]}),
        CallTest((), 10**6000, alternatives=(None, True)),
        StdinTest("\ud800\n", "\udcff"),
        AssertTest("assert f('\ud800')"),
    ],
)
def test_crosses_as_it_is(test: Test) -> None:
    spec = build_spec(Problem((test,), entry_point="f"))
    assert decode(encode(spec)) == spec


def test_data_alone_leaves_no_traces() -> None:
    tests = CallTest((1,), 2), StdinTest("a", "b")
    assert leaves_no_trace(Problem(tests, entry_point="f"))
    assert leaves_no_trace(Problem(tests, entry_point="f", prompt="import sys"))  # which only the answer meets


@pytest.mark.parametrize("field", ["prompt", "setup", "assert", "check", "pytest", "checker", "own checker", "oracle"])
def test_code_that_changes_modules_leaves_traces_wherever_it_is(field: str) -> None:
    trace = "import math\nmath.pi = 3\n"
    tests: tuple[Test, ...] = (CallTest((1,), 2), AssertTest("assert f(1)"))
    if field == "assert":
        tests += (AssertTest(trace + "assert f(1)"),)
    elif field == "check":
        tests += (CheckTest(trace + CHECK),)
    elif field == "pytest":
        tests += (PytestTest(trace + SUITE),)
    elif field == "own checker":
        tests += (StdinTest("", "", comparison=Comparison(checker=trace)),)
    problem = Problem(
        tests,
        entry_point="f",
        prompt=trace * (field == "prompt"),
        setup=trace * (field == "setup"),
        oracle=trace * (field == "oracle"),
        comparison=Comparison(checker=trace * (field == "checker")),
    )
    assert not leaves_no_trace(problem)
