"""Rows whose answers need modules that are not there are unscored; all other modules can be imported."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import GradeStatus, Sample
from sandbox.preload import SOLUTION_PRELOAD
from sandbox.wire.modules_on_demand import missing_modules

if TYPE_CHECKING:
    from grader.core.grader import Grader

UNITTEST = """
import unittest
class TestCases(unittest.TestCase):
    def test_a(self):
        self.assertEqual(task_func(1), 2)
"""
RIGHT = "import sqlite3\ndef task_func(x):\n    return x + 1\n"
NOT_TO_BE_IMPORTED = {"antigravity", "idlelib", "lib2to3", "this", "turtledemo"}
"""Modules that open a browser, print, or need seconds."""


def public_modules() -> list[str]:
    return sorted(name for name in sys.stdlib_module_names if name[0] != "_" and name not in NOT_TO_BE_IMPORTED)


def test_a_module_of_the_library_is_missing_if_and_only_if_no_answer_can_import_it(grader: Grader) -> None:
    names = public_modules()
    attempt = "    try:\n        import {0}\n    except ImportError:\n        missing.append({0!r})\n"
    imports = "".join(map(attempt.format, names))
    answer = f"def absent(n):\n    missing = []\n{imports}    return missing\n"
    reference = {
        "tests": [{"args": [0], "expected": list(missing_modules(names, SOLUTION_PRELOAD))}],
        "entry_point": "absent",
        "allow_imports": names,
    }
    (test,) = grader.grade(Sample("modules", f"```python\n{answer}```", reference)).tests
    assert test.verdict == "passed", test.detail
    assert {"sqlite3", "tkinter", "turtle", "curses"} <= set(missing_modules(names, SOLUTION_PRELOAD))


@pytest.mark.parametrize(
    ("reference", "named"),
    [
        ({"test": UNITTEST, "entry_point": "task_func", "libs": ["sqlite3", "json"]}, "sqlite3"),
        ({"test": UNITTEST, "entry_point": "task_func", "libs": "['no_such_package']"}, "no_such_package"),
        (
            {
                "test": UNITTEST,
                "class_name": "task_func",
                "import_statement": ["import json", "from sqlite3 import connect"],
            },
            "sqlite3",
        ),
        ({"tests": [{"args": [1], "expected": 2}], "entry_point": "task_func", "needed_modules": ["pandas"]}, "pandas"),
    ],
    ids=["BigCodeBench", "BigCodeBench, as text", "ClassEval", "native"],
)
def test_a_row_that_needs_a_missing_module_is_unscored_by_its_name(
    grader: Grader, reference: dict[str, Any], named: str
) -> None:
    for answer in (RIGHT, RIGHT.removeprefix("import sqlite3\n"), RIGHT.replace("+", "-")):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert grade.status is GradeStatus.UNSCORED
        assert f"answers need {named}, which the sandbox does not have (setting: preload)" in grade.reason


@pytest.mark.parametrize(
    ("libs", "test", "named"),
    [
        (["subprocess"], UNITTEST, "subprocess: starts processes"),
        (["socket", "json"], UNITTEST, "socket: needs a network"),
        (["ctypes"], UNITTEST.replace("import unittest", "import unittest  # patch('ctypes.CDLL')"), "ctypes: calls"),
    ],
)
def test_a_row_whose_answers_do_what_no_sandbox_does_is_unscored(
    grader: Grader, libs: list[str], test: str, named: str
) -> None:
    reference = {"test": test, "entry_point": "task_func", "libs": libs}
    grade = grader.grade(Sample("row", f"```python\n{RIGHT}```", reference))
    assert grade.status is GradeStatus.UNSCORED
    assert named in grade.reason


def test_what_the_tests_replace_is_no_hindrance(grader: Grader) -> None:
    test = """
import unittest
from unittest.mock import patch
class TestCases(unittest.TestCase):
    @patch("subprocess.run")
    def test_a(self, run):
        run.return_value.returncode = 3
        self.assertEqual(task_func("ls"), 3)
        run.assert_called_once_with(["ls"])
    @patch("smtplib.SMTP")
    def test_b(self, smtp):
        smtp.return_value.noop.return_value = 4
        self.assertEqual(task_func(""), 4)
