"""Work: what is graded once, however many samples ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.extraction import Extraction
    from grader.functional import PreparedProblem

__all__ = ["Work"]


@dataclass(slots=True)
class Work:
    """One answer to one problem."""

    problem: PreparedProblem
    extraction: Extraction
    indices: list[int] = field(default_factory=list)
    """Places in the batch of the samples that get this work's result."""

    @property
    def key(self) -> tuple[str, str | None, str]:
        """Equal work has equal keys."""
        return self.problem.digest, self.extraction.answer, self.extraction.rule
