from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.retry import RetryPolicy
from grader.errors import CloudError, CloudRequestError
from grader.tools.remote.fan_out import FanOut, ItemResult
from grader.tools.remote.function import InvocationError, Remedy
from grader.tools.remote.payloads import RequestItem
from grader.tools.remote.retry import RetryLimits
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = RetryLimits(throttled=RetryPolicy(5, 0.0, 0.0), single_item=RetryPolicy(4, 0.0, 0.0))


def results_of(ids: list[Any], **fields: Any) -> bytes:
    return json.dumps([{"id": one, "aggregate_reward_score": 0.5, **fields} for one in ids]).encode()


class Function:
    """Answers with a function of the ids it is sent, and records them."""

    def __init__(self, answer: Callable[[list[Any]], bytes]) -> None:
        self.answer = answer
        self.sent: list[list[Any]] = []
        self._turn = threading.Lock()

    def invoke(self, payload: bytes) -> bytes:
        ids = [sample["id"] for sample in json.loads(payload)["batch"]]
        with self._turn:
            self.sent.append(ids)
        return self.answer(ids)


def items(count: int) -> list[RequestItem]:
    return [RequestItem.of({}, line=number, sample_id=number) for number in range(1, count + 1)]


def outcomes(function: Function, count: int, **options: Any) -> dict[int, ItemResult]:
    options = {"concurrency": 3, "batch_size": 8, "limits": AT_ONCE} | options
    results = list(FanOut(function, **options).grade(items(count)))
    assert len({one.item.line for one in results}) == len(results) == count
    return {one.item.line: one for one in results}


def test_every_sample_is_sent_once_when_all_goes_well() -> None:
    function = Function(results_of)
    results = outcomes(function, 50)
    assert sorted(one for ids in function.sent for one in ids) == list(range(1, 51))
    assert len(function.sent) == 7
    assert all(one.delivered and one.grade.sample_id == place for place, one in results.items())


def test_items_are_taken_as_they_can_be_sent() -> None:
    taken, released = [], threading.Event()

    def stream() -> Any:
        for item in items(1000):
            taken.append(item)
            yield item

    def answer(ids: list[Any]) -> bytes:
        released.wait(60)
        return results_of(ids)

    outcomes_of = FanOut(Function(answer), concurrency=2, batch_size=5, limits=AT_ONCE).grade(stream())
    released.set()
    next(outcomes_of)
    assert len(taken) < 100
    outcomes_of.close()


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(InvocationError("exited", Remedy.SPLIT), id="the function fails"),
        pytest.param(InvocationError("large", Remedy.SMALLER), id="too large"),
        pytest.param(b"[]", id="results are missing"),
        pytest.param(b"nonsense", id="no JSON"),
    ],
)
def test_one_sample_that_fails_its_batch_costs_no_other_its_grade(failure: Any) -> None:
    def answer(ids: list[Any]) -> bytes:
        if 5 in ids:
            if isinstance(failure, Exception):
                raise failure
            return bytes(failure)
        return results_of(ids)

    function = Function(answer)
    results = outcomes(function, 20)
    assert [place for place, one in results.items() if not one.delivered] == [5]
    assert results[5].grade.status is GradeStatus.UNSCORED
    assert results[5].grade.reason
    assert function.sent.count([5]) == (1 if getattr(failure, "remedy", None) is Remedy.SMALLER else 4)


def test_a_throttled_batch_is_sent_again_as_it_is() -> None:
    refused: list[list[Any]] = []

    def answer(ids: list[Any]) -> bytes:
        if ids not in refused:
            refused.append(ids)
            raise InvocationError("fewer, please", Remedy.LATER)
        return results_of(ids)

    function = Function(answer)
    results = outcomes(function, 16)
    assert all(one.delivered for one in results.values())
    assert sorted(map(len, function.sent)) == [8, 8, 8, 8]


def test_a_batch_that_stays_throttled_is_given_up() -> None:
    def answer(_: list[Any]) -> bytes:
        raise InvocationError("fewer, please", Remedy.LATER)

    function = Function(answer)
    results = outcomes(function, 8)
    assert len(function.sent) == AT_ONCE.throttled.max_attempts
    assert {one.grade.reason for one in results.values()} == {"fewer, please"}


def test_unfinished_samples_are_sent_again_without_the_others() -> None:
    unfinished = {"status": "unscored", "verdicts": ["not_run"], "reason": "the deadline has come"}

    def answer(ids: list[Any]) -> bytes:
        return json.dumps(
            [json.loads(results_of([one], **(unfinished if len(ids) > 2 and place > 2 else {})))[0]
             for place, one in enumerate(ids)]
        ).encode()  # fmt: skip

    function = Function(answer)
    results = outcomes(function, 8, concurrency=1)
    assert function.sent[0] == list(range(1, 9))
    assert [one for ids in function.sent for one in ids].count(1) == 1
    assert all(one.grade.status is GradeStatus.SCORED for one in results.values())


def test_a_sample_that_stays_unscored_keeps_the_reason_of_the_function() -> None:
    function = Function(lambda ids: results_of(ids, status="unscored", verdicts=["internal"], reason="lost"))
    results = outcomes(function, 2)
    assert [(one.delivered, one.grade.reason, len(one.grade.tests)) for one in results.values()] == [
        (True, "lost", 1)
    ] * 2


def test_a_sample_that_cannot_be_read_is_not_sent_again() -> None:
    function = Function(lambda ids: results_of(ids, status="unscored", verdicts=[], reason="no reference"))
    outcomes(function, 8)
    assert len(function.sent) == 1


@pytest.mark.parametrize("error", [CloudError("down"), CloudRequestError("expired"), RuntimeError("a bug")])
def test_a_fatal_error_ends_the_run(error: Exception) -> None:
    def answer(ids: list[Any]) -> bytes:
        if 20 in ids:
            raise error
        return results_of(ids)

    results = []
    with pytest.raises(type(error), match=str(error)):
        results.extend(FanOut(Function(answer), concurrency=1, batch_size=4, limits=AT_ONCE).grade(items(40)))
    assert len(results) == 16


def test_a_function_that_always_fails_is_given_up_early() -> None:
    def answer(_: list[Any]) -> bytes:
        raise InvocationError("exited", Remedy.SPLIT)

    function = Function(answer)
    limits = RetryLimits(single_item=RetryPolicy(3, 0.0, 0.0), max_failures=30)
    with pytest.raises(CloudError, match="31 invocations have failed and 0 went well; the last: exited"):
        list(FanOut(function, concurrency=2, batch_size=4, limits=limits).grade(items(1000)))
    assert len(function.sent) < 40


def test_waits_grow_to_their_limit_and_are_never_longer() -> None:
    policy = RetryLimits().throttled
    assert [policy.wait_s(one, 1.0) for one in (1, 2, 3, 6, 7, 500)] == [0.5, 1.0, 2.0, 16.0, 20.0, 20.0]
    assert policy.wait_s(5, 0.0) == 0.0
    drawn = {policy.wait_s(4) for _ in range(50)}
    assert len(drawn) > 40
    assert all(0.0 <= one <= 4.0 for one in drawn)
