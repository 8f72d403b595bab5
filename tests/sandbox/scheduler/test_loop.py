"""The event loop that waits for processes."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.scheduler.loop import CancelledError, Future, Loop, pause, readable, settled, writable
from tests.sandbox.scheduler.coroutines import giving, soon

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def other_pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe2(os.O_NONBLOCK)
    yield ends
    for end in ends:
        os.close(end)


async def value_of(future: Future[Any]) -> Any:
    return await future


async def failing(error: BaseException) -> Any:
    raise error


class TestRun:
    def test_gives_the_results_in_order(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def late() -> str:
            await readable(pipe[0], soon())
            return "late"

        assert loop.run([late(), giving("early")]) == ["late", "early"]
        assert loop.run([]) == []

    def test_may_be_called_again_after_errors(self, loop: Loop) -> None:
        with pytest.raises(KeyError):
            loop.run([failing(KeyError("x"))])
        assert loop.run([giving(1)]) == [1]

    def test_raises_the_first_error_once_all_are_done(self, loop: Loop, pipe: tuple[int, int]) -> None:
        done = []

        async def late() -> None:
            await readable(pipe[0], soon())
            done.append("late")

        with pytest.raises(KeyError, match="first"):
            loop.run([late(), failing(KeyError("first")), failing(ValueError("second"))])
        assert done == ["late"]

    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
    def test_raises_interrupts_and_exits_at_once(
        self, loop: Loop, pipe: tuple[int, int], error: type[BaseException]
    ) -> None:
        async def forever() -> None:
            await readable(pipe[0], math.inf)

        waiting = forever()
        with pytest.raises(error):
            loop.run([waiting, failing(error())])
        waiting.close()

    def test_raises_when_every_task_waits_for_another(self, loop: Loop) -> None:
        waiting = value_of(Future())
        with pytest.raises(AssertionError, match="every task waits for another"):
            loop.run([waiting])
        waiting.close()

    def test_raises_when_two_tasks_wait_for_one_descriptor(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def wait() -> bool:
            return await readable(pipe[0], soon())

        tasks = [wait(), wait()]
        with pytest.raises(AssertionError, match="two tasks wait for one descriptor"):
            loop.run(tasks)
        for task in tasks:
            task.close()


class TestFuture:
    def test_gives_its_value_to_all_who_wait(self, loop: Loop) -> None:
        future: Future[int] = Future()

        async def give() -> None:
            future.set(7)

        assert loop.run([value_of(future), value_of(future), give()]) == [7, 7, None]

    def test_that_is_done_is_no_wait(self, loop: Loop) -> None:
        future: Future[None] = Future()
        future.set(None)
        assert loop.run([value_of(future)]) == [None]
        assert future.done

    def test_takes_the_first_outcome_only(self) -> None:
        future: Future[int] = Future()
        future.set(1)
        future.set(2)
        future.fail(ValueError())
        assert future.outcome() == 1
        failed: Future[int] = Future()
        failed.fail(KeyError("first"))
        failed.set(1)
        with pytest.raises(KeyError, match="first"):
            failed.outcome()

    def test_raises_what_it_failed_with_where_it_is_awaited(self, loop: Loop) -> None:
        future: Future[int] = Future()

        async def catch() -> str:
            try:
                await future
            except KeyError as error:
                return f"caught {error}"
            return "nothing"

        async def fail() -> None:
            future.fail(KeyError("x"))

        assert loop.run([catch(), fail()]) == ["caught 'x'", None]


class TestSpawn:
    def test_runs_beside_the_others(self, loop: Loop) -> None:
        async def parent() -> int:
            return await loop.spawn(giving(3)) + await loop.spawn(giving(4))

        assert loop.run([parent()]) == [7]

    def test_raises_errors_where_it_is_awaited(self, loop: Loop) -> None:
        async def parent() -> str:
            try:
                await loop.spawn(failing(KeyError("x")))
            except KeyError:
                return "caught"
            return "nothing"

        assert loop.run([parent()]) == ["caught"]

    def test_goes_on_in_the_next_run(self, loop: Loop, pipe: tuple[int, int]) -> None:
        """As the measuring of style may, when nothing waits for it any more."""
        seen = []

        async def late() -> None:
            seen.append(await readable(pipe[0], math.inf))

        async def parent() -> None:
            loop.spawn(late())

        loop.run([parent()])
        assert seen == []
        os.write(pipe[1], b"x")

        async def wait() -> None:
            while not seen:
                await loop.spawn(giving(None))
                await writable(pipe[1], soon())

        loop.run([wait()])
        assert seen == [True]


class TestWaiting:
    def test_returns_whether_it_became_readable(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def wait() -> bool:
            return await readable(pipe[0], soon())

        assert loop.run([wait()]) == [False]
        os.write(pipe[1], b"x")
        assert loop.run([wait()]) == [True]

    def test_returns_whether_it_became_writable(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def wait() -> bool:
            return await writable(pipe[1], soon())

        assert loop.run([wait()]) == [True]
        while True:
            try:
                os.write(pipe[1], b"x" * 65536)
            except BlockingIOError:
                break
        assert loop.run([wait()]) == [False]

    def test_wakes_when_the_other_end_is_closed(self, loop: Loop) -> None:
        reader, writer = os.pipe()
        os.close(writer)

        async def wait() -> bool:
            return await readable(reader, math.inf)

        try:
            assert loop.run([wait()]) == [True]
        finally:
            os.close(reader)

    def test_polls_once_even_after_the_deadline(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def wait() -> bool:
            return await readable(pipe[0], time.monotonic() - 1)

        assert loop.run([wait()]) == [False]
        os.write(pipe[1], b"x")
        assert loop.run([wait()]) == [True]

    def test_keeps_each_deadline(self, loop: Loop, pipe: tuple[int, int], other_pipe: tuple[int, int]) -> None:
        started = time.monotonic()

        async def wait(descriptor: int, deadline: float) -> float:
            assert not await readable(descriptor, deadline)
            return time.monotonic() - deadline

        late = loop.run([wait(pipe[0], started + 0.2), wait(other_pipe[0], started + 0.05)])
        assert all(0 <= seconds < 5 for seconds in late)

    def test_ends_when_another_task_writes(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def read() -> bytes:
            assert await readable(pipe[0], math.inf)
            return os.read(pipe[0], 9)

        async def write() -> None:
            await writable(pipe[1], math.inf)
            os.write(pipe[1], b"word")

        assert loop.run([read(), write()]) == [b"word", None]

    def test_is_not_busy(self, loop: Loop, pipe: tuple[int, int], other_pipe: tuple[int, int]) -> None:
        async def wait(descriptor: int) -> bool:
            return await readable(descriptor, soon(0.4))

        before = time.process_time()
        assert loop.run([wait(pipe[0]), wait(other_pipe[0])]) == [False, False]
        assert time.process_time() - before < 0.1

    def test_of_one_task_is_not_starved_by_another_that_is_always_ready(
        self, loop: Loop, pipe: tuple[int, int], other_pipe: tuple[int, int]
    ) -> None:
        os.write(pipe[1], b"x")
        rounds, ends = 0, []

        async def greedy() -> None:
            nonlocal rounds
            while len(ends) < 2:
                assert await readable(pipe[0], math.inf)
                rounds += 1
                if rounds == 1000:
                    os.write(other_pipe[1], b"x")

        async def patient(descriptor: int, event: Any, deadline: float) -> None:
            ends.append(await event(descriptor, deadline))

        full = os.dup(other_pipe[0])
        try:
            loop.run([greedy(), patient(other_pipe[0], readable, math.inf), patient(full, writable, soon())])
        finally:
            os.close(full)
        assert sorted(ends) == [False, True]
        assert rounds >= 1000


class TestRunIter:
    def test_yields_items_while_coroutines_wait(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def produce() -> None:
            loop.emit(1)
            loop.emit(2)
            await readable(pipe[0], math.inf)
            loop.emit(3)

        items = loop.run_iter([loop.spawn(produce())])
        assert [next(items), next(items)] == [1, 2]
        os.write(pipe[1], b"x")
        assert list(items) == [3]

    def test_a_run_yields_no_items_of_one_that_was_given_up(self, loop: Loop, pipe: tuple[int, int]) -> None:
        async def produce() -> None:
            loop.emit("old")
            loop.emit("old")
            await readable(pipe[0], math.inf)

        items = loop.run_iter([loop.spawn(produce())])
        next(items)
        items.close()
        loop.close()
        assert list(loop.run_iter([loop.spawn(giving(None))])) == []

    def test_close_runs_the_finally_clauses_of_every_coroutine(self, loop: Loop, pipe: tuple[int, int]) -> None:
        ended = []

        async def hold(name: str) -> None:
            try:
                await readable(pipe[0], math.inf) if name == "waiting" else await value_of(Future())
            finally:
                ended.append(name)

        items = loop.run_iter([loop.spawn(hold("waiting")), loop.spawn(hold("parked")), loop.spawn(emit(loop))])
        next(items)
        loop.close()
        assert sorted(ended) == ["parked", "waiting"]


async def emit(loop: Loop) -> None:
    loop.emit(None)


def test_a_pause_lets_the_others_go_on_for_its_time_and_leaves_no_descriptor() -> None:
    order: list[str] = []

    async def patient() -> None:
        order.append("pauses")
        await pause(0.05)
        order.append("goes on")

    async def other() -> None:
        for step in range(3):
            order.append(f"step {step}")
            await pause(0.0)

    before = len(list(Path("/proc/self/fd").iterdir()))
    Loop().run([patient(), other()])
    assert order == ["pauses", "step 0", "step 1", "step 2", "goes on"]
    assert len(list(Path("/proc/self/fd").iterdir())) == before


class TestCancel:
    @pytest.mark.parametrize("place", ["descriptor", "future", "future with a deadline", "ready", "not begun"])
    def test_raises_where_the_coroutine_waits_and_lets_it_clear_up(
        self, loop: Loop, pipe: tuple[int, int], place: str
    ) -> None:
        log = []

        async def work() -> None:
            try:
                match place:
                    case "descriptor":
                        await readable(pipe[0], math.inf)
                    case "future":
                        await value_of(Future())
                    case "future with a deadline":
                        await settled(Future(), time.monotonic() + 1000)
                    case _:
                        await pause(0)
            finally:
                await loop.spawn(giving(None))
                log.append("cleared up")

        async def main() -> None:
            task = loop.spawn(work())
            if place != "not begun":
                await loop.spawn(giving(None))
            loop.cancel(task)
            loop.cancel(task)
            with pytest.raises(CancelledError):
                await task
            loop.cancel(task)

        loop.run([main()])
        assert log == ([] if place == "not begun" else ["cleared up"])
        assert not loop._unfinished
        assert not loop._waiting

    def test_a_descriptor_is_not_watched_any_more_at_once(self, loop: Loop) -> None:
        reader, writer = os.pipe()

        async def wait() -> None:
            await readable(reader, math.inf)

        async def main() -> None:
            task = loop.spawn(wait())
            await loop.spawn(giving(None))
            loop.cancel(task)
            os.close(reader)
            os.close(writer)
            await pause(0.01)

        loop.run([main()])


class TestSettled:
    def test_ends_with_the_future_or_at_the_deadline(self, loop: Loop) -> None:
        early: Future[int] = Future()
        log = []

        async def wait(future: Future[int], deadline: float) -> None:
            log.append(await settled(future, deadline))

        async def main() -> None:
            await pause(0.01)
            early.set(1)

        loop.run([wait(early, soon() + 1000), wait(early, math.inf), main(), wait(Future(), soon())])
        assert sorted(log) == [False, True, True]

    def test_timers_that_are_out_of_date_are_dropped(self, loop: Loop) -> None:
        async def main() -> None:
            for _ in range(1000):
                future: Future[int] = Future()
                waiting = loop.spawn(wait(future))
                await pause(0)
                future.set(1)
                await waiting

        async def wait(future: Future[int]) -> None:
            assert await settled(future, time.monotonic() + 1000)

        loop.run([main()])
        assert len(loop._timers) < 200
        assert loop._timed == 0
