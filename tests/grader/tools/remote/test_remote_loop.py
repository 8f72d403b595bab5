"""Calls of a remote grader: joined into batches, each with its own deadline, and none waits for a longer one."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.retry import RetryPolicy
from grader.config.settings import GraderConfig
from grader.core.base_grader import BaseGrader
from grader.errors import CloudRequestError, FieldError, SampleError
from grader.tools.remote.function import InvocationError, Remedy
from grader.tools.remote.remote_loop import RemoteLoop
from grader.tools.remote.retry import RetryLimits
from grader.types import BadSample, GradeStatus, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = RetryLimits(throttled=RetryPolicy(3, 0.0, 0.0), single_item=RetryPolicy(2, 0.0, 0.0))


class Other:
    """The other side: answers with a function of the samples it is sent, and records their ids."""

    def __init__(self, answer: Callable[[list[dict[str, Any]]], bytes] | None = None) -> None:
        self.answer = answer or results
        self.sent: list[list[Any]] = []
        self._turn = threading.Lock()

    def invoke(self, payload: bytes) -> bytes:
        batch = json.loads(payload)["batch"]
        with self._turn:
            self.sent.append([sample["id"] for sample in batch])
        return self.answer(batch)

    def close(self) -> None:
        """Have nothing to close."""


def results(batch: list[dict[str, Any]]) -> bytes:
    return json.dumps(
        [{"id": one["id"], "aggregate_reward_score": float(one["reference_answer"])} for one in batch]
    ).encode()


class Remote(BaseGrader):
    def __init__(self, other: Other, **options: Any) -> None:
        self.config = GraderConfig(deadline_margin_s=0.0)
        options = {"concurrency": 3, "batch_size": 8, "limits": AT_ONCE} | options
        self._loop: RemoteLoop = RemoteLoop(lambda: other, **options)

    def close(self) -> None:
        self._loop.close()


def samples(count: int, name: str = "s") -> list[Sample]:
    return [Sample(f"{name}{number}", "x", str(number % 2)) for number in range(count)]


def test_grades_come_in_order_and_samples_are_sent_once() -> None:
    other = Other()
    grades = Remote(other).grade_batch(samples(50))
    assert [grade.sample_id for grade in grades] == [f"s{number}" for number in range(50)]
    assert [grade.reward for grade in grades] == [float(number % 2) for number in range(50)]
    assert len(other.sent) == 7


def test_ids_of_any_type_come_back_as_they_are() -> None:
    ids: list[Any] = [None, (1, 2), 3.5, frozenset({1}), "text", 7, None]
    grades = Remote(Other()).grade_batch([Sample(one, "x", "1") for one in ids])
    assert [grade.sample_id for grade in grades] == ids


def test_single_calls_of_many_threads_are_sent_together() -> None:
    first, released = threading.Event(), threading.Event()

    def answer(batch: list[dict[str, Any]]) -> bytes:
        first.set()
        released.wait(60)
        return results(batch)

    other = Other(answer)
    remote = Remote(other, concurrency=1, batch_size=100)
    with ThreadPoolExecutor(40) as pool:
        grades = [pool.submit(remote.grade, sample) for sample in samples(40)]
        first.wait(60)
        while len(remote._loop._sent) < 40:
            time.sleep(0.01)
        released.set()
        assert [grade.result().sample_id for grade in grades] == [f"s{number}" for number in range(40)]
    assert len(other.sent) == 2


def test_awaits_in_one_event_loop() -> None:
    remote = Remote(Other())

    async def ask() -> list[float | None]:
        grades = await asyncio.gather(*(remote.grade_async(sample) for sample in samples(30)))
        return [grade.reward for grade in grades]

    assert asyncio.run(ask()) == [float(number % 2) for number in range(30)]


def test_a_single_sample_does_not_wait_for_a_long_batch() -> None:
    turns = threading.Semaphore(1)

    def answer(batch: list[dict[str, Any]]) -> bytes:
        turns.acquire(timeout=60)
        return results(batch)

    other = Other(answer)
    remote = Remote(other, concurrency=1, batch_size=4)
    with ThreadPoolExecutor(2) as pool:
        long = pool.submit(remote.grade_batch, samples(400))
        while not other.sent:
            time.sleep(0.01)
        single = pool.submit(remote.grade, Sample("single", "x", "1"))
        while len(remote._loop._waiting) < 2:
            time.sleep(0.01)
        for _ in range(3):
            turns.release()
        assert single.result(60).reward == 1.0
        assert not long.done()
        turns.release(200)
        assert len(long.result(60)) == 400


@pytest.mark.parametrize("remedy", list(Remedy))
def test_what_fails_in_the_end_is_unscored_with_the_reason(remedy: Remedy) -> None:
    def answer(batch: list[dict[str, Any]]) -> bytes:
        if any(one["id"] == "s3" for one in batch):
            raise InvocationError("no such luck", remedy)
        return results(batch)

    grades = Remote(Other(answer), batch_size=1 if remedy is Remedy.LATER else 8).grade_batch(samples(10))
    assert [grade.status for grade in grades].count(GradeStatus.UNSCORED) == 1
    assert (grades[3].reward, grades[3].reason) == (None, "no such luck")


def test_a_grader_that_fails_for_long_is_asked_once_for_each_batch() -> None:
    def answer(batch: list[dict[str, Any]]) -> bytes:
        raise InvocationError("it is down", Remedy.LATER)

    other = Other(answer)
    limits = RetryLimits(throttled=AT_ONCE.throttled, single_item=AT_ONCE.single_item, max_failures=5)
    grades = Remote(other, limits=limits, concurrency=1, batch_size=1).grade_batch(samples(20))
    assert all(grade.status is GradeStatus.UNSCORED for grade in grades)
    assert "it is down" in grades[-1].reason
    assert len(other.sent) == 5 + 20 - 1  # the first sample three times, the second and a half


def test_what_every_request_would_meet_is_raised() -> None:
    def answer(batch: list[dict[str, Any]]) -> bytes:
        raise CloudRequestError("no permission")

    remote = Remote(Other(answer))
    with pytest.raises(CloudRequestError, match="no permission"):
        remote.grade_batch(samples(20))
    with pytest.raises(CloudRequestError):
        list(remote.grade_iter(samples(3)))


def test_each_call_has_its_own_deadline() -> None:
    released = threading.Event()

    def answer(batch: list[dict[str, Any]]) -> bytes:
        if batch[0]["id"] == "slow":
            released.wait(60)
        return results(batch)

    remote = Remote(Other(answer), concurrency=2, batch_size=1)
    with ThreadPoolExecutor(2) as pool:
        patient = pool.submit(remote.grade, Sample("slow", "x", "1"))
        started = time.monotonic()
        late = remote.grade_batch([Sample("slow", "x", "1"), Sample("quick", "x", "1")], deadline_s=0.5)
        assert time.monotonic() - started < 30
        released.set()
        assert patient.result(60).reward == 1.0
    assert (late[0].reward, late[0].reason) == (None, "it was not graded before the deadline")


def test_no_time_at_all() -> None:
    grades = Remote(Other(lambda _: time.sleep(0.2) or b"[]")).grade_batch(samples(3), deadline_s=0)
    assert [grade.reason for grade in grades] == ["it was not graded before the deadline"] * 3


def test_what_cannot_be_sent_is_unscored_and_the_rest_is_graded() -> None:
    bad = SampleError("b", "completion", "is of type int")
    batch = [
        Sample("tuple", "x", {"tests": [{"args": (1, 2)}]}),
        Sample("set", "x", {"tests": {1}}),
        Sample("nan", "x", {"tests": [float("nan")]}),
        Sample("keys", "x", {1: 2}),
        BadSample("b", bad),
        Sample("large", "x" * (7 << 20), "1"),
        Sample("fine", "x", "1"),
    ]
    grades = Remote(Other()).grade_batch(batch)
    assert [grade.reward for grade in grades] == [None] * 6 + [1.0]
    assert grades[0].reason.startswith("sample tuple: sample: has a reference with values that JSON cannot express")
    assert grades[4].reason == str(bad)
    assert "MB as it is sent" in grades[5].reason
    assert Remote(Other()).grade_batch([]) == []
    assert FieldError  # what `BadSample` usually comes from


def test_an_iterator_gives_grades_as_they_come_and_ends_early() -> None:
    other = Other()
    remote = Remote(other, concurrency=1, batch_size=2)
    grades = remote.grade_iter(samples(1000))
    assert sorted(index for index, _ in (next(grades), next(grades))) == [0, 1]
    grades.close()
    assert not remote._loop._calls
    assert not remote._loop._sent


def test_a_cancelled_await_leaves_nothing_behind() -> None:
    released = threading.Event()
    remote = Remote(Other(lambda batch: results(batch) if released.wait(60) else b""))

    async def ask() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(remote.grade_batch_async(samples(100)), 0.2)

    asyncio.run(ask())
    assert not remote._loop._calls
    assert not remote._loop._sent
    released.set()
    assert remote.grade(Sample("after", "x", "1")).reward == 1.0


def test_closing_fails_the_calls_that_wait_and_the_grader_can_be_used_again() -> None:
    released = threading.Event()
    remote = Remote(Other(lambda batch: results(batch) if released.wait(60) else b""), concurrency=1)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(remote.grade_batch, samples(20))
        while not remote._loop._sent:
            time.sleep(0.01)
        remote.close()
        with pytest.raises(RuntimeError, match="closed while it graded"):
            waiting.result(60)
    released.set()
    assert remote.grade(Sample("after", "x", "1")).reward == 1.0
