"""Check whether the tests of a data set can be trusted, by grading probes."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from grader.config.settings import Credit, RewardConfig
from grader.errors import InputError
from grader.tools.datasets.findings import CheckReport, Finding, FindingKind, ProbeResult, Thresholds, find_faults
from grader.tools.datasets.probes import UNSKILLED, ProbeKind, make_probes
from grader.tools.datasets.tasks import RowError, read_task
from grader.tools.files.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from grader.config.settings import GraderConfig
    from grader.core.grader import Grader
    from grader.tools.datasets.tasks import Task
    from grader.tools.files.rows import Row

__all__ = ["CheckOptions", "check_config", "check_rows"]

_ROWS_AT_A_TIME = 64


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """How to check."""

    format_name: str | None = None
    repeat: int = 3
    """How often each solution is tried, at least 1."""
    solutions: int = 3
    """How many solutions of a task are tried, at most."""
    guessable: float = 0.75
    """The share of the tests that an answer without skill may pass, in [0, 1)."""
    slow: float = 0.5
    """The share of the CPU time one test may have that a solution may need for all, above 0."""


def check_rows(
    rows: Iterable[Row], grader: Grader, how: CheckOptions, on_row: Callable[[Row, CheckReport], None]
) -> CheckReport:
    """Check rows, a few in memory at a time.

    Args:
        rows: what to check.
        grader: who grades the answers; see `check_config`.
        how: how.
        on_row: called after each row.

    Raises:
        InputError: not a single row can be read.
    """
    started = time.monotonic()
    checker = _Checker(grader, how)
    done = checker.done
    try:
        for chunk in chunks(iter(rows), _ROWS_AT_A_TIME):
            for row in checker.check(chunk):
                on_row(row, done)
    except InputError as error:
        if not done.rows:
            raise
        done.broke_off = str(error)
    done.elapsed_s = time.monotonic() - started
    return done


def check_config(config: GraderConfig) -> GraderConfig:
    """The configuration, without what has nothing to do with tests."""
    reward = RewardConfig(syntax=0.0, functional=1.0, style=0.0, credit=Credit.FRACTION)
    return replace(config, reward=reward)


class _Checker:
    """What is known from row to row."""

    def __init__(self, grader: Grader, how: CheckOptions) -> None:
        self._grader = grader
        self._how = how
        self._ids: dict[bytes, str] = {}
        self._texts: dict[bytes, str] = {}
        self.done = CheckReport()

    def check(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Check rows together; gives out each as its findings are there."""
        tasks: dict[int, Task] = {}
        complaints: dict[int, str] = {}
        for row in rows:
            try:
                tasks[row.number] = read_task(row, self._how.format_name)
            except RowError as error:
                complaints[row.number] = str(error)
        tried = self._try(tasks)
        for row in rows:
            self.done.rows += 1
            if row.number in tasks:
                self._judge(row, tasks[row.number], tried[row.number])
            else:
                self._find(FindingKind.BROKEN, row, "", complaints[row.number])
            yield row

    def _try(self, tasks: dict[int, Task]) -> dict[int, list[ProbeResult]]:
        """Put every answer to its task: all of them once, solutions as often as is asked for."""
        tried = {
            number: [ProbeResult(trial) for trial in make_probes(task, solutions=self._how.solutions)]
            for number, task in tasks.items()
        }
        for turn in range(self._how.repeat):
            due = [
                (number, one)
                for number, several in tried.items()
                for one in several
                if turn == 0 or one.trial.kind is ProbeKind.SOLUTION
            ]
            grades = self._grader.grade_batch([one.trial.sample(tasks[number]) for number, one in due])
            for (_, one), grade in zip(due, grades, strict=True):
                one.grades.append(grade)
                self.done.runs += 1
        return tried

    def _judge(self, row: Row, task: Task, tried: list[ProbeResult]) -> None:
        solutions = [one for one in tried if one.trial.kind is ProbeKind.SOLUTION]
        self.done.tasks += 1
        self.done.formats[task.problem.format_name] += 1
        self.done.with_solution += bool(solutions)
        self.done.solutions += len(solutions)
        self.done.passing += sum(one.passed for one in solutions)
        self.done.tests += max(len(one.grades[0].tests) for one in tried)
        self.done.unskilled += max((one.share for one in tried if one.trial.kind in UNSKILLED), default=0.0)
        self.done.stubs_passing += any(one.share > 0.0 for one in tried if one.trial.kind is ProbeKind.STUB)
        cpu_s = task.problem.limits.cpu_s or self._grader.config.limits.cpu_s
        for kind, detail in find_faults(tried, Thresholds(self._how.guessable, self._how.slow * cpu_s)):
            self._find(kind, row, task.id, detail)
        for what, text, known in (("id", task.id, self._ids), ("text", task.prompt.strip(), self._texts)):
            if not text:
                continue
            first = known.setdefault(_digest(text), row.place)
            if first != row.place:
                self._find(FindingKind.DUPLICATE, row, task.id, f"has the {what} of {first}")

    def _find(self, kind: FindingKind, row: Row, task_id: str, detail: str) -> None:
        self.done.findings.append(Finding(kind, row.place, row.number, task_id, detail))


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
