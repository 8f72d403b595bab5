"""The table of rewards before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.tools.report.tables import new_table

if TYPE_CHECKING:
    from rich.table import Table

    from grader.tools.reweigh.reweigh import Reweighing

__all__ = ["reweighing_table"]


def reweighing_table(reweighing: Reweighing) -> Table:
    """Make the table of a comparison."""
    counts = f"{reweighing.samples} samples, {reweighing.changed} with another reward"
    if reweighing.unscored:
        counts += f", {reweighing.unscored} unscored"
    table = new_table(counts, "statistic", "before", "after", numbers=2)
    table.add_row("mean reward", _number(reweighing.before.mean), _number(reweighing.after.mean))
    before, after = reweighing.distribution_before.percentiles(), reweighing.distribution_after.percentiles()
    for percent in after:
        table.add_row(f"reward, percentile {percent}", _number(before[percent]), _number(after[percent]))
    if reweighing.groups:
        spread = (f"{count} of {reweighing.groups}" for count in reweighing.without_spread)
        table.add_row("groups without spread", *spread)
        table.add_row("groups that differ in style alone", "", f"{len(reweighing.style_alone)} of {reweighing.groups}")
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
