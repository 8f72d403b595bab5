"""Read the samples of a file, and grade them in order."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grader.errors import FieldError, SampleError
from grader.lambda_api.samples import ASSISTANT_ROLES, last_turn, read_sample
from grader.references.locate import REFERENCE_PATHS
from grader.tools.files.near_names import near_name_hint
from grader.tools.files.rows import LineFile, chunks
from grader.types import BadSample, GradeStatus, Sample, sample_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from grader.core.base_grader import BaseGrader
    from grader.tools.files.rows import Row
    from grader.types import Grade

__all__ = [
    "SampleFile",
    "SampleLine",
    "bad_sample",
    "completion_texts",
    "grade_lines",
    "is_unreadable",
    "sample_error_text",
]

_ANSWER_FIELDS: Final = ("completion", "messages", "model_response", "response")
_MADE_ID: Final = re.compile(r"sample-[0-9]+")
"""Id of a sample that came without one."""
_REFERENCE_FIELDS: Final = tuple(dict.fromkeys(path[0] for path in REFERENCE_PATHS))


@dataclass(frozen=True, slots=True)
class SampleLine:
    """One sample of a line that is not blank; a line may have several."""

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
        read_other: reads lines of other shapes, and returns ``None`` for those of trainers; ``None``: there are none.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(
        self,
        name: str,
        *,
        read_other: Callable[[Row], list[Sample | BadSample] | None] | None = None,
    ) -> None:
        super().__init__(name, holds="samples")
        self._read_other = read_other

    def __iter__(self) -> Iterator[SampleLine]:
        """Yield every line that is not blank; those that cannot be read as a sample with a `BadSample`.

        Raises:
            InputError: the rest of the file cannot be read, or there are no samples.
        """
        for line in self.lines():
            for sample in self._samples(line):
                yield SampleLine(line.number, line.size, sample, line.document, line.digest)

    def _samples(self, line: Row) -> list[Sample | BadSample]:
        if line.complaint:
            return [bad_sample(line, "sample", line.complaint)]
        others = self._read_other(line) if self._read_other is not None else None
        return [_sample_of_line(line)] if others is None else others


def _sample_of_line(line: Row) -> Sample | BadSample:
    row, index = line.document, line.number - 1
    sample = read_sample(row, index)
    if not isinstance(row, Mapping):
        return bad_sample(line, "sample", f"is of type {type(row).__name__}, not an object")
    if isinstance(sample, BadSample):
        return _with_near_name(sample, row)
    # An event without an answer is valid, since pre-flight checks send rows of a data set. A file of samples is there
    # for its answers, and a 0 for a misspelt key is a mistake that nobody would see.
    if sample.completion is None:
        hint = near_name_hint(row, _ANSWER_FIELDS)
        complaint = f"is missing: give completion, or messages that end with the assistant's turn{hint}"
        return BadSample(sample.id, SampleError(sample_label(sample.id, index), "completion", complaint))
    return sample


def completion_texts(value: Any, path: str) -> list[str]:
    """Return the completions of a list: texts, or conversations that end with the assistant's turn.

    Raises:
        FieldError: the list is empty or holds something else. Never an empty answer, a 0 that nobody would notice.
    """
    found = [last_turn(one, ASSISTANT_ROLES, path) if isinstance(one, list) else one for one in value]
    texts = [text for text in found if isinstance(text, str)]
    if not texts or len(texts) < len(found):
        raise FieldError(path, "is not a list of texts")
    return texts


def bad_sample(line: Row, field: str, message: str) -> BadSample:
    """Make what stands for a line that cannot be read; its name is that of a sample without an id."""
    name = f"sample-{line.number - 1}"
    return BadSample(name, SampleError(name, field, message))


def _with_near_name(sample: BadSample, row: Mapping[Any, Any]) -> BadSample:
    """Name the field that was probably meant to be the reference."""
    error = sample.error
    if error.field != "reference_answer" or "reference_answer" in row:
        return sample
    hint = near_name_hint(row, _REFERENCE_FIELDS)
    if "is nearly" in hint:
        message = str(error).removeprefix(f"sample {error.sample}: {error.field}: ")
        return BadSample(sample.id, SampleError(error.sample, error.field, message + hint))
    return sample


def grade_lines(
    grader: BaseGrader, lines: Iterable[SampleLine], *, deadline_s: float | None = None
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
    """Return the error of a sample that could not be read, to be put after the file name and the line number.

    It names the sample, unless that has no id of its own.
    """
    if isinstance(sample, BadSample) and _MADE_ID.fullmatch(str(sample.id)):
        return grade.reason.removeprefix(f"sample {sample.error.sample}: ")
    return grade.reason
