"""Sample files: read JSON lines as samples, and grade them in order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.errors import SampleError
from grader.lambda_api.samples import read_sample
from grader.tools.files.rows import LineFile, chunks
from grader.types import BadSample, GradeStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from grader.core.grader import Grader
    from grader.tools.files.rows import Row
    from grader.types import Grade, Sample

__all__ = ["SampleFile", "SampleLine", "grade_lines", "is_unreadable", "sample_error_text"]


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One line that holds something."""

    number: int
    """From 1, blank lines counted."""
    size: int
    """Bytes of it."""
    sample: Sample | BadSample
    document: object = None
    """What the line says."""
    digest: str = ""
    """Of its text."""


class SampleFile(LineFile):
    """Samples of a file of JSON lines. A context manager, good for one iteration.

    Args:
        name: path of the file; ``-`` is standard input.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, holds="samples")

    def __iter__(self) -> Iterator[SampleLine]:
        """Yield every line that is not blank; those that cannot be read as a sample with a `BadSample`.

        Raises:
            InputError: the rest of the file cannot be read, or there are no samples.
        """
        for line in self.lines():
            yield SampleLine(line.number, line.size, _sample_of_line(line), line.document, line.digest)


def _sample_of_line(line: Row) -> Sample | BadSample:
    index = line.number - 1
    if line.complaint:
        return BadSample(f"sample-{index}", SampleError(f"#{index}", "sample", line.complaint))
    return read_sample(line.document, index)


def grade_lines(
    grader: Grader,
    lines: Iterable[SampleLine],
    on_result: Callable[[SampleLine, Grade], None],
    *,
    deadline_s: float | None = None,
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


def sample_error_text(sample: Sample | BadSample, grade: Grade) -> str:
    """What to say of a sample that made no sense, after the name of the file and the number of the line."""
    if isinstance(sample, BadSample):
        return grade.reason.removeprefix(f"sample {sample.error.sample}: ")
    return grade.reason


@dataclass(slots=True)
class _InOrder:
    """Hands grades on in the order of their lines, whatever the order they come in."""

    lines: Sequence[SampleLine]
    on_result: Callable[[SampleLine, Grade], None]
    waiting: dict[int, Grade] = field(default_factory=dict)
    handed_on: int = 0

    def __call__(self, index: int, grade: Grade) -> None:
        self.waiting[index] = grade
        while self.handed_on in self.waiting:
            ready = self.waiting.pop(self.handed_on)
            line = self.lines[self.handed_on]
            self.handed_on += 1
            self.on_result(line, ready)
