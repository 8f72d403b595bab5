"""Measures contenders side by side: in every round each judges the workload once, in turn."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from benchmarks.throughput.contender import ContenderFailedError, Running
from benchmarks.throughput.figures import figures_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.throughput.contender import Contender, Run
    from benchmarks.throughput.figures import Figures
    from benchmarks.throughput.workload import Workload

__all__ = ["measure", "order_of"]


def measure(
    workload: Workload, contenders: Sequence[Contender], rounds: int, tell: Callable[[str], None] = lambda _: None
) -> tuple[dict[str, Figures], dict[str, list[Run]], dict[str, str]]:
    """Have contenders judge a workload.

    Args:
        workload: the batch.
        contenders: those that can judge it.
        rounds: how many times.
        tell: told what is being done.

    Returns:
        For each contender by its name the figures, and its runs; and for each that could not be measured the reason.
    """
    runs: dict[str, list[Run]] = {}
    failed: dict[str, str] = {}
    with ExitStack() as stack:
        running: dict[str, Running] = {}
        for contender in contenders:
            tell(f"{workload.name}: {contender.name} warms up")
            one = stack.enter_context(Running(contender))
            try:
                one.prepare(workload)
            except ContenderFailedError as error:
                failed[contender.name] = str(error)
                continue
            running[contender.name] = one
            runs[contender.name] = []
        for number in range(rounds):
            for name in order_of(list(running), number):
                if name in failed:
                    continue
                tell(f"{workload.name}: round {number + 1} of {rounds}, {name}")
                try:
                    runs[name].append(running[name].run(number))
                except ContenderFailedError as error:
                    failed[name] = str(error)
    right = [item.right for item in workload.items]
    found = {name: figures_of(done, workload.units, right) for name, done in runs.items() if name not in failed}
    return found, runs, failed


def order_of(names: Sequence[str], number: int) -> list[str]:
    """The order of a round: each time another one begins, so that none always follows the same one."""
    start = number % len(names) if names else 0
    return [*names[start:], *names[:start]]
