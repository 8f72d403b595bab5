"""Render the reports of conversions and checks as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from grader.text import one_line
from grader.tools.datasets.findings import FindingKind
from grader.tools.datasets.payload import REQUEST_BYTES
from grader.tools.report.tables import new_table, plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from grader.tools.datasets.convert import ConversionReport
    from grader.tools.datasets.findings import CheckReport

__all__ = ["check_tables", "conversion_tables"]

_MAX_ROWS_SHOWN = 20
_MAX_FINDINGS_SHOWN = 200
_STYLES = {FindingKind.BROKEN: "red", FindingKind.FLAKY: "magenta"}
_OTHER_STYLE = "yellow"


def conversion_tables(report: ConversionReport, out: str) -> Group:
    """Render the report of a conversion."""
    payload = report.payload
    rows = new_table(f"{report.rows} rows written to {one_line(out)}", "what", "number", numbers=1)
    for name, count in report.formats.most_common():
        # plain, here and below: names and ids come from data sets, and must not be read as rich's markup.
        rows.add_row(plain(f"with tests as {name}"), str(count))
    rows.add_row("that could not be converted", str(report.bad))
    rows.add_row("with an id that an earlier row has", str(report.repeated_ids))
    rows.add_row("with tests put elsewhere", str(report.moved))
    sizes = new_table(f"Requests of {payload.batch_size} samples", "what", "size", numbers=1)
    sizes.add_row("a request may have", _format_size(REQUEST_BYTES))
    sizes.add_row("room for each completion", _format_size(payload.completion_bytes))
    sizes.add_row("a batch of average rows", _format_size(payload.mean_batch))
    sizes.add_row("a batch of copies of the largest row", _format_size(payload.largest_batch))
    sizes.add_row("batch size at which every batch fits", str(payload.safe_batch_size))
    parts: list[RenderableType] = [rows, Text(), sizes]
    if payload.too_large:
        parts += [Text(), _oversized_rows(report)]
    return Group(*parts)


def _oversized_rows(report: ConversionReport) -> Table:
    payload = report.payload
    title = f"{payload.too_large} rows are too large for batches of {payload.batch_size}"
    if payload.too_large > _MAX_ROWS_SHOWN:
        title += f" (the first {_MAX_ROWS_SHOWN})"
    table = new_table(title, "row", "id", "size", "fit into a request", numbers=2)
    for row in payload.worst[:_MAX_ROWS_SHOWN]:
        table.add_row(
            plain(one_line(row.place)), plain(one_line(row.id, 60)), _format_size(row.bytes), str(row.fitting)
        )
    return table


def _format_size(size: int) -> str:
    return f"{size / 1024:.1f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.2f} MB"


def check_tables(report: CheckReport) -> Group:
    """Render the report of a check."""
    parts: list[RenderableType] = []
    if report.findings:
        parts += [_findings(report), Text()]
    totals = new_table(f"{report.rows} rows checked in {report.elapsed_s:.1f} s", "what", "number", numbers=1)
    for name, count in report.formats.most_common():
        totals.add_row(plain(f"with tests as {name}"), str(count))
    totals.add_row("tests", str(report.tests))
    totals.add_row("tasks with a solution of their own", str(report.with_solution))
    totals.add_row("solutions that pass every test", f"{report.passing} of {report.solutions}")
    totals.add_row("tasks in which a stub passes a test", str(report.stubs_passing))
    totals.add_row("passed by a trivial answer, on average", f"{100 * report.unskilled_share:.1f} %")
    totals.add_row("answers graded", str(report.runs))
    totals.add_section()
    for kind, count in report.counts.items():
        totals.add_row(Text(kind, style=_style(kind) if count else ""), str(count))
    return Group(*parts, totals)


def _findings(report: CheckReport) -> Table:
    count = len(report.findings)
    title = f"{count} findings" + (
        f" (the first {_MAX_FINDINGS_SHOWN}; --json has all)" if count > _MAX_FINDINGS_SHOWN else ""
    )
    table = new_table(title, "row", "id", "what", "why")
    for finding in report.findings[:_MAX_FINDINGS_SHOWN]:
        kind = Text(finding.kind, style=_style(finding.kind))
        table.add_row(str(finding.row), plain(one_line(finding.id, 60)), kind, plain(finding.detail))
    return table


def _style(kind: str) -> str:
    return _STYLES.get(FindingKind(kind), _OTHER_STYLE)
