"""The grading task: one answer to one problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.core.problems import PreparedProblem
    from grader.extraction import Extraction

__all__ = ["GradingTask"]


@dataclass(slots=True)
class GradingTask:
    """One answer to one problem."""

    problem: PreparedProblem
    extraction: Extraction
    prompt: str = ""
    """Text that the answer responds to; empty unless a judge rates it."""
    samples: list[tuple[int, Any]] = field(default_factory=list)
    """Position and id of each sample that gets this task's grade."""

    @property
    def key(self) -> tuple[object, ...]:
        """Everything that the grade depends on or shows. Samples with equal keys are graded once."""
        extraction = self.extraction
        # The detail shows in the grade only where there is no answer; otherwise it would keep equal answers apart.
        detail = extraction.detail if extraction.answer is None else ""
        return self.problem.key, extraction.answer, extraction.rule, extraction.truncated, detail, self.prompt
