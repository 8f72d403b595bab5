"""Check whether the tests of a data set can be trusted, by grading probes.

A reward is only as good as the tests behind it: tests that a trivial answer passes teach a model to give that answer.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from grader.config.settings import Credit, RewardConfig
from grader.errors import InputError
from grader.tools.datasets.findings import CheckReport, Finding, FindingKind, ProbeResult, Thresholds, find_faults
from grader.tools.datasets.known_results import is_determined, known_shares
from grader.tools.datasets.order import in_reverse_order
from grader.tools.datasets.probes import TRIVIAL_KINDS, ProbeKind, make_probes
from grader.tools.datasets.tasks import RowError, read_task, task_id
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
    """Options of a check."""

    format_name: str | None = None
    repeat: int = 3
    """Number of runs of each solution, at least 1."""
    solutions: int = 3
    """Maximum number of solutions of a task that are run."""
    guessable: float = 0.75
    """Share of the tests that a trivial answer may pass, in [0, 1)."""
    slow: float = 0.5
    """Share of the CPU time limit of one test that a solution may need for all tests, above 0."""


def check_rows(
    rows: Iterable[Row], grader: Grader, options: CheckOptions, on_progress: Callable[[CheckReport], None]
) -> CheckReport:
    """Check rows, a few in memory at a time.

    Args:
        rows: the rows.
        grader: the grader of the probes; see `check_config`.
        options: options of the check.
        on_progress: called after each row, and after each answer that is graded.

    Raises:
        InputError: no row can be read.
    """
    started = time.monotonic()
    checker = _Checker(grader, options, on_progress)
    report = checker.report
    try:
        for chunk in chunks(iter(rows), _ROWS_AT_A_TIME):
            for _ in checker.check(chunk):
                on_progress(report)
    except InputError as error:
        # hours of grading may be in the report by now: it is returned, with the reason why it ends here
        if not report.rows:
            raise
        report.broke_off = str(error)
    report.elapsed_s = time.monotonic() - started
    return report


def check_config(config: GraderConfig) -> GraderConfig:
    """Return the configuration with a reward of tests alone, as syntax and style say nothing about them."""
    reward = RewardConfig(syntax=0.0, functional=1.0, style=0.0, credit=Credit.FRACTION)
    return replace(config, reward=reward)


class _Checker:
    """State of a check from row to row."""

    def __init__(self, grader: Grader, options: CheckOptions, on_progress: Callable[[CheckReport], None]) -> None:
        self._on_progress = on_progress
        self._grader = grader
        self._options = options
        self._ids: dict[bytes, str] = {}
        self._texts: dict[bytes, str] = {}
        self._known: dict[int, dict[ProbeKind, float]] = {}
        """What trivial answers to the rows in memory are known to earn, by the number of the row."""
        self.report = CheckReport()

    def check(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Check rows together; yield each one when its findings are in the report."""
        tasks: dict[int, Task] = {}
        complaints: dict[int, str] = {}
        for row in rows:
            try:
                tasks[row.number] = read_task(row, self._options.format_name)
            except RowError as error:
                complaints[row.number] = str(error)
        results = self._run_probes(tasks)
        for row in rows:
            self.report.rows += 1
            if row.number in tasks:
                self._evaluate(row, tasks[row.number], results[row.number])
            else:
                name = task_id(row.document) if isinstance(row.document, dict) else None
                self._add_finding(FindingKind.BROKEN, row, name or "", complaints[row.number])
            yield row

    def _run_probes(self, tasks: dict[int, Task]) -> dict[int, list[ProbeResult]]:
        """Grade every probe of the tasks: all of them once, solutions as often as the options ask for."""
        self._known = {number: known_shares(task) for number, task in tasks.items()}
        results = {
            number: [
                ProbeResult(probe)
                for probe in make_probes(task, solutions=self._options.solutions)
                if self._known[number].get(probe.kind, 1.0) > self._options.guessable
            ]
            for number, task in tasks.items()
        }
        # one batch for each repetition, because equal samples of a batch are graded once
        for repetition in range(self._options.repeat):
            due = [
                (number, result)
                for number, of_task in results.items()
                for result in of_task
                if repetition == 0
                or (result.probe.kind is ProbeKind.SOLUTION and not is_determined(tasks[number], result))
            ]
            samples = [result.probe.sample(tasks[number]) for number, result in due]
            for index, grade in self._grader.grade_iter(samples):
                due[index][1].grades.append(grade)
                self.report.runs += 1
                self._on_progress(self.report)
        self._run_in_reverse_order(tasks, results)
        return results

    def _run_in_reverse_order(self, tasks: dict[int, Task], results: dict[int, list[ProbeResult]]) -> None:
        """Grade solutions that pass once more, with their tests in reverse order."""
        due = [
            (result, reference, tasks[number])
            for number, of_task in results.items()
            for result in of_task
            if result.probe.kind is ProbeKind.SOLUTION and result.passed
            if (reference := in_reverse_order(tasks[number].reference)) is not None
        ]
        samples = [replace(result.probe.sample(task), reference=reference) for result, reference, task in due]
        for index, grade in self._grader.grade_iter(samples):
            due[index][0].reversed_grade = grade

    def _evaluate(self, row: Row, task: Task, results: list[ProbeResult]) -> None:
        solutions = [result for result in results if result.probe.kind is ProbeKind.SOLUTION]
        stubs = [result for result in results if result.probe.kind is ProbeKind.STUB]
        report = self.report
        report.tasks += 1
        report.formats[task.problem.format_name] += 1
        report.with_solution += bool(solutions)
        report.solutions += len(solutions)
        report.passing += sum(result.passed for result in solutions)
        report.tests += max(len(result.grades[0].tests) for result in results)
        known_of_row = self._known[row.number]
        shares = [result.share for result in results if result.probe.kind in TRIVIAL_KINDS]
        report.trivial_baseline_sum += max([*shares, *known_of_row.values()], default=0.0)
        report.stubs_passing += known_of_row.get(ProbeKind.STUB, 0.0) > 0.0 or any(
            result.share > 0.0 for result in stubs
        )
        cpu_s = task.problem.limits.cpu_s or self._grader.config.limits.cpu_s
        for kind, detail in find_faults(results, Thresholds(self._options.guessable, self._options.slow * cpu_s)):
            self._add_finding(kind, row, task.id, detail)
        for what, text, known in (("id", task.id, self._ids), ("text", task.prompt.strip(), self._texts)):
            if not text:
                continue
            # digests, because the texts of a large data set would not fit into memory
            first = known.setdefault(_digest(text), row.place)
            if first != row.place:
                self._add_finding(FindingKind.DUPLICATE, row, task.id, f"has the {what} of {first}")

    def _add_finding(self, kind: FindingKind, row: Row, task_id: str, detail: str) -> None:
        self.report.findings.append(Finding(kind, row.place, row.number, task_id, detail))


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()
