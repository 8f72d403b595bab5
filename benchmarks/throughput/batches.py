"""Parts of the benchmark that measure batches: groups as in training, and events of the Lambda function."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.throughput import roster
from benchmarks.throughput.datasets import humaneval
from benchmarks.throughput.figures import ratio
from benchmarks.throughput.findings import Part, Table, numbers_of, table_of
from benchmarks.throughput.measuring import entries_of, measure, order_of
from benchmarks.throughput.starting import Start, cold_start, compile_packages
from benchmarks.throughput.synthetic import LOOP_S, groups, loops_of
from benchmarks.throughput.targets import Target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.throughput.contender import Run
    from benchmarks.throughput.measuring import Measured
    from benchmarks.throughput.setting import Setting
    from benchmarks.throughput.workload import Workload

__all__ = ["grpo_part", "handler_part", "start_part"]

_BATCH = 64
_CALM, _ALONE = ", no loops", ", HumanEval"


def grpo_part(setting: Setting) -> Part:
    """Measure groups of answers to the same prompts: the gain by sharing work, and the cost of looping answers."""
    own = [*roster.functional(setting.target_tiers), *roster.full(setting.target_tiers)]
    looping, calm, alone = groups(), groups(loops=False), humaneval()
    entries = [
        *entries_of(looping, [*own, *roster.floors()[:2], *setting.peers]),
        *entries_of(calm, own, _CALM),
        *entries_of(replace(alone, environ=calm.environ), own, _ALONE),
    ]
    measured = measure(entries, setting.rounds, setting.tell)
    targets = []
    for contender in own:
        names = contender.name, f"{contender.name}{_CALM}", f"{contender.name}{_ALONE}"
        if all(name in measured.figures for name in names):
            targets += _grpo_targets(measured, *names, loops_of(looping))
    title = f"GRPO: 32 prompts x 8 answers, {len(loops_of(looping))} of which loop for {LOOP_S:g} s of a CPU"
    return Part([table_of(title, measured, floor=roster.FORK)], numbers_of(measured), targets)


def _grpo_targets(measured: Measured, looping: str, calm: str, alone: str, loops: Sequence[int]) -> list[Target]:
    figures = measured.figures
    with_loops, without = measured.runs[looping], measured.runs[calm]
    samples = len(with_loops[0].passed)
    loops_ms = (figures[looping].cpu_ms - figures[calm].cpu_ms) * samples / len(loops)
    slowdown = median(
        _others_done_s(one, loops) / _others_done_s(other, loops)
        for one, other in zip(with_loops, without, strict=True)
    )
    return [
        Target(
            f"GRPO: {looping} compared with itself on HumanEval",
            2.0,
            ratio(figures[calm].rates, figures[alone].rates),
            by_cpu=figures[alone].cpu_ms / figures[calm].cpu_ms,
        ),
        Target(
            f"GRPO: CPU time of a loop, in units of its budget: {looping}", 1.1, loops_ms / 1000 / LOOP_S, at_most=True
        ),
        Target(f"GRPO: the others' median completion with loops: {looping}", 1.1, slowdown, at_most=True),
    ]


def _others_done_s(run: Run, loops: Sequence[int]) -> float:
    """Return the seconds until half of the samples that do not loop were done."""
    done_s: list[float] = run.details["done_s"]
    return median(done for index, done in enumerate(done_s) if index not in loops)


def handler_part(setting: Setting) -> Part:
    """Measure a batch of 64 with the Lambda handler, in a new process and in a warm one."""
    workload = replace(humaneval(), name="batch of 64")
    workload = workload.only(workload.items[:_BATCH], "batch of 64")
    warm = measure(entries_of(workload, roster.handler(setting.target_tiers)), setting.rounds, setting.tell)
    cold = _starts(setting, workload, plain=False)
    rows = [(name, f"{_BATCH / one.rate:.3f}", f"{one.rate:.1f}") for name, one in warm.figures.items()]
    cold_s = {name: [one.seconds for one in starts] for name, starts in cold.items()}
    rows += [(name, f"{median(times):.3f}", f"{_BATCH / median(times):.1f}") for name, times in cold_s.items()]
    notes = [f"{name} could not be measured: {reason}" for name, reason in warm.failed.items()]
    table = Table("Handler: one event with 64 HumanEval samples, full reward", ("", "s", "samples/s"), rows, notes)
    return Part([table], numbers_of(warm) | {"cold_s": cold_s})


def start_part(setting: Setting) -> Part:
    """Measure the time from the start of a process to its response to an event with one sample."""
    workload = humaneval()
    starts = _starts(setting, workload.only(workload.items[:1], "one sample"), plain=True)
    times = {name: [one.seconds for one in runs] for name, runs in starts.items()}
    spent = {name: [one.cpu_s for one in runs] for name, runs in starts.items()}
    targets = [
        Target(
            f"Start: {name} compared with {_PLAIN}",
            3.0,
            ratio(one, times[_PLAIN]),
            at_most=True,
            by_cpu=ratio(spent[name], spent[_PLAIN]),
        )
        for name, one in times.items()
        if name != _PLAIN
    ]
    rows = [
        (
            name,
            f"{median(one):.3f}",
            f"{ratio(one, times[_PLAIN]):.2f}",
            f"{median(spent[name]):.3f}",
            f"{ratio(spent[name], spent[_PLAIN]):.2f}",
        )
        for name, one in times.items()
    ]
    columns = ("", "s", f"x {_PLAIN}", "CPU s", f"x {_PLAIN}")
    table = Table("Start: from the start of a process to its first response", columns, rows)
    return Part([table], {"seconds": times, "cpu_s": spent}, targets)


_PLAIN = "black and pyflakes"


def _starts(setting: Setting, workload: Workload, *, plain: bool) -> dict[str, list[Start]]:
    """Start a new process for each kind and round; a first start of each kind, which fills caches, does not count."""
    kinds: dict[str, tuple[str, dict[str, str]]] = {_PLAIN: ("plain", {})} if plain else {}
    for tier in setting.target_tiers:
        kinds[f"handler, cold [{tier.value}]"] = ("grader", {"GRADER_ISOLATION": tier.value})
    starts: dict[str, list[Start]] = {name: [] for name in kinds}
    compile_packages()
    with tempfile.TemporaryDirectory() as folder:
        event = Path(folder, "event.json")
        event.write_text(json.dumps(workload.event()), "utf-8")
        for number in range(-1, setting.rounds):
            for name in order_of(list(kinds), max(number, 0)):
                kind, environ = kinds[name]
                setting.tell(f"{workload.name}: {name}")
                start = cold_start(kind, event, 1 if kind == "plain" else len(workload.items), environ)
                if number >= 0:
                    starts[name].append(start)
    return starts
