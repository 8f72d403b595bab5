"""Tables of a conformance report for a terminal."""

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
    """Attacks by family, what did not hold, and what became of the host."""
    parts: list[RenderableType] = [Text(), _families_table(report)]
    if any(outcome.status is not AttackStatus.HELD for outcome in report.results):
        parts += [Text(), _failures_table(report)]
    return Group(*parts, Text(), _host_table(report))


def _families_table(report: ConformanceReport) -> Table:
    table = new_table(f"Attacks, in {report.duration_s:.0f} s", "family", "what it tries", "held", "of", numbers=2)
    of = Counter(outcome.attack.family for outcome in report.results)
    held = Counter(outcome.attack.family for outcome in report.results if outcome.status is AttackStatus.HELD)
    for family, what in families().items():
        if of[family]:
            style = "green" if held[family] == of[family] else "bold red"
            table.add_row(plain(family), plain(what), Text(str(held[family]), style=style), str(of[family]))
    return table


def _failures_table(report: ConformanceReport) -> Table:
    table = new_table("What did not hold", "family", "attack", "status", "detail")
    for outcome in report.results:
        if outcome.status is not AttackStatus.HELD:
            status = Text(outcome.status.value, style="bold red")
            table.add_row(
                plain(outcome.attack.family), plain(outcome.attack.name), status, plain(one_line(outcome.detail))
            )
    return table


def _host_table(report: ConformanceReport) -> Table:
    table = new_table("Afterwards", "check", "held", "detail")
    for check in report.host:
        held = Text("yes", style="green") if check.held else Text("no", style="bold red")
        table.add_row(plain(check.name), held, plain(one_line(check.detail)))
    return table
