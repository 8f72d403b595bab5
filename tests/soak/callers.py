"""Compare the ways to call a grader: right and endless answers by one batch, by threads and by awaits.

``python -m tests.soak.callers``; see also ``make callers``. Prints the time of the last right result of each way, and
its ratio to that of the batch.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.types import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["WAYS", "last_right_s", "samples"]

_REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}
_RIGHT = "```python\ndef add(a, b):\n    return a + b + {0} - {0}\n```"
_ENDLESS = "```python\ndef add(a, b):\n    while True:\n        a += {0}\n```"
_THREADS = 32


def samples(right: int = 100, endless: int = 4) -> list[Sample]:
    """Make right answers after endless ones, all different."""
    return [
        *(Sample(f"endless-{number}", _ENDLESS.format(number), _REFERENCE) for number in range(endless)),
        *(Sample(f"right-{number}", _RIGHT.format(number), _REFERENCE) for number in range(right)),
    ]


def _by_batch(grader: Grader, batch: Sequence[Sample], on_reward: Callable[[float | None], None]) -> None:
    for _, grade in grader.grade_iter(batch):
        on_reward(grade.reward)


def _by_threads(grader: Grader, batch: Sequence[Sample], on_reward: Callable[[float | None], None]) -> None:
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda sample: on_reward(grader.grade(sample).reward), batch))


def _by_awaits(grader: Grader, batch: Sequence[Sample], on_reward: Callable[[float | None], None]) -> None:
    async def grade(sample: Sample) -> None:
        on_reward((await grader.grade_async(sample)).reward)

    async def grade_all() -> None:
        await asyncio.gather(*map(grade, batch))

    asyncio.run(grade_all())


WAYS = {"batch": _by_batch, "threads": _by_threads, "awaits": _by_awaits}


def last_right_s(grader: Grader, way: str, batch: Sequence[Sample]) -> float:
    """Return the seconds until the last right answer of a batch had its grade."""
    times: list[float] = []
    started = time.monotonic()

    def on_reward(reward: float | None) -> None:
        if reward == 1.0:
            times.append(time.monotonic() - started)

    WAYS[way](grader, batch, on_reward)
    return max(times)


def main() -> None:
    """Print a line for each round and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    # Endless answers end soon, but long after the right ones.
    config = GraderConfig(limits=LimitsConfig(cpu_s=2.0, total_cpu_s=2.0))
    with Grader(config) as grader:
        last_right_s(grader, "batch", samples(right=20))  # starts all processes
        for number in range(rounds):
            seconds = {way: last_right_s(grader, way, samples()) for way in WAYS}
            for way, taken in seconds.items():
                print(f"round {number + 1}  {way:8} {taken:6.2f} s  {taken / seconds['batch']:.2f}", flush=True)


if __name__ == "__main__":
    main()
