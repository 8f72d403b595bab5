"""The steps into which tests are divided that run in the solution's own process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testcases.describe import TEXT_CHARS
from testcases.source.instrumentation import count_sites
from testcases.source.pytest_collection import plan_of

__all__ = ["CODE", "Step", "steps_of"]

CODE = frozenset({"assert", "check", "pytest"})
"""The kinds of tests that are held there; calls and programs are put from outside, as ever."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is held at one request."""

    place: int
    """Of the test in its exam."""
    label: str
    """For people, where the process says nothing."""
    count: int
    """How many outcomes it has."""


def steps_of(tests: list[list[Any]]) -> list[Step]:
    """The steps of an exam. A suite has one for each of its tests."""
    steps: list[Step] = []
    for place, (kind, *fields) in enumerate(tests):
        if kind == "pytest":
            steps += [Step(place, test.label, test.count) for test in plan_of(fields[0]).tests]
        elif kind in CODE:
            label = fields[0].strip()[:TEXT_CHARS] if kind == "assert" else kind
            steps.append(Step(place, label, count_sites(fields[0]) if kind == "check" else 1))
    return steps
