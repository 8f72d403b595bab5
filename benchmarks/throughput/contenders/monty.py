"""pydantic-monty: an interpreter for a subset of Python, in a pool of worker processes."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from pydantic_monty import Monty, MontyError

from benchmarks.throughput.serving import serve

if TYPE_CHECKING:
    from benchmarks.throughput.workload import Item, Workload


class MontyPool:
    """Pool of processes, one for each CPU, which are reused."""

    def __init__(self) -> None:
        self._cpus = len(os.sched_getaffinity(0))
        self._pool: Any = Monty(min_processes=self._cpus, max_processes=self._cpus).__enter__()

    def prepare(self, workload: Workload) -> None:
        """Do nothing: no preparation is needed."""

    def judge(self, workload: Workload) -> list[bool]:
        """Judge every answer."""

        def judged(item: Item) -> bool:
            try:
                with self._pool.checkout(limits={"max_feed_duration_secs": workload.limit_s}) as session:
                    session.feed_run(f"{item.answer}\n{item.check}\ncheck({item.entry_point})\n")
            except MontyError:
                return False
            return True

        with ThreadPoolExecutor(self._cpus) as threads:
            return list(threads.map(judged, workload.items))

    def details(self) -> dict[str, Any]:
        """Return no details."""
        return {}


if __name__ == "__main__":
    serve(MontyPool())
