"""What can be wrong with a task, and what a check of many came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Checked", "Finding", "FindingKind"]


class FindingKind(StrEnum):
    """What is wrong."""

    BROKEN = "broken"
    """The row cannot be read, or a solution of its own fails, or a test passes whatever the answer does."""
    GUESSABLE = "guessable"
    """An answer without skill passes most of the tests."""
    FLAKY = "flaky"
    """The same solution fares differently when it is tried again."""
    SLOW = "slow"
    """A solution needs much of the CPU time that it may have."""
    DUPLICATE = "duplicate"
    """Another row has the same id, or the same text."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one row."""

    kind: FindingKind
    place: str
    """Where the row is: ``mbpp.jsonl:7``."""
    row: int
    """Its number, from 1."""
    id: str
    """The task's id; empty where it cannot be read."""
    detail: str
    """What is wrong, in a line for people; may hold text of tests and solutions."""


@dataclass(slots=True)
class Checked:
    """What a check came to."""

    rows: int = 0
    tasks: int = 0
    """Rows that could be read."""
    with_solution: int = 0
    """Tasks that came with a solution."""
    solutions: int = 0
    """Solutions that were tried."""
    passing: int = 0
    """Of those, the ones that passed every test each time."""
    tests: int = 0
    """Tests of all tasks."""
    stubs_passing: int = 0
    """Tasks in which a stub passes at least one test; no finding by itself, since ``None`` may be right."""
    unskilled: float = 0.0
    """The share of the tests that the best answer without skill passes, summed over the tasks."""
    runs: int = 0
    """Answers that were graded."""
    elapsed_s: float = 0.0
    broke_off: str = ""
    """Why the rest of the rows could not be read; empty when all were."""
    formats: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    """In the order of the rows."""

    @property
    def unskilled_share(self) -> float:
        """The share of a task's tests that the best answer without skill passes, on average."""
        return self.unskilled / self.tasks if self.tasks else 0.0

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        found = Counter(finding.kind for finding in self.findings)
        return {kind.value: found[kind] for kind in FindingKind}

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return {
            "rows": self.rows,
            "tasks": self.tasks,
            "with_solution": self.with_solution,
            "solutions": self.solutions,
            "passing": self.passing,
            "tests": self.tests,
            "stubs_passing": self.stubs_passing,
            "unskilled_share": round(self.unskilled_share, 4),
            "runs": self.runs,
            "elapsed_s": round(self.elapsed_s, 3),
            "broke_off": self.broke_off,
            "formats": dict(self.formats.most_common()),
            "counts": self.counts,
            "findings": [asdict(finding) for finding in self.findings],
        }
