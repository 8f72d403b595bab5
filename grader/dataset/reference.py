"""The reference a training row gets: what the row says, and nothing the tests do not need."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from grader.aws.fields import FieldError
from grader.aws.references import find_reference
from grader.dataset.columns import SOLUTION_COLUMNS
from grader.dataset.native import native_of
from grader.dataset.task import RowError
from grader.report import json_line
from testcases.errors import ProblemError
from testcases.formats import read_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.dataset.task import Task
    from testcases.problem import Problem

__all__ = ["ReferenceWriter"]


class ReferenceWriter:
    """Writes references that are read as the same problem again, which is seen to for each.

    Args:
        native: write the native format where it can say all, instead of the row's own.
    """

    def __init__(self, *, native: bool = False) -> None:
        self._native = native
        self._needed: dict[tuple[str, frozenset[str]], frozenset[str]] = {}
        """Columns that rows of a format, with certain columns, were found to need."""

    def write(self, task: Task) -> Any:
        """The reference for a task.

        Raises:
            RowError: it can be written in no way that is read the same.
        """
        wanted = _fingerprint(task.problem)
        for candidate in self._candidates(task, wanted):
            if _says(candidate, wanted, task):
                return candidate
        raise RowError("its tests hold values that JSON cannot say")

    def _candidates(self, task: Task, wanted: str) -> Iterator[Any]:
        if self._native:
            yield native_of(task.problem)
        for original in self._originals(task, wanted):
            yield original
            if isinstance(original, Mapping):
                yield {**original, "format": task.problem.shape}
        if not self._native:
            yield native_of(task.problem)

    def _originals(self, task: Task, wanted: str) -> Iterator[Any]:
        if not task.is_row:
            yield task.reference
            return
        with contextlib.suppress(FieldError):  # of a trainer's row that was read as a whole, because its format says so
            yield find_reference(task.row)[0]
        yield from self._trimmed(task, wanted)

    def _trimmed(self, task: Task, wanted: str) -> Iterator[dict[str, Any]]:
        """The row with ever more of its columns, fewest first."""
        row = {name: value for name, value in task.row.items() if value is not None}
        kind = (task.problem.shape, frozenset(row))
        known = self._needed.get(kind)
        if known is not None:
            yield {name: value for name, value in row.items() if name in known}
        needed = dict(row)
        # solutions are the largest columns, and cheap to do without once they are gone
        for name in sorted(row, key=lambda name: name not in SOLUTION_COLUMNS):
            without = {other: value for other, value in needed.items() if other != name}
            if _says({**without, "format": task.problem.shape}, wanted, task):
                needed = without
        self._needed[kind] = frozenset(needed) | (known or frozenset())
        yield needed
        yield {name: value for name, value in row.items() if name not in SOLUTION_COLUMNS}
        yield row


def _says(reference: Any, wanted: str, task: Task) -> bool:
    """Whether a reference, once it has been JSON, is read as the problem, whatever the prompt is rendered as."""
    try:
        again = read_reference(json.loads(json_line(reference)), prompt="")
    except (ProblemError, TypeError, ValueError, RecursionError):
        return False
    return _fingerprint(again) == wanted and task.problem.entry_point == again.entry_point


def _fingerprint(problem: Problem) -> str:
    """Equal for problems that are graded alike: unlike ``==``, it knows True from 1, and NaN from nothing.

    Raises:
        RowError: a value cannot be written down.
    """
    try:
        return repr(replace(problem, shape=""))
    except (ValueError, RecursionError):
        raise RowError("its tests hold an integer of too many digits, or values nested too deeply") from None
