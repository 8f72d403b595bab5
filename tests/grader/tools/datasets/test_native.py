from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest

from grader.tools.datasets.reference_writer import to_native
from testcases.formats import read_reference
from testcases.model import Comparison, Problem

CHECKER = "def checker(given, expected, got):\n    return got == expected\n"


@pytest.mark.parametrize(
    "reference",
    [
        {"entry_point": "f", "tests": [{"args": [1], "expected": None}]},
        {"entry_point": "f", "tests": [{"args": [], "expected": 3}, {"kwargs": {"a": 1}, "expected": 3}]},
        {"tests": [{"function": "g", "args": [1], "expected": 3, "weight": 2.0, "group": "a"}], "entry_point": "g"},
        {"entry_point": "f", "tests": [{"args": [1], "one_of": [1, [2], None]}]},
        {"entry_point": "f", "tests": [{"args": [1], "expected": 1, "compare": {"mode": "set"}}]},
        {"entry_point": "f", "tests": [{"args": [1], "expected": 1, "compare": {}}], "compare": {"float_abs": 0.5}},
        {"entry_point": "f", "tests": [{"args": [1], "expected": 1}], "compare": {"checker": CHECKER}},
        {"entry_point": "f", "tests": [{"args": [1]}, {"args": []}], "oracle": "def f(x=1):\n    return x\n"},
        {"entry_point": "f", "tests": [{"kwargs": {"x": 1}}], "oracle": "def f(x=1):\n    return x\n"},
        {"tests": [{"stdin": "", "stdout": "x\n", "group": "a"}, {"stdin": "1", "one_of": ["a", "b"], "weight": 0.5}]},
        {"tests": [{"stdin": "", "stdout": "x\n", "compare": {"mode": "tokens"}}], "limits": {"cpu_s": 2.0}},
        {"entry_point": "f", "tests": [{"assert": "assert f(1)"}], "setup": "import math", "allow_imports": ["numpy"]},
        {
            "entry_point": "f",
            "tests": [{"check": "def check(c):\n    assert c(1)\n"}],
            "prompt": "def f(x):\n    pass\n",
        },
        {"tests": [{"pytest": "from solution import f\n\ndef test_f():\n    assert f(1)\n"}], "entry_point": "f"},
        {
            "tests": [{"pytest": "from mine import f\n\ndef test_f():\n    assert f(1)\n", "module": "mine"}],
            "entry_point": "f",
            "isolation": "shared",
        },
    ],
    ids=json.dumps,
)
def test_native_references_are_read_as_the_same_problem(reference: dict[str, Any]) -> None:
    problem = read_reference(reference)
    assert read_reference(json.loads(json.dumps(to_native(problem)))) == problem
    assert len(json.dumps(to_native(problem))) <= len(json.dumps(reference)) + len('"module": "solution", "args": [], ')


def test_no_field_of_a_problem_is_forgotten() -> None:
    written = {
        "tests",
        "entry_point",
        "prompt",
        "setup",
        "oracle",
        "comparison",
        "limits",
        "allow_imports",
        "needed_modules",
        "isolation",
        "header",
    }
    # A problem whose answers are values keeps the reference of its row: the native format is for code.
    assert {field.name for field in fields(Problem)} == written | {"format_name", "answer"}
    assert {field.name for field in fields(Comparison)} == {"mode", "float_abs", "float_rel", "checker"}
