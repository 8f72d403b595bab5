"""Calls in threads: results, deadlines, and the end of the threads."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

from grader.background import BackgroundCalls, DeadlinePassedError, NoThreadError
from sandbox.scheduler.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest


def outcomes(
    function: Callable[[int], int], keys: Iterable[int], *, threads: int = 4, deadline: float = math.inf
) -> list[int | type[Exception]]:
    """Call a function with every key; return the result or the type of the error of each."""
    loop = Loop()
    results: list[int | type[Exception]] = []

    async def collect() -> None:
        futures = [calls.submit(key) for key in keys]
        calls.finish()
        for future in futures:
            try:
                results.append(await future)
            except Exception as error:  # noqa: BLE001 - which it is, is what is tested
                results.append(type(error))

    with BackgroundCalls(function, threads=threads, deadline=deadline, name="test") as calls:
        loop.run([calls.deliver(), collect()])
    return results


def test_results_and_errors_arrive_where_they_are_awaited() -> None:
    def half(key: int) -> int:
        if key % 2:
            raise ValueError
        return key // 2

    assert outcomes(half, range(50)) == [ValueError if key % 2 else key // 2 for key in range(50)]


def test_an_open_key_is_called_once() -> None:
    called: list[int] = []
    assert outcomes(lambda key: called.append(key) or key, [1, 2, 1, 2, 1], threads=1) == [1, 2, 1, 2, 1]
    assert sorted(called) == [1, 2]


def test_one_call_that_hangs_does_not_outlast_the_deadline() -> None:
    """Nothing else wakes the loop here."""
    release = threading.Event()
    started = time.monotonic()
    assert outcomes(lambda _: release.wait(60), [1], deadline=started + 0.3) == [DeadlinePassedError]
    release.set()
    assert time.monotonic() - started < 30


def test_a_call_that_is_submitted_while_the_loop_waits_has_the_deadline_too() -> None:
    release = threading.Event()
    loop = Loop()

    async def submit_later() -> str:
        await loop.spawn(pause())
        try:
            await calls.submit(1)
        except DeadlinePassedError:
            return "late"
        finally:
            calls.finish()
        return "in time"

    async def pause() -> None:
        return None

    with BackgroundCalls(lambda _: release.wait(60), threads=1, deadline=time.monotonic() + 0.3, name="test") as calls:
        _, result = loop.run([calls.deliver(), submit_later()])
    release.set()
    assert result == "late"


def test_after_the_deadline_nothing_is_called() -> None:
    called: list[int] = []
    late = time.monotonic()
    assert outcomes(lambda key: called.append(key) or key, [1, 2], deadline=late) == [DeadlinePassedError] * 2
    assert called == []


def test_a_host_that_refuses_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert outcomes(lambda key: key, [1, 2]) == [NoThreadError] * 2


def test_closing_twice_and_finishing_afterwards_do_no_harm() -> None:
    calls = BackgroundCalls(lambda key: key, threads=1, deadline=math.inf, name="test")
    calls.close()
    calls.close()
    calls.finish()
