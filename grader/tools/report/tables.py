"""Tables of grades and summaries for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from grader.text import one_line, printable, sample_name
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import RenderableType

    from grader.tools.report.summary import RunningStats, Summary
    from grader.types import Grade, TestResult

__all__ = ["grades_table", "new_table", "plain", "shown_name", "summary_tables", "verdict_mix", "verdict_text"]

_STYLES = {
    Verdict.PASSED: "green",
    Verdict.WRONG_ANSWER: "yellow",
    Verdict.INTERNAL: "bold magenta",
    Verdict.NOT_RUN: "dim",
}
_OTHER_STYLE = "red"
_NAME_CHARS = 60


def plain(value: object, style: str = "") -> Text:
    """Make a cell of untrusted text: markup is not interpreted, control characters are escaped."""
    return Text(printable(str(value)), style=style)


def shown_name(name: str) -> str:
    """Cut the name of a sample to what a table has room for."""
    return one_line(name, _NAME_CHARS)


def new_table(title: str, *columns: str, numbers: int = 0) -> Table:
    """Make an empty table.

    Args:
        title: text above the table.
        columns: headings.
        numbers: number of columns, counted from the last, that hold numbers and are right-aligned.
    """
    table = Table(title=Text(title, style="bold"), title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        # Numbers must not wrap: a number on two lines would be misread.
        is_number = index >= len(columns) - numbers
        table.add_column(Text(column), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return table


def verdict_text(verdict: Verdict) -> Text:
    """Make coloured text of a verdict."""
    return Text(verdict.value, style=_STYLES.get(verdict, _OTHER_STYLE))


def verdict_mix(tests: Sequence[TestResult]) -> Text:
    """Make text of the number of tests by verdict, such as ``3 passed, 1 timeout``."""
    counts = Counter(test.verdict for test in tests)
    parts = [Text.assemble(f"{count} ", verdict_text(verdict)) for verdict, count in counts.most_common()]
    return Text(", ").join(parts)


def grades_table(grades: Sequence[Grade]) -> Table:
    """Make a table with a row for each sample."""
    table = new_table("Samples", "sample", "reward", "syntax", "functional", "style", "tests")
    table.columns[0].no_wrap = True
    for column in table.columns[1:5]:
        column.justify, column.no_wrap = "right", True
    for grade in grades:
        reward = "unscored" if grade.reward is None else f"{grade.reward:.3f}"
        values = (f"{grade.metric(name):.2f}" for name in ("syntax", "functional", "style"))
        name = plain(shown_name(sample_name(grade.sample_id)))
        table.add_row(name, Text(reward, style="bold"), *values, verdict_mix(grade.tests) or plain(grade.reason))
    return table


def summary_tables(summary: Summary) -> Group:
    """Make the tables of a run: metrics, problems, verdicts, the slowest samples, and the unscored samples."""
    parts: list[RenderableType] = [_metrics_table(summary)]
    if summary.problems.groups:
        parts.append(_problems_table(summary))
    if summary.verdicts:
        parts.append(_verdicts_table(summary.verdicts))
    if summary.slowest:
        parts.append(_slowest_table(summary))
    if summary.unscored:
        parts.append(_failures_table(summary))
    return Group(*(item for part in parts for item in (part, Text())))


def _metrics_table(summary: Summary) -> Table:
    counts = f"{summary.samples} samples"
    if summary.unscored:
        counts += f", {summary.unscored} of them unscored and not included"
    table = new_table(counts, "metric", "mean", "min", "max", numbers=3)
    table.add_row(Text("reward", style="bold"), *_stats_row(summary.reward))
    for name, values in summary.metrics.items():
        table.add_row(plain(name), *_stats_row(values))
    return table


def _stats_row(values: RunningStats) -> tuple[str, str, str]:
    if values.mean is None:
        return ("-", "-", "-")
    return (f"{values.mean:.3f}", _format_number(values.minimum), _format_number(values.maximum))


def _format_number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.3f}"


def _problems_table(summary: Summary) -> Table:
    problems = summary.problems
    table = new_table("Problems and rewards", "statistic", "value", numbers=1)
    table.add_row("problems", str(len(problems.groups)))
    assert problems.pass_rate is not None
    table.add_row("pass rate (all tests)", f"{problems.pass_rate:.3f}")
    for k, value in problems.pass_at.items():
        if k > 1:  # pass@1 is the pass rate
            table.add_row(f"pass@{k}", f"{value:.3f}")
    if problems.several:
        share = problems.without_spread / problems.several
        table.add_row("groups without spread", f"{problems.without_spread} of {problems.several} ({100 * share:.1f} %)")
    for percent, reward in summary.rewards.percentiles().items():
        table.add_row(f"reward, percentile {percent}", f"{reward:.3f}")
    return table


def _verdicts_table(verdicts: Mapping[str, int]) -> Table:
    table = new_table("Verdicts of the tests", "verdict", "tests", "share", numbers=2)
    total = sum(verdicts.values())
    for name, count in sorted(verdicts.items(), key=lambda item: -item[1]):
        table.add_row(verdict_text(Verdict(name)), str(count), f"{100 * count / total:.1f} %")
    return table


def _slowest_table(summary: Summary) -> Table:
    table = new_table("Slowest samples", "sample", "line", "ms", numbers=2)
    for slow in summary.slowest:
        table.add_row(plain(shown_name(slow.sample)), _line_text(slow.line), f"{slow.duration_ms:.0f}")
    return table


def _failures_table(summary: Summary) -> Table:
    shown = len(summary.failures)
    title = "Unscored samples" if shown == summary.unscored else f"Unscored samples (the first {shown})"
    table = new_table(title, "sample", "line", "reason")
    for failure in summary.failures:
        table.add_row(plain(shown_name(failure.sample)), _line_text(failure.line), plain(failure.reason))
    return table


def _line_text(number: int) -> str:
    return str(number) if number else "-"
