"""Many callers of one grader: threads, awaits, iterators and batches, their deadlines, and what they give up."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from grader.types import BadSample, Grade, GradeStatus, Sample
from sandbox.scheduler.reaper import tagged_pids
from testcases.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}]}
RIGHT = "```python\ndef add(a, b):\n    return a + b + {0} - {0}\n```"
ENDLESS = "```python\ndef add(a, b):\n    while True:\n        a += {0}\n```"
ASLEEP = "```python\nimport time\n\n\ndef add(a, b):\n    time.sleep(600 + {0})\n```"


def right(number: int) -> Sample:
    return Sample(f"right-{number}", RIGHT.format(number), REFERENCE)


def endless(number: int) -> Sample:
    return Sample(f"endless-{number}", ENDLESS.format(number), REFERENCE)


def asleep(number: int) -> Sample:
    return Sample(f"asleep-{number}", ASLEEP.format(number), REFERENCE)


def mixed(rights: int = 100) -> list[Sample]:
    """Right answers after four endless ones."""
    return [*map(endless, range(4)), *map(right, range(rights))]


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + 100
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def essence(grade: Grade) -> tuple[Any, ...]:
    """What must not depend on who else calls."""
    return (
        grade.sample_id, grade.status, grade.reward, grade.tests, grade.reason, grade.answer, grade.problem,
        grade.style_findings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    """Two workers, and as much time as ends no answer that is right on a busy host."""
    config = GraderConfig(workers=2, limits=LimitsConfig(cpu_s=2.0, total_cpu_s=2.0))
    with Grader(config) as grader:
        yield grader


@pytest.fixture
def lone_grader() -> Iterator[Grader]:
    """One worker, and no spare executor."""
    config = GraderConfig(workers=1)
    with Grader(config) as grader:
        yield grader


# Ways to have many samples graded: each returns the grades in the order in which they were there


def by_batch(grader: Grader, samples: Sequence[Sample]) -> list[Grade]:
    return [grade for _, grade in grader.grade_iter(samples)]


def by_threads(grader: Grader, samples: Sequence[Sample]) -> list[Grade]:
    ended: list[Grade] = []
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda sample: ended.append(grader.grade(sample)), samples))
    return ended


def by_awaits(grader: Grader, samples: Sequence[Sample]) -> list[Grade]:
    ended: list[Grade] = []

    async def grade(sample: Sample) -> None:
        ended.append(await grader.grade_async(sample))

    async def grade_all() -> None:
        await asyncio.gather(*map(grade, samples))

    asyncio.run(grade_all())
    return ended


def by_two_event_loops(grader: Grader, samples: Sequence[Sample]) -> list[Grade]:
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda half: by_awaits(grader, half), (samples[::2], samples[1::2]))
        return [grade for half in halves for grade in half]


@pytest.mark.slow
@pytest.mark.timeout(500)
def test_right_answers_wait_for_no_endless_ones_and_grades_are_equal(grader: Grader) -> None:
    samples = mixed()
    seen = {}
    for way in (by_batch, by_threads, by_awaits):
        ended = way(grader, samples)
        # When the hundredth right answer has its grade, no endless one has.
        assert [grade.reward for grade in ended[:100]] == [1.0] * 100, way.__name__
        seen[way.__name__] = sorted(map(essence, ended))
    assert seen["by_batch"] == seen["by_threads"] == seen["by_awaits"]


@pytest.mark.parametrize("way", [by_threads, by_awaits])
def test_right_answers_come_before_endless_ones_that_began_first(grader: Grader, way: Any) -> None:
    ended = way(grader, mixed(20))
    assert [grade.reward for grade in ended[:20]] == [1.0] * 20
    assert [grade.tests[0].verdict for grade in ended[20:]] == [Verdict.TIMEOUT] * 4


def test_event_loops_of_several_threads_share_a_grader(grader: Grader) -> None:
    ended = by_two_event_loops(grader, [right(number) for number in range(12)])
    assert sorted((grade.sample_id, grade.reward) for grade in ended) == sorted((f"right-{n}", 1.0) for n in range(12))


def test_a_call_with_one_sample_comes_before_a_batch_is_done(lone_grader: Grader) -> None:
    """Fair between callers: the batch has all slots, and as many samples again that wait for them."""
    batch = lone_grader.grade_iter([right(number) for number in range(60)])
    next(batch)
    assert lone_grader.grade(right(1000)).reward == 1.0
    left = sum(1 for _ in batch)
    assert left == 59
    ended: list[str] = []

    def grade_batch() -> None:
        for _, grade in lone_grader.grade_iter([right(number) for number in range(2000, 2060)]):
            ended.append(str(grade.sample_id))

    thread = threading.Thread(target=grade_batch)
    thread.start()
    until(lambda: bool(ended))
    lone_grader.grade(right(3000))
    at_that_time = len(ended)
    thread.join()
    assert at_that_time < 45


def test_equal_samples_of_several_callers_are_graded_once(lone_grader: Grader) -> None:
    lone_grader.grade(right(0))
    runs = []
    execute = lone_grader._sandbox.execute

    def counting(job: Any, **more: Any) -> Any:
        runs.append(job.source)
        return execute(job, **more)

    lone_grader._sandbox.execute = counting  # type: ignore[method-assign]  # it counts, and calls the real one
    slow = "```python\nimport time\n\n\ndef add(a, b):\n    time.sleep(1)\n    return a + b\n```"
    samples = [Sample(str(number), slow, REFERENCE) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        grades = list(pool.map(lone_grader.grade, samples))
    assert [(grade.sample_id, grade.reward) for grade in grades] == [(str(number), 1.0) for number in range(16)]
    assert len(runs) < 4, "a thread that comes after the end has it graded once more"


@pytest.mark.parametrize(
    "other",
    [
        {"limits": {"cpu_s": 0.1, "total_cpu_s": 0.1}},
        {"limits": {"memory_mb": 64}},
        {"tests": [{"args": [1, 2], "expected": 3, "weight": 1}, {"args": [1, 2], "expected": 4, "weight": 9}]},
    ],
    ids=["CPU time", "memory", "weights"],
)
def test_samples_whose_references_differ_only_in_what_the_harness_does_not_see_are_not_equal(
    grader: Grader, other: dict[str, Any]
) -> None:
    tests = {"tests": [{"args": [1, 2], "expected": 3}, {"args": [1, 2], "expected": 4}]}
    references = [REFERENCE | tests, REFERENCE | tests | other]
    answer = (
        "```python\nx = bytearray(100 << 20)\ny = sum(range(20_000_000))\n\n\ndef add(a, b):\n    return a + b\n```"
    )
    samples = [Sample(str(number), answer, reference) for number, reference in enumerate(references)]
    together = grader.grade_batch(samples)
    alone = [grader.grade(sample) for sample in samples]
    assert [essence(grade) for grade in together] == [essence(grade) for grade in alone]
    assert together[0].reward != together[1].reward


# Deadlines


def test_each_call_has_its_own_deadline(grader: Grader) -> None:
    patient, hasty = endless(10), asleep(11)
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(grader.grade, patient, deadline_s=600)
        short = pool.submit(grader.grade, hasty, deadline_s=4)
        assert short.result().status is GradeStatus.UNSCORED
        assert long.result().tests[0].verdict is Verdict.TIMEOUT


def has_begun(grader: Grader, future: Future[Grade]) -> bool:
    return bool(grader._loop._tasks._running) or future.done()


def test_a_call_that_joins_an_equal_sample_keeps_its_own_deadline(grader: Grader) -> None:
    """The one with less time gets no grade, and the one with more gets its own, whoever came first."""
    sample = endless(20)
    # The short deadline, less the margin of half a second, is below the CPU time that an endless answer gets.
    short_s = 1.5
    for order in ((short_s, 600.0), (600.0, short_s)):
        with ThreadPoolExecutor(2) as pool:
            futures = {}
            for deadline_s in order:
                future = futures[deadline_s] = pool.submit(grader.grade, sample, deadline_s=deadline_s)
                # On a busy host, the short deadline may come before it runs.
                until(partial(has_begun, grader, future))
            assert futures[short_s].result().status is GradeStatus.UNSCORED
            assert futures[600.0].result().tests[0].verdict is Verdict.TIMEOUT
        until(lambda: not grader._loop._tasks._running)


def test_a_call_that_never_gets_an_executor_is_unscored_at_its_deadline() -> None:
    with Grader(GraderConfig(workers=1)) as grader:
        grader.grade(right(0))
        crowd = grader.grade_iter([asleep(number) for number in range(30)])
        with ThreadPoolExecutor(1) as pool:
            pool.submit(next, crowd, None)
            until(lambda: len(grader._loop._tasks._running) == 6)
            grade = grader.grade(right(1), deadline_s=3)
            assert grade.status is GradeStatus.UNSCORED
            assert [test.verdict for test in grade.tests] == [Verdict.NOT_RUN]
            grader.close()


def test_a_deadline_that_is_over_costs_nothing(grader: Grader) -> None:
    grades = grader.grade_batch([right(0), BadSample("x", LookupError("no"))], deadline_s=0)  # type: ignore[arg-type]  # any error will do
    assert [grade.status for grade in grades] == [GradeStatus.UNSCORED] * 2


# Callers who give up


def answers(grader: Grader) -> int:
    """Number of processes of the sandbox besides its zygotes, their parents and the harnesses that wait."""
    return len(tagged_pids(grader._sandbox.tags))


def test_a_cancelled_await_frees_what_it_held(lone_grader: Grader) -> None:
    lone_grader.grade(right(0))
    idle = answers(lone_grader)

    async def give_up(number: int) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(lone_grader.grade_async(asleep(number)), timeout=0.7)

    async def give_up_many() -> None:
        await asyncio.gather(*map(give_up, range(9)))

    asyncio.run(give_up_many())
    until(lambda: not lone_grader._loop._tasks._running)
    until(lambda: not lone_grader._loop._calls)
    until(lambda: not lone_grader._sandbox._executor_pool._held)
    until(lambda: not lone_grader._loop._tasks._slots._held)
    assert lone_grader.grade(right(1)).reward == 1.0
    zygotes = sum(zygote.pid is not None for zygote in lone_grader._sandbox._zygotes())
    assert answers(lone_grader) <= idle + 2 * zygotes


def test_a_caller_who_gives_up_does_not_take_the_grade_from_another(lone_grader: Grader) -> None:
    sample = Sample(
        "slow", "```python\nimport time\n\n\ndef add(a, b):\n    time.sleep(1.5)\n    return a + b\n```", REFERENCE
    )

    async def grade() -> Grade:
        first = asyncio.ensure_future(lone_grader.grade_async(sample))
        await asyncio.to_thread(until, lambda: bool(lone_grader._loop._tasks._running))
        second = asyncio.ensure_future(lone_grader.grade_async(sample))
        await asyncio.sleep(0.2)
        first.cancel()
        return await second

    assert asyncio.run(grade()).reward == 1.0


def test_an_iterator_that_is_forgotten_frees_what_it_held(lone_grader: Grader) -> None:
    grades = lone_grader.grade_iter([right(0), asleep(1)])
    next(grades)
    del grades
    gc.collect()
    until(lambda: not lone_grader._loop._calls and not lone_grader._loop._tasks._running)
    assert lone_grader.grade(right(1)).reward == 1.0


def test_an_interrupted_caller_frees_what_it_held(lone_grader: Grader) -> None:
    lone_grader.grade(right(0))

    def interrupt() -> None:
        until(lambda: bool(lone_grader._loop._tasks._running))
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        lone_grader.grade(asleep(1))
    thread.join()
    until(lambda: not lone_grader._loop._calls and not lone_grader._loop._tasks._running)


def test_close_fails_the_calls_of_others_and_the_grader_can_be_used_again(lone_grader: Grader) -> None:
    with ThreadPoolExecutor(3) as pool:
        futures = [pool.submit(lone_grader.grade, asleep(number)) for number in range(3)]
        until(lambda: len(lone_grader._loop._calls) == 3)
        lone_grader.close()
        for future in futures:
            with pytest.raises(RuntimeError, match="closed while it graded"):
                future.result()
    assert lone_grader._loop._thread is None
    assert lone_grader.grade(right(1)).reward == 1.0


def test_a_grader_that_is_dropped_leaves_no_thread_and_no_process() -> None:
    grader = Grader(GraderConfig(workers=1))
    grader.grade(right(0))
    tags, thread = grader._sandbox.tags, grader._loop._thread
    assert thread is not None
    assert tagged_pids(tags)
    del grader
    gc.collect()
    until(lambda: not thread.is_alive())
    assert not tagged_pids(tags)


def test_a_fault_of_the_start_reaches_every_caller() -> None:
    grader = Grader(GraderConfig(workers=1))
    settings = grader._sandbox.settings
    grader._sandbox._executors[0].zygote._settings = replace(
        grader._sandbox._executors[0].zygote._settings, roles={"X": "no.such.module:function"}
    )
    assert settings.workers == 1
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(grader.grade, right(number)) for number in range(4)]
        errors = [type(future.exception()).__name__ for future in futures]
    assert set(errors) == {"ProcessLostError"}
    grader.close()


# Forks and pickles


def test_a_forked_copy_starts_its_own_processes_and_leaves_those_of_the_original(lone_grader: Grader) -> None:
    lone_grader.grade(right(0))
    tags = lone_grader._sandbox.tags
    running = lone_grader.grade_iter([right(1), asleep(2)])
    next(running)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            assert not lone_grader._sandbox.tags & tags
            with pytest.raises(RuntimeError, match="before a fork"):
                next(running)
            reward = lone_grader.grade(right(3)).reward
            lone_grader.close()
            os.write(writer, str(reward).encode())
        finally:
            os._exit(0)
    os.close(writer)
    assert os.waitpid(pid, 0)[1] == 0
    assert os.read(reader, 100) == b"1.0"
    os.close(reader)
    assert lone_grader._sandbox.tags == tags
    running.close()
    assert lone_grader.grade(right(4)).reward == 1.0


ORIGINAL = """
import os, sys
from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.types import Sample
grader = Grader(GraderConfig.load(None, {{"GRADER_WORKERS": "1", "GRADER_ISOLATION": "rlimit"}}))
grader.grade(Sample("right", {answer!r}, {reference!r}))
pid = os.fork()
if pid == 0:
    os.close(1)
    os.read(0, 1)
    os._exit(0)
print(*grader._sandbox.tags, flush=True)
os._exit(0)
"""


def test_a_copy_that_was_forked_keeps_no_process_of_the_original_alive() -> None:
    script = ORIGINAL.format(answer=right(0).completion, reference=REFERENCE)
    # The copy lives until its standard input ends.
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as original:
        assert original.stdout is not None
        tags = {int(tag) for tag in original.stdout.readline().split()}
        assert original.wait() == 0
        assert len(tags) > 1
        until(lambda: not tagged_pids(tags))


def test_a_grader_pickles_as_its_settings(lone_grader: Grader) -> None:
    lone_grader.grade(right(0))
    with pickle.loads(pickle.dumps(lone_grader)) as copy:
        assert copy.config == lone_grader.config
        assert copy._loop._thread is None
        assert copy.grade(right(1)).reward == 1.0
