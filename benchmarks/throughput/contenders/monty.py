"""pydantic-monty: an interpreter of its own for a part of Python, in a pool of worker processes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pydantic_monty import Monty, MontyError

from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item, Workload


class MontyPool:
    """Workers, one for each CPU, each used again and again."""

    def __init__(self) -> None:
        self._cpus = len(os.sched_getaffinity(0))
        self._pool: Any = Monty(min_processes=self._cpus, max_processes=self._cpus).__enter__()

    def prepare(self, workload: Workload) -> None:
        """Nothing to prepare."""

    def judge(self, workload: Workload) -> list[bool]:
        """Have every answer judged."""

        def judged(item: Item) -> bool:
            try:
                with self._pool.checkout(limits={"max_feed_duration_secs": workload.limit_s}) as session:
                    session.feed_run(f"{item.answer}\n{item.check}\ncheck({item.entry_point})\n")
            except MontyError:
                return False
            return True

        with ThreadPoolExecutor(self._cpus) as threads:
            return list(threads.map(judged, workload.items))

    def told(self) -> dict[str, Any]:
        """Nothing."""
        return {}


if __name__ == "__main__":
    serve(MontyPool())
