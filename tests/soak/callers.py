"""Compare the ways to call a grader: right and endless answers by one batch, by threads, by awaits and over HTTP.

``python -m tests.soak.callers``; see also ``make callers``. Prints the time of the last right result of each way, and
its ratio to that of the batch; at the end, the medians of all rounds. Rounds begin with another way each time.

The batch reads its samples before it grades any, the shortest first. So that this is no advantage of the batch, endless
answers are shorter than right ones here: every way meets them first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from statistics import median
from typing import TYPE_CHECKING

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.types import Sample
from tests.soak.service import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["WAYS", "last_right_s", "samples"]

_REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}
_RIGHT = "```python\ndef add(a, b):\n    total = a + b\n    return total + {0} - {0}  # by two steps\n```"
_ENDLESS = "```python\ndef add(a, b):\n    while True:\n        a += {0}\n```"
_THREADS = 32
_LIMITS = LimitsConfig(cpu_s=2.0, total_cpu_s=2.0)


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


def _over_http(grader: Grader, batch: Sequence[Sample], on_reward: Callable[[float | None], None]) -> None:
    """Ask a service, whose grader is this one, from as many connections as there are threads otherwise."""
    here = threading.local()
    connections: list[HTTPConnection] = []

    def ask(port: int, sample: Sample) -> None:
        if not hasattr(here, "connection"):
            here.connection = HTTPConnection("127.0.0.1", port, timeout=200)
            connections.append(here.connection)
        body = json.dumps({"response": sample.completion, "label": sample.reference, "prompt": ""})
        here.connection.request("POST", "/slime", body)
        on_reward(json.loads(here.connection.getresponse().read()))

    with serving(grader) as port, ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(lambda sample: ask(port, sample), batch))
        for connection in connections:
            connection.close()


WAYS = {"batch": _by_batch, "threads": _by_threads, "awaits": _by_awaits, "http": _over_http}


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
    config = replace(GraderConfig.load(None, {"GRADER_REWARD_PRESET": "binary"}), limits=_LIMITS)
    taken: dict[str, list[float]] = {way: [] for way in WAYS}
    with Grader(config) as grader:
        last_right_s(grader, "batch", samples(right=20))  # starts all processes
        for number in range(rounds):
            first = number % len(WAYS)
            for way in [*WAYS, *WAYS][first : first + len(WAYS)]:
                taken[way].append(last_right_s(grader, way, samples()))
            for way, seconds in taken.items():
                ratio = seconds[-1] / taken["batch"][-1]
                print(f"round {number + 1}  {way:8} {seconds[-1]:6.2f} s  {ratio:.2f}", flush=True)
    for way, seconds in taken.items():
        print(f"median   {way:8} {median(seconds):6.2f} s  {median(seconds) / median(taken['batch']):.2f}")


if __name__ == "__main__":
    main()
