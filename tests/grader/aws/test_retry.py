"""Repeated calls: attempts, waits and deadlines."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from grader.aws.retry import AttemptsFailedError, RetryPolicy, poll

if TYPE_CHECKING:
    from collections.abc import Callable

POLICY = RetryPolicy(max_attempts=4, first_s=0.5, longest_s=1.5)


class Call:
    """A call that fails so many times."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.left, self.error, self.count = failures, error or ConnectionResetError(), 0

    def __call__(self) -> str:
        self.count += 1
        if self.count <= self.left:
            raise self.error
        return "fine"


def run(call: Callable[[], str], *, seconds: float = 100.0, **options: Any) -> tuple[str, list[float]]:
    pauses: list[float] = []
    options = {"may_repeat": lambda failure: failure.transient, **options}
    result = POLICY.call(call, until=time.monotonic() + seconds, pause=pauses.append, **options)
    return result, pauses


@pytest.mark.parametrize("failures", [0, 1, 3])
def test_a_call_is_repeated_until_it_goes_well(failures: int) -> None:
    call = Call(failures)
    result, pauses = run(call)
    assert (result, call.count, len(pauses)) == ("fine", failures + 1, failures)
    assert all(0.0 <= pause <= longest for pause, longest in zip(pauses, (0.5, 1.0, 1.5), strict=False))


@pytest.mark.parametrize(
    ("options", "error", "count", "suffix"),
    [
        pytest.param({}, ConnectionResetError(), 4, ", 4 times", id="the last attempt"),
        pytest.param({}, ValueError(), 1, "", id="not transient"),
        pytest.param({"seconds": 0.0}, ConnectionResetError(), 1, "", id="too late"),
        pytest.param({"may_repeat": lambda _: False}, ConnectionResetError(), 1, "", id="refused"),
    ],
)
def test_the_last_failure_is_raised(options: dict[str, Any], error: Exception, count: int, suffix: str) -> None:
    call = Call(9, error)
    with pytest.raises(AttemptsFailedError) as raised:
        run(call, **options)
    assert (call.count, raised.value.suffix, raised.value.failure.code) == (count, suffix, type(error).__name__)


def test_some_exceptions_are_passed_on() -> None:
    call = Call(9, KeyError("x"))
    with pytest.raises(KeyError):
        run(call, passed_on=KeyError)
    assert call.count == 1


def test_polling_ends_with_the_first_result() -> None:
    results, pauses = iter([None, None, None, 0]), []
    result = poll(lambda: next(results), wait_s=1.0, timeout_s=100.0, growth=2.0, longest_s=3.0, pause=pauses.append)
    assert (result, pauses) == (0, [1.0, 2.0, 3.0])


def test_polling_ends_at_the_timeout_with_a_last_call() -> None:
    calls: list[int] = []
    assert poll(lambda: calls.append(1), wait_s=1.0, timeout_s=2.0, pause=lambda _: None) is None
    assert len(calls) == 3
