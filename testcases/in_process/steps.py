"""The steps of tests that run in the solution's own process.

Both processes load this, so that they agree on the steps; it imports nothing that runs tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testcases.describe import MAX_TEXT_CHARS
from testcases.source.instrumentation import count_assertions
from testcases.source.pytest_collection import collect

__all__ = ["CODE_KINDS", "InProcessStep", "build_steps"]

CODE_KINDS = frozenset({"assert", "check", "pytest"})
"""Kinds of tests that are code. Calls and programs are always put from the harness."""


@dataclass(frozen=True, slots=True)
class InProcessStep:
    """The tests that one request runs."""

    index: int
    """Index of the test in the spec."""
    label: str
    """Name for people, where the process reports none."""
    count: int
    """Number of results."""


def build_steps(tests: list[list[Any]]) -> list[InProcessStep]:
    """Return the steps of the tests of a spec. A suite has one for each of its tests."""
    steps: list[InProcessStep] = []
    for index, (kind, *fields) in enumerate(tests):
        if kind == "pytest":
            steps += [InProcessStep(index, test.label, test.count) for test in collect(fields[0]).tests]
        elif kind in CODE_KINDS:
            label = fields[0].strip()[:MAX_TEXT_CHARS] if kind == "assert" else kind
            steps.append(InProcessStep(index, label, count_assertions(fields[0]) if kind == "check" else 1))
    return steps
