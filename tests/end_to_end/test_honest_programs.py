"""Honest programs of every kind that plain CPython runs: the sandbox must give them the same output.

The folder ``honest`` has them, a text file for each family. The first line says what the family is; each program begins
with a line ``#: name``, and perhaps a second one, ``#<``, with its input, escaped as in a string. What a program must
print is what the interpreter that runs the tests prints for it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.types import GradeStatus, Sample
from tests.end_to_end.test_honest_values import FILES, answer_and_tests

if TYPE_CHECKING:
    from grader.core.grader import Grader

FOLDER = Path(__file__).parent / "honest"
_NO_LOOKUP = "looking up a host ends the process, also where the program would catch the error"
KNOWN_DIFFERENCES = {
    "modules: fails to reach the network": _NO_LOOKUP,
    "modules: uses socket helpers without a network": _NO_LOOKUP,
}
"""Programs that the sandbox refuses, with the reasons, as docs/sandbox.md gives them."""


@dataclass(frozen=True, slots=True)
class Program:
    """An honest program."""

    name: str
    source: str
    stdin: str

    def output(self) -> str:
        """Return what plain CPython prints, in UTF-8."""
        ran = subprocess.run(
            [sys.executable, "-X", "utf8", "-c", self.source],
            input=self.stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            encoding="utf-8",
            env={"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
        )
        assert ran.returncode == 0, f"{self.name}: {ran.stderr[-1000:]}"
        return ran.stdout


def programs() -> list[Program]:
    """Return all programs, family by family."""
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        _, *parts = re.split(r"^#: (.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            first, _, rest = text.partition("\n")
            has_input = first.startswith("#< ")
            stdin = first[3:].encode().decode("unicode_escape") if has_input else ""
            found.append(Program(f"{path.stem}: {name}", (rest if has_input else text).strip("\n") + "\n", stdin))
    return found


@pytest.fixture(scope="module")
def expected() -> list[tuple[Program, str]]:
    """All programs with their outputs."""
    everything = programs()
    with ThreadPoolExecutor(2) as pool:
        return list(zip(everything, pool.map(Program.output, everything), strict=True))


def test_programs_that_plain_python_runs_print_the_same(
    tiered_grader: Grader, expected: list[tuple[Program, str]]
) -> None:
    samples = [
        Sample(
            number,
            completion=f"```python\n{program.source}```",
            reference={"tests": [{"stdin": program.stdin, "stdout": output}]},
        )
        for number, (program, output) in enumerate(expected)
    ]
    failed = {
        program.name: f"{grade.status.value}: {grade.reason} {[test.detail for test in grade.tests]}"
        for (program, _), grade in zip(expected, tiered_grader.grade_batch(samples), strict=True)
        if grade.status is not GradeStatus.SCORED or grade.metric("functional") < 1.0
    }
    unexpected = {name: reason for name, reason in failed.items() if name not in KNOWN_DIFFERENCES}
    assert unexpected == {}
    assert len(failed) <= len(expected) * 0.01


def test_there_are_five_hundred_programs_and_tests() -> None:
    names = [program.name for program in programs()]
    assert len(names) == len(set(names)) >= 270
    assert set(names) >= KNOWN_DIFFERENCES.keys()
    assert len(names) + sum(len(answer_and_tests(file)[1]) for file in FILES) >= 500
