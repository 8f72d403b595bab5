"""Values, objects and features that honest tests and answers exchange: what plain Python passes, passes here."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from grader.types import Sample

if TYPE_CHECKING:
    from grader.core.grader import Grader

FILES = sorted(Path(__file__).with_name("honest_values").glob("*.txt"))
"""An answer, a line of ``=``, and tests, with a line of ``-`` between two of them."""


def answer_and_tests(file: Path) -> tuple[str, list[str]]:
    answer, _, tests = file.read_text(encoding="utf-8").partition("\n=====\n")
    return answer, tests.split("\n-----\n")


def suite_of(tests: list[str]) -> str:
    suite = "import pytest\nfrom solution import *\n\n"
    for number, source in enumerate(tests):
        suite += f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.strip().split("\n")) + "\n"
    return suite


def in_functions(tests: list[str], head: str, columns: int) -> str:
    """Return tests as functions, each below a line ``def`` of its own."""
    indent = " " * columns
    return "".join(
        f"{indent}{head.format(number)}\n" + "".join(f"{indent}    {line}\n" for line in source.strip().split("\n"))
        for number, source in enumerate(tests)
    )


def check_of(tests: list[str]) -> str:
    parts = in_functions(tests, "def part_{0}():", 4)
    return f"def check(candidate):\n{parts}" + "".join(f"    part_{number}()\n" for number in range(len(tests)))


def methods_of(tests: list[str]) -> str:
    head = "import unittest\nimport pytest\nfrom solution import *\n\nclass Tests(unittest.TestCase):\n"
    return head + in_functions(tests, "def test_{0}(self):", 4)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_pass_in_plain_python(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer, tests = answer_and_tests(file)
    failed = []
    for number, source in enumerate(tests):
        module = ModuleType("solution")
        exec(compile(answer, "<answer>", "exec", dont_inherit=True), vars(module))
        monkeypatch.setitem(__import__("sys").modules, "solution", module)
        namespace: dict[str, Any] = {"__name__": "test_solution"}
        try:
            exec(compile(suite_of([source]), "<test>", "exec", dont_inherit=True), namespace)
            namespace["test_0"]()
        except Exception:  # noqa: BLE001 - whatever it raises
            failed.append((number, source, traceback.format_exc(limit=-1)))
    assert failed == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_pass_in_a_suite(grader: Grader, file: Path) -> None:
    answer, tests = answer_and_tests(file)
    grade = grader.grade(Sample(file.stem, f"```python\n{answer}\n```", {"pytest": suite_of(tests)}))
    failed = [(test.verdict.value, test.detail) for test in grade.tests if test.verdict != "passed"]
    assert (failed, grade.reason) == ([], "")
    assert len(grade.tests) == len(tests)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_pass_as_assertions(grader: Grader, file: Path) -> None:
    answer, tests = answer_and_tests(file)
    reference = {
        "tests": [{"assert": source} for source in tests if "pytest" not in source and "solution" not in source]
    }
    grade = grader.grade(Sample(file.stem, f"```python\n{answer}\n```", reference))
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_pass_as_methods_of_a_test_case(grader: Grader, file: Path) -> None:
    answer, tests = answer_and_tests(file)
    grade = grader.grade(Sample(file.stem, f"```python\n{answer}\n```", {"pytest": methods_of(tests)}))
    failed = [(test.verdict.value, test.name, test.detail) for test in grade.tests if test.verdict != "passed"]
    assert (failed, grade.reason) == ([], "")
    assert len(grade.tests) == len(tests)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_pass_in_a_check(grader: Grader, file: Path) -> None:
    answer, tests = answer_and_tests(file)
    kept = [source for source in tests if "pytest" not in source and "solution" not in source]
    (entry_point, *_) = re.findall(r"^(?:def|class) (\w+)", answer, re.MULTILINE)
    reference = {"test": check_of(kept), "entry_point": entry_point}
    grade = grader.grade(Sample(file.stem, f"```python\n{answer}\n```", reference))
    assert [(test.name, test.detail) for test in grade.tests if test.verdict != "passed"] == []
    assert grade.reason == ""
