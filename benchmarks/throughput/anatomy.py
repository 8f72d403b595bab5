"""Part of the benchmark that measures the stages of a sample, and CPU time and memory by process."""

from __future__ import annotations

from statistics import fmean, median
from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.findings import Part, Table, numbers_of
from benchmarks.throughput.measuring import entries_of, measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.throughput.measuring import Measured
    from benchmarks.throughput.setting import Setting

__all__ = ["stages_part"]

_MIN_SHOWN = 0.005
"""Smaller values are not shown."""


def stages_part(setting: Setting) -> Part:
    """Measure the reference solutions of HumanEval, one at a time with one worker, and as a batch with all."""
    contenders = [*roster.stages(setting.target_tiers), *roster.functional(setting.tiers), *roster.full(setting.tiers)]
    measured = measure(entries_of(humaneval(), contenders), setting.rounds, setting.tell)
    stages = {tier.value: _stages(measured, tier.value) for tier in setting.target_tiers}
    batches = {name: one for name, one in measured.figures.items() if name not in stages}
    tables = [
        _columns("Stages: milliseconds of a sample, one at a time with one worker", stages, ".3f"),
        _columns("CPU milliseconds of a sample, by process", {n: o.cpu_ms_by_role for n, o in batches.items()}, ".2f"),
        _columns("Largest resident size of one process, MiB", {n: o.peaks_mb for n, o in batches.items()}, ".1f"),
    ]
    return Part(tables, numbers_of(measured) | {"stages_ms": stages})


def _stages(measured: Measured, name: str) -> dict[str, float]:
    """Return the median over the rounds of the mean over the samples, in milliseconds by stage."""
    runs = [run.details["stages"] for run in measured.runs.get(name, ())]
    return {stage: median(fmean(run[stage]) for run in runs) for stage in runs[0]} if runs else {}


def _columns(title: str, columns: Mapping[str, Mapping[str, float]], form: str) -> Table:
    rows: dict[str, None] = {}
    for column in columns.values():
        rows |= dict.fromkeys(row for row, value in column.items() if value >= _MIN_SHOWN)
    cells = [
        (row, *(format(column[row], form) if row in column else "" for column in columns.values())) for row in rows
    ]
    return Table(title, ("", *columns), cells)