"""
    reference = {"test": test, "entry_point": "task_func", "libs": json.dumps(["subprocess", "smtplib"])}
    right = (
        "import smtplib, subprocess\ndef task_func(name):\n"
        "    return subprocess.run([name]).returncode if name else smtplib.SMTP('host').noop()\n"
    )
    for answer, functional in ((right, 1.0), (right.replace("[name]", "name"), 0.5)):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert grade.metric("functional") == functional, grade.tests


def test_answers_to_bigcodebench_may_use_the_modules_that_the_tests_import(grader: Grader) -> None:
    test = UNITTEST.replace(
        "import unittest", "import math\nfrom os import path\nimport no_such_module\nimport unittest"
    )
    reference = {"test": test.replace("import no_such_module\n", ""), "entry_point": "task_func", "libs": ["math"]}
    right = "def task_func(x):\n    return math.floor(x + 1) if path.join('a', 'b') == 'a/b' else 0\n"
    own = "math = None\npath = None\ndef task_func(x):\n    return x + 1 if math is path is None else 0\n"
    for answer, functional in ((right, 1.0), (own, 1.0), (right.replace("+", "-"), 0.0)):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert grade.metric("functional") == functional, grade.reason


PROMPT = 'def task_func(x):\n    """Return x + 1."""\n'
CHECK = "def check(candidate):\n    assert candidate(1) == 2\n"


@pytest.mark.parametrize(
    "line", ["import no_such_package.part as np", "from no_such_package import a", "import json, no_such_package"]
)
def test_a_prompt_that_imports_a_missing_module_is_no_fault_of_the_answer(grader: Grader, line: str) -> None:
    reference = {"test": CHECK, "entry_point": "task_func", "prompt": f"{line}\n\n{PROMPT}"}
    for answer in (PROMPT + "    return x + 1\n", PROMPT + "    return x\n"):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert grade.status is GradeStatus.UNSCORED
        assert "answers need no_such_package, which the sandbox does not have (setting: preload)" in grade.reason


@pytest.mark.parametrize(
    "line",
    [
        "try:\n    import no_such_package\nexcept ImportError:\n    pass",
        "from .helpers import something",
        "import os.path, xml.etree.ElementTree, concurrent.futures, collections.abc",
        "from __future__ import annotations",
    ],
)
def test_what_a_prompt_can_do_without_keeps_no_answer_from_its_grade(grader: Grader, line: str) -> None:
    reference = {"test": CHECK, "entry_point": "task_func", "prompt": f"{line}\n\n{PROMPT}"}
    for answer, functional in ((PROMPT + "    return x + 1\n", 1.0), (PROMPT + "    return x\n", 0.0)):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason


def test_packages_in_the_header_of_a_site_are_optional(grader: Grader) -> None:
    reference = {
        "prompt": "import json\nimport numpy_of_the_site as np\nfrom sorted_of_the_site import SortedList\n",
        "entry_point": "Solution().inc",
        "test": "def check(candidate):\n    assert candidate(x = 1) == 2\n",
    }
    right = "class Solution:\n    def inc(self, x: int) -> int:\n        return json.loads(str(x)) + 1\n"
    for answer, functional in ((right, 1.0), (right.replace("+", "-"), 0.0), (right.replace("json", "np"), 0.0)):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason


LACKING = ["from collections import Nope", "import os.nope as Nope", "from typing import List, Nope"]
REFERENCES = {
    "check": {"test": CHECK, "entry_point": "task_func"},
    "calls": {"tests": [{"args": [1], "expected": 2}, {"args": [5], "expected": 6}], "entry_point": "task_func"},
    "pytest": {"pytest": "from solution import task_func\n\n\ndef test_one():\n    assert task_func(1) == 2\n"},
    "assertion": {"tests": [{"assert": "assert task_func(1) == 2"}], "entry_point": "task_func"},
}


@pytest.mark.parametrize("line", LACKING)
@pytest.mark.parametrize("name", REFERENCES)
def test_a_prompt_that_imports_what_a_module_lacks_takes_no_whole_answer_down(
    grader: Grader, name: str, line: str
) -> None:
    reference = REFERENCES[name] | {"prompt": f"{line}\n\n\n{PROMPT}"}
    own = "class Nope(int):\n    pass\n\n\n" + PROMPT + "    return Nope(x) + 1\n"
    for answer, functional in (
        (PROMPT + "    return x + 1\n", 1.0),
        (own, 1.0),
        (PROMPT + "    return x\n", 0.0),
        (PROMPT + "    return y\n", 0.0),
    ):
        grade = grader.grade(Sample("row", f"```python\n{answer}```", reference))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, functional), grade.reason


@pytest.mark.parametrize("line", LACKING)
@pytest.mark.parametrize("name", REFERENCES)
def test_an_answer_that_needs_what_the_prompt_cannot_import_is_unscored(grader: Grader, name: str, line: str) -> None:
    reference = REFERENCES[name] | {"prompt": f"{line}\n\n\n{PROMPT}"}
    for completion in ("    return x + 1\n", f"```python\n{PROMPT}    return Nope(x)\n```"):
        grade = grader.grade(Sample("row", completion, reference))
        assert grade.status is GradeStatus.UNSCORED, completion
        assert "nope" in grade.reason.lower()


@pytest.mark.parametrize("line", ["from functools import reduce", "import os.path as reduce"])
def test_an_import_of_the_prompt_that_works_excuses_no_answer(grader: Grader, line: str) -> None:
    reference = REFERENCES["calls"] | {"prompt": f"{line}\n\n\n{PROMPT}"}
    for answer in ("return reduce(x)", "raise ImportError('cannot import name reduce')", "return reduce and none_such"):
        grade = grader.grade(Sample("row", f"```python\n{PROMPT}    {answer}\n```", reference))
        assert (grade.status, grade.metric("functional")) == (GradeStatus.SCORED, 0.0), grade.reason


def test_a_helper_of_the_tests_that_needs_what_the_prompt_cannot_import_is_no_fault_of_the_answer(
    grader: Grader,
) -> None:
    prompt = f"from collections import Nope\n\n\ndef made():\n    return Nope()\n\n\n{PROMPT}"
    check = "def check(candidate):\n    assert candidate(1) == 2\n    assert candidate(Nope) == 2\n"
    reference = {"test": check, "entry_point": "task_func", "prompt": prompt}
    grade = grader.grade(Sample("row", f"```python\n{PROMPT}    return x + 1\n```", reference))
    assert grade.status is GradeStatus.UNSCORED, grade.reason
