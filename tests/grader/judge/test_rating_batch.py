"""Requests put beside the grading, in threads, within the deadline."""

from __future__ import annotations

import gc
import json
import math
import threading
import time
from typing import TYPE_CHECKING, Any

from grader.judge.bedrock import JudgeUnavailableError
from grader.judge.prompt import Rating, RatingRequest
from grader.judge.rating_batch import RatingBatch
from sandbox.scheduler.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest

GOOD = Rating(0.5)


def requests(count: int) -> list[RatingRequest]:
    return [RatingRequest("r", f"a{number}") for number in range(count)]


def rated(
    rate: Callable[[RatingRequest, float], Rating],
    asked: Sequence[RatingRequest],
    *,
    threads: int = 4,
    deadline: float = math.inf,
) -> dict[str, list[Rating]]:
    """Rate answers, each in a coroutine of its own; return the ratings by answer."""
    ratings: dict[str, list[Rating]] = {}
    loop = Loop()

    async def rate_one(request: RatingRequest) -> None:
        ratings.setdefault(request.answer, []).append(await batch.rate(request))

    async def rate_all() -> None:
        for future in [loop.spawn(rate_one(request)) for request in asked]:
            await future
        batch.finish()

    with RatingBatch(rate, threads=threads, deadline=min(deadline, time.monotonic() + 1e6)) as batch:
        loop.run([batch.deliver(), rate_all()])
    return ratings


def test_every_question_is_answered_and_told_in_the_asking_thread() -> None:
    here = threading.get_ident()
    seen: set[int] = set()

    def rate(request: RatingRequest, _: float) -> Rating:
        seen.add(threading.get_ident())
        return Rating(int(request.answer[1:]) / 100)

    ratings = rated(rate, requests(40))
    assert ratings == {f"a{number}": [Rating(number / 100)] for number in range(40)}
    assert here not in seen


def test_equal_questions_are_asked_once() -> None:
    asked: list[RatingRequest] = []

    def rate(request: RatingRequest, _: float) -> Rating:
        asked.append(request)
        return GOOD

    ratings = rated(rate, requests(3) * 5)
    assert all(results == [GOOD] * 5 for results in ratings.values())
    assert sorted(request.answer for request in asked) == ["a0", "a1", "a2"]


def test_no_more_at_a_time_than_there_may_be() -> None:
    now, most, turn = 0, 0, threading.Lock()
    both = threading.Barrier(3, timeout=20)

    def rate(*_: Any) -> Rating:
        nonlocal now, most
        with turn:
            now += 1
            most = max(most, now)
        both.wait()
        with turn:
            now -= 1
        return GOOD

    rated(rate, requests(9), threads=3)
    assert most == 3


def test_what_is_not_there_by_the_deadline_has_no_rating() -> None:
    release = threading.Event()

    def rate(request: RatingRequest, _: float) -> Rating:
        if request.answer == "a1":
            release.wait(60)
        return GOOD

    late = Rating(None, "there was no rating before the deadline")
    ratings = rated(rate, requests(3), deadline=time.monotonic() + 0.5)
    release.set()
    assert ratings["a1"] == [late]
    assert ratings["a0"] in ([GOOD], [late])  # however slow the host is
    assert len(ratings["a2"]) == 1


def test_after_the_deadline_nothing_is_asked() -> None:
    asked: list[Any] = []
    ratings = rated(lambda *them: asked.append(them) or GOOD, requests(2), deadline=time.monotonic())
    assert {rating.rating for results in ratings.values() for rating in results} == {None}
    assert asked == []


def test_where_no_question_has_a_chance_the_others_are_not_asked(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[RatingRequest] = []

    def rate(request: RatingRequest, _: float) -> Rating:
        asked.append(request)
        raise JudgeUnavailableError("no permission")

    ratings = rated(rate, requests(50), threads=1)
    assert len(asked) == 1
    assert all(results == [Rating(None, "no permission")] for results in ratings.values())
    (record,) = caplog.records
    line = json.loads(record.getMessage())
    assert (line["event"], line["asked"], line["failed"], line["reason"]) == ("judge", 50, 50, "no permission")


def test_a_fault_is_one_question_s_matter() -> None:
    def rate(request: RatingRequest, _: float) -> Rating:
        if request.answer == "a0":
            raise RuntimeError("secret of the answer")
        return GOOD

    ratings = rated(rate, requests(2))
    assert ratings == {"a0": [Rating(None, "could not be asked: RuntimeError")], "a1": [GOOD]}


def test_a_host_without_room_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    ratings = rated(lambda *_: GOOD, requests(3))
    assert {rating.error for results in ratings.values() for rating in results} == {"the host has no room for a thread"}


def test_nothing_asked_is_nothing_waited_for() -> None:
    assert rated(lambda *_: GOOD, []) == {}


def test_finishing_after_the_end_does_no_harm() -> None:
    """As coroutines do that an interrupt has left unfinished."""
    batch = RatingBatch(lambda *_: GOOD, threads=1, deadline=time.monotonic() + 60)
    batch.close()
    batch.close()
    batch.finish()


def test_threads_end_with_the_requests() -> None:
    before = threading.active_count()
    rated(lambda *_: GOOD, requests(8))
    gc.collect()
    until = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() <= before
