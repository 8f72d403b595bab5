"""The steps into which tests are divided that run in the solution's own process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testcases.describe import MAX_TEXT_CHARS
from testcases.source.instrumentation import count_assertions
from testcases.source.pytest_collection import collect

__all__ = ["CODE_KINDS", "InProcessStep", "build_steps"]

CODE_KINDS = frozenset({"assert", "check", "pytest"})
"""The kinds of tests that are held there; calls and programs are put from outside, as ever."""


@dataclass(frozen=True, slots=True)
class InProcessStep:
    """What is held at one request."""

    place: int
    """Of the test in its exam."""
    label: str
    """For people, where the process says nothing."""
    count: int
    """How many outcomes it has."""


def build_steps(tests: list[list[Any]]) -> list[InProcessStep]:
    """The steps of an exam. A suite has one for each of its tests."""
    steps: list[InProcessStep] = []
    for place, (kind, *fields) in enumerate(tests):
        if kind == "pytest":
            steps += [InProcessStep(place, test.label, test.count) for test in collect(fields[0]).tests]
        elif kind in CODE_KINDS:
            label = fields[0].strip()[:MAX_TEXT_CHARS] if kind == "assert" else kind
            steps.append(InProcessStep(place, label, count_assertions(fields[0]) if kind == "check" else 1))
    return steps
