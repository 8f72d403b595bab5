"""Read the samples of a file, and grade them in order."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.errors import SampleError
from grader.lambda_api.samples import read_sample
from grader.tools.files.rows import LineFile, chunks
from grader.types import BadSample, GradeStatus, Sample, sample_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.core.grader import Grader
    from grader.tools.files.rows import Row
    from grader.types import Grade

__all__ = ["SampleFile", "SampleLine", "grade_lines", "is_unreadable", "sample_error_text"]


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One line that is not blank."""

    number: int
    """Line number from 1, blank lines counted."""
    size: int
    """Size of the line in bytes."""
    sample: Sample | BadSample
    document: object = None
    """JSON value of the line."""
    digest: str = ""
    """Digest of the line."""


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
    sample = read_sample(line.document, index)
    # An event without an answer is valid, since pre-flight checks send rows of a data set. A file of samples is there
    # for its answers, and a 0 for a misspelt key is a mistake that nobody would see.
    if isinstance(sample, Sample) and sample.completion is None:
        names = ", ".join(sorted(str(name)[:40] for name in line.document)) if isinstance(line.document, dict) else ""
        complaint = f"is missing: give completion, or messages that end with the assistant's turn; found: {names}"
        return BadSample(sample.id, SampleError(sample_label(sample.id, index), "completion", complaint))
    return sample


def grade_lines(
    grader: Grader, lines: Iterable[SampleLine], *, deadline_s: float | None = None
) -> Iterator[tuple[SampleLine, Grade]]:
    """Grade lines, a chunk in memory at a time; yield each line with its grade, in order.

    Args:
        grader: the grader.
        lines: the lines to grade.
        deadline_s: seconds from the first line on for all of them; ``None``: no deadline.

    Raises:
        InputError: the rest of the lines cannot be read; those before are graded.
    """
    end = None if deadline_s is None else time.monotonic() + deadline_s
    for chunk in chunks(iter(lines)):
        # Each chunk may use all of the time that is left; lines after the deadline are read, and unscored.
        left_s = None if end is None else max(0.0, end - time.monotonic())
        yield from _in_order(chunk, grader.grade_iter([line.sample for line in chunk], deadline_s=left_s))


def _in_order(lines: Sequence[SampleLine], grades: Iterable[tuple[int, Grade]]) -> Iterator[tuple[SampleLine, Grade]]:
    """Hold each grade back until those of all lines before it are there."""
    # At most a chunk of grades waits here, however long the first line of it takes.
    waiting: dict[int, Grade] = {}
    upcoming = 0
    for index, grade in grades:
        waiting[index] = grade
        while upcoming in waiting:
            yield lines[upcoming], waiting.pop(upcoming)
            upcoming += 1


def is_unreadable(grade: Grade) -> bool:
    """Return True for the grade of a sample that could not be read, so that it has no tests."""
    return grade.status is GradeStatus.UNSCORED and not grade.tests


def sample_error_text(sample: Sample | BadSample, grade: Grade) -> str:
    """Return the error of a sample that could not be read, to be put after the file name and the line number."""
    if isinstance(sample, BadSample):
        return grade.reason.removeprefix(f"sample {sample.error.sample}: ")
    return grade.reason
