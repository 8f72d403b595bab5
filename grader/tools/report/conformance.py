"""Tables of a conformance report: attacks by family, failures, and checks of the host."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from grader.text import one_line
from grader.tools.report.tables import new_table, plain
from sandbox.conformance.attacks import families
from sandbox.conformance.kit import AttackStatus

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from sandbox.conformance.kit import ConformanceReport

__all__ = ["conformance_tables"]


def conformance_tables(report: ConformanceReport) -> Group:
    """Make the tables of attacks by family, attacks that succeeded, and checks of the host afterwards."""
    parts: list[RenderableType] = [Text(), _families_table(report)]
    if any(result.status is not AttackStatus.HELD for result in report.results):
        parts += [Text(), _failures_table(report)]
    return Group(*parts, Text(), _host_table(report))


def _families_table(report: ConformanceReport) -> Table:
    table = new_table(f"Attacks ({report.duration_s:.0f} s)", "family", "description", "stopped", "of", numbers=2)
    total = Counter(result.attack.family for result in report.results)
    stopped = Counter(result.attack.family for result in report.results if result.status is AttackStatus.HELD)
    for family, description in families().items():
        if total[family]:
            style = "green" if stopped[family] == total[family] else "bold red"
            cells = plain(family), plain(description), Text(str(stopped[family]), style=style), str(total[family])
            table.add_row(*cells)
    return table


def _failures_table(report: ConformanceReport) -> Table:
    table = new_table("Attacks that were not stopped", "family", "attack", "status", "detail")
    for result in report.results:
        if result.status is not AttackStatus.HELD:
            status = Text(result.status.value, style="bold red")
            table.add_row(
                plain(result.attack.family), plain(result.attack.name), status, plain(one_line(result.detail))
            )
    return table


def _host_table(report: ConformanceReport) -> Table:
    table = new_table("Host after the attacks", "check", "passed", "detail")
    for check in report.host:
        passed = Text("yes", style="green") if check.held else Text("no", style="bold red")
        table.add_row(plain(check.name), passed, plain(one_line(check.detail)))
    return table
