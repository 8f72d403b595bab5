"""Grading lines, chunk by chunk, with every result handed on in order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.dataset.chunks import chunks
from grader.grade import GradeStatus
from grader.sample import BadSample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.cli.lines import Line
    from grader.grade import Grade
    from grader.grader import Grader
    from grader.sample import Sample

__all__ = ["complaint", "grade_lines", "is_unreadable"]


def grade_lines(
    grader: Grader, lines: Iterable[Line], on_result: Callable[[Line, Grade], None], *, deadline_s: float | None = None
) -> None:
    """Grade lines, a chunk in memory at a time.

    Args:
        grader: who grades.
        lines: what to grade.
        on_result: called with every line and its grade, in order, as soon as all lines before it are done.
        deadline_s: seconds for everything.

    Raises:
        InputError: the rest of the lines cannot be read; those before are graded.
    """
    end = None if deadline_s is None else time.monotonic() + deadline_s
    for chunk in chunks(iter(lines)):
        left = None if end is None else max(0.0, end - time.monotonic())
        in_order = _InOrder(chunk, on_result)
        grader.grade_batch([line.sample for line in chunk], deadline_s=left, on_grade=in_order)


def is_unreadable(grade: Grade) -> bool:
    """Whether the grade is that of a sample that made no sense, so that there is nothing to test."""
    return grade.status is GradeStatus.UNSCORED and not grade.tests


def complaint(sample: Sample | BadSample, grade: Grade) -> str:
    """What to say of a sample that made no sense, after the name of the file and the number of the line."""
    if isinstance(sample, BadSample):
        return grade.reason.removeprefix(f"sample {sample.error.sample}: ")
    return grade.reason


@dataclass(slots=True)
class _InOrder:
    """Hands grades on in the order of their lines, whatever the order they come in."""

    lines: Sequence[Line]
    on_result: Callable[[Line, Grade], None]
    waiting: dict[int, Grade] = field(default_factory=dict)
    handed_on: int = 0

    def __call__(self, index: int, grade: Grade) -> None:
        self.waiting[index] = grade
        while self.handed_on in self.waiting:
            ready = self.waiting.pop(self.handed_on)
            line = self.lines[self.handed_on]
            self.handed_on += 1
            self.on_result(line, ready)
