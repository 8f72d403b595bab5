"""Attacks over the channel: objects that lie, callbacks that are abused, answers that forge messages."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACKS: dict[str, dict[str, Any]] = tomllib.loads((Path(__file__).parent / "class_tasks" / "attacks.toml").read_text())


@pytest.fixture(scope="module")
def unsieved() -> Iterator[Grader]:
    """A grader without the source policy, which has only its isolation layers."""
    with Grader(GraderConfig.load(None, {"GRADER_POLICY": "off"})) as grader:
        yield grader


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_passes_nothing_and_is_scored(unsieved: Grader, name: str) -> None:
    attack = ATTACKS[name]
    tests = [*attack["fail"], *attack.get("pass", ())]
    answer = f"```python\n{attack['answer']}```"
    reference = {"entry_point": "M", "tests": [{"assert": source} for source in tests]}
    reference["limits"] = attack.get("limits", {})
    grade = unsieved.grade(Sample(name, answer, reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    became = [(test.verdict == "passed", test.name, test.detail) for test in grade.tests]
    meant = [(place >= len(attack["fail"]), *told) for place, (_, *told) in enumerate(became)]
    assert became == meant


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_passes_no_check_and_no_suite(unsieved: Grader, name: str) -> None:
    """Test functions of a suite, each with the lines of one test."""
    attack = ATTACKS[name]
    suite = "from solution import *\nfrom solution import M\n\n"
    for number, source in enumerate(attack["fail"]):
        suite += f"def test_{number}():\n" + "".join(f"    {line}\n" for line in source.split("\n")) + "\n"
    reference = {"entry_point": "M", "tests": [{"pytest": suite}], "limits": attack.get("limits", {})}
    grade = unsieved.grade(Sample(name, f"```python\n{attack['answer']}```", reference))
    assert grade.status is GradeStatus.SCORED, grade.reason
    assert len(grade.tests) == len(attack["fail"])
    assert [(test.name, test.detail) for test in grade.tests if test.verdict == "passed"] == []
