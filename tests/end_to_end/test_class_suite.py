"""A suite of classes, in the forms of pytest and unittest, with the verdicts that it has in one process."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from grader.types import Sample
from testcases.source.pytest_collection import collect

if TYPE_CHECKING:
    from grader.core.grader import Grader
    from grader.types import Grade

FOLDER = Path(__file__).parent / "class_suite"
RIGHT = (FOLDER / "right.txt").read_text()
WRONG = {
    name: RIGHT.replace(change["old"], change["new"])
    for name, change in tomllib.loads((FOLDER / "wrongs.toml").read_text()).items()
}
SUITES = {form: (FOLDER / f"{form}_suite.txt").read_text() for form in ("pytest", "unittest")}
SAME_ITEMS = {"shared_items": {"TestStack::test_copies_its_items"}}
"""Containers cross as copies, so an answer that keeps the test's own list cannot be told from one that copies it."""


def natively(answer: str, suite: str, folder: Path) -> dict[str, bool | None]:
    """Return the results of pytest in one process by the name of each test; ``None`` for one that was skipped."""
    (folder / "solution.py").write_text(answer)
    (folder / "test_it.py").write_text(suite)
    options = ["-p", "no:cacheprovider", "-p", "no:randomly", "--junitxml=out.xml"]
    command = [sys.executable, "-m", "pytest", *options, "test_it.py"]
    subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=100)
    found: dict[str, bool | None] = {}
    for case in ET.parse(folder / "out.xml").iter("testcase"):
        owner = case.get("classname", "").removeprefix("test_it").replace(".", "::").removeprefix("::")
        name = f"{owner}::{case.get('name')}" if owner else str(case.get("name"))
        skipped = case.find("skipped") is not None
        failed = case.find("failure") is not None or case.find("error") is not None
        found[name] = found.get(name, True) and (None if skipped else not failed)
    return found


def split(grader: Grader, answer: str, suite: str) -> Grade:
    reference = {"tests": [{"pytest": suite}], "entry_point": "Stack"}
    return grader.grade(Sample("suite", f"```python\n{answer}```", reference))


@pytest.mark.parametrize("form", SUITES)
def test_the_right_answer_passes_everything(grader: Grader, form: str, tmp_path: Path) -> None:
    grade = split(grader, RIGHT, SUITES[form])
    assert [f"{test.name}: {test.detail}" for test in grade.tests if test.verdict != "passed"] == []
    natural = natively(RIGHT, SUITES[form], tmp_path)
    assert {test.name for test in grade.tests} == {name for name, passed in natural.items() if passed is not None}
    assert sum(line.count("assert") for line in SUITES[form].splitlines()) > 40


@pytest.mark.slow
@pytest.mark.parametrize("form", ["pytest", pytest.param("unittest", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_fails_the_same_tests_as_in_one_process(
    grader: Grader, form: str, name: str, tmp_path: Path
) -> None:
    assert WRONG[name] != RIGHT
    grade = split(grader, WRONG[name], SUITES[form])
    here = {test.name: test.verdict == "passed" for test in grade.tests}
    natural = natively(WRONG[name], SUITES[form], tmp_path)
    if "test_it" in natural or not natural:  # the module could not be imported
        assert not any(here.values())
        return
    known = SAME_ITEMS.get(name, set())
    natural = {test: passed for test, passed in natural.items() if test in here or passed is not None}
    assert {test: passed for test, passed in here.items() if test not in known} == {
        test: bool(passed) for test, passed in natural.items() if test not in known
    }
    assert len(here) == collect(SUITES[form]).count
    assert form == "unittest" or not all(here.values()) or known
