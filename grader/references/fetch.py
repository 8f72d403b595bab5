"""Fetch references in threads, beside the grading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from grader.background import BackgroundCalls, DeadlinePassedError, NoThreadError
from grader.references.locate import StoreError
from sandbox.scheduler.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.references.documents import ReferenceFile
    from grader.references.locate import Location

__all__ = ["FetchOne", "FetchedBytes", "ParallelFetch", "check_size"]


_MB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchedBytes:
    """Content of a location."""

    data: bytes
    tag: str | None
    """ETag, or what stands for it: a location with the same tag has the same bytes. ``None`` where there is no tag."""


def check_size(size: int, cap: int) -> None:
    """Check the size of a location.

    Raises:
        StoreError: it has more than `cap` bytes.
    """
    # Called twice for each location: with the size that it claims, and with the bytes that were read.
    if size > cap:
        raise StoreError(f"is larger than the {cap / _MB:g} MiB that max_object_mb allows")


FetchOne: TypeAlias = "Callable[[Location], ReferenceFile]"

_DEADLINE_PASSED: Final = "was not fetched before the deadline"


class ParallelFetch:
    """Fetches locations in threads, each once. A context manager.

    Args:
        locations: the locations; fetching begins at once.
        obtain: fetches one, and raises `StoreError`. Called in the threads.
        threads: maximum number of threads.
        deadline: time after which nothing is waited for (`time.monotonic`).
    """

    def __init__(self, locations: Iterable[Location], obtain: FetchOne, *, threads: int, deadline: float) -> None:
        self._obtain = obtain
        self._calls = BackgroundCalls(obtain, threads=threads, deadline=deadline, name="fetch")
        self._futures = {location: self._calls.submit(location) for location in locations}
        self._calls.finish()

    async def deliver(self) -> None:
        """Deliver the results to coroutines that await them. Runs in the loop, beside `result`."""
        await self._calls.deliver()

    async def result(self, location: Location) -> ReferenceFile | StoreError:
        """Return the file of one location, or the reason why it could not be fetched."""
        try:
            try:
                return await self._futures[location]
            except NoThreadError:  # holds up the loop, but the batch gets its tests
                return self._obtain(location)
        except StoreError as error:
            return error
        except DeadlinePassedError:
            return StoreError(_DEADLINE_PASSED, transient=True)
        except Exception as error:  # noqa: BLE001 - one reference is one sample's matter, whatever is wrong with it
            return StoreError(f"could not be fetched: {type(error).__name__}")

    def wait(self) -> dict[Location, ReferenceFile | StoreError]:
        """Wait for all results, in a loop of its own."""
        # For commands, which have no loop that runs; the grader awaits `result` in its own.
        results = {}

        async def collect() -> None:
            for location in self._futures:
                results[location] = await self.result(location)

        Loop().run([self.deliver(), collect()])
        return results

    def close(self) -> None:
        """Fetch no more."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
