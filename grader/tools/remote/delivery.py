"""Send batches of samples, and parts of them again, until each sample has its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from grader.core.scoring import unscored_grade
from grader.errors import CloudError
from grader.tools.remote.function import InvocationError, Remedy
from grader.tools.remote.payloads import ResponseError, read_response, request_payload
from grader.types import GradeStatus

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from grader.tools.remote.payloads import RequestItem
    from grader.tools.remote.retry import RetryBudget
    from grader.types import Grade

__all__ = ["Delivery", "Invocable", "ItemResult"]


class Invocable(Protocol):
    """A grader that batches are sent to; see `grader.tools.remote.function` and `grader.tools.remote.http_service`."""

    def invoke(self, payload: bytes) -> bytes:
        """Send an event, and return the response."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """The result of a sample."""

    item: RequestItem
    grade: Grade
    delivered: bool = True
    """True if the grade is the function's. Otherwise its reason says why the function returned none."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Samples to be sent in one request."""

    items: Sequence[RequestItem]
    repetition: int = 0
    wait_s: float = 0.0
    """Seconds to wait before it is sent."""


def _is_wanted(item: RequestItem) -> bool:
    del item
    return True


class Delivery:
    """Sends batches. Safe for threads.

    A batch that fails is sent again in halves, down to the sample that causes the failure, so that no sample costs
    another its grade. Samples that the function left unscored by a fault of its own are sent again in the same way.
    A batch that is refused for want of capacity is sent again as it is, after a while.

    Args:
        function: the function.
        budget: bounds on retries, for all batches together.
        stop: set when nothing more is to be sent.
        on_result: called with the result of each sample, in the thread that sends it.
        is_wanted: returns False for a sample whose result nobody waits for any more; it is not sent again.
    """

    def __init__(
        self,
        function: Invocable,
        budget: RetryBudget,
        stop: threading.Event,
        on_result: Callable[[ItemResult], None],
        *,
        is_wanted: Callable[[RequestItem], bool] = _is_wanted,
    ) -> None:
        self._function = function
        self._budget = budget
        self._limits = budget.limits
        self._stop = stop
        self._on_result = on_result
        self._is_wanted = is_wanted

    def finish(self, items: Sequence[RequestItem]) -> None:
        """Send a batch, and the parts it falls into, until each sample has its result.

        Raises:
            CloudRequestError, CloudError: further invocations would fail, too; or too many have failed.
        """
        parts = [_Batch(items)]
        while parts and not self._stop.is_set():
            part = parts.pop()
            if part.repetition:
                if self._stop.wait(part.wait_s):
                    return
                part = _Batch([item for item in part.items if self._is_wanted(item)], part.repetition)
                if not part.items:
                    continue
            # A stack, in the order of the samples: what was halved is finished before the next half begins.
            parts.extend(reversed(self._send(part)))

    def _send(self, batch: _Batch) -> list[_Batch]:
        """Send a batch once; return the batches to be sent again."""
        try:
            grades = read_response(self._function.invoke(request_payload(batch.items)), batch.items)
        except InvocationError as error:
            return self._after_failure(batch, str(error), error.remedy)
        except ResponseError as error:
            return self._after_failure(batch, str(error), Remedy.SPLIT)
        self._budget.record_success()
        is_last = batch.repetition + 1 >= self._limits.single_item.max_attempts
        again = []
        for item, grade in zip(batch.items, grades, strict=True):
            if _failed_remotely(grade) and not is_last:
                again.append(item)
            else:
                self._on_result(ItemResult(item, grade))
        if not again:
            return []
        # the result is not looked at: the success that was just recorded allows for this failure
        self._budget.record_failure()
        return _halves(again) if len(again) > 1 else [self._repeated(again, batch)]

    def _after_failure(self, batch: _Batch, reason: str, remedy: Remedy) -> list[_Batch]:
        if not self._budget.record_failure():
            raise CloudError(
                f"{self._budget.failed} invocations have failed and {self._budget.succeeded} went well; the last: "
                f"{reason}"
            )
        # Halving at once, without a wait: the failure is one of the samples, not of capacity.
        if remedy is not Remedy.LATER and len(batch.items) > 1:
            return _halves(batch.items)
        max_attempts = {
            Remedy.LATER: self._limits.throttled.max_attempts,
            Remedy.SPLIT: self._limits.single_item.max_attempts,
            Remedy.SMALLER: 1,
        }[remedy]
        if batch.repetition + 1 < max_attempts:
            return [self._repeated(batch.items, batch, remedy)]
        for item in batch.items:
            self._on_result(ItemResult(item, unscored_grade(item.id, reason), delivered=False))
        return []

    def _repeated(self, items: Sequence[RequestItem], batch: _Batch, remedy: Remedy = Remedy.SPLIT) -> _Batch:
        policy = self._limits.throttled if remedy is Remedy.LATER else self._limits.single_item
        repetition = batch.repetition + 1
        return _Batch(items, repetition, policy.wait_s(repetition))


def _failed_remotely(grade: Grade) -> bool:
    """Return True if the function failed at this sample; a sample that could not be read has no tests."""
    has_tests = bool(grade.tests) or any(metric.name == "tests_total" and metric.value for metric in grade.metrics)
    return grade.status is GradeStatus.UNSCORED and has_tests


def _halves(items: Sequence[RequestItem]) -> list[_Batch]:
    middle = len(items) // 2
    return [_Batch(items[:middle]), _Batch(items[middle:])]
