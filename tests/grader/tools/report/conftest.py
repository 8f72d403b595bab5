from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest
from rich.console import Console

from grader.types import Grade, GradeStatus, Metric, MetricType, TestResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from testcases.verdict import Verdict


class MakeGrade(Protocol):
    def __call__(
        self, sample_id: Any = "a", *, reward: float | None = 1.0, verdicts: Sequence[Verdict] = (), **fields: Any
    ) -> Grade: ...


@pytest.fixture
def make_grade() -> MakeGrade:
    def make(
        sample_id: Any = "a",
        *,
        reward: float | None = 1.0,
        verdicts: Sequence[Verdict] = (),
        functional: float = 1.0,
        duration_ms: float = 10.0,
        **fields: Any,
    ) -> Grade:
        parts = {"syntax": 1.0, "functional": functional, "style": 0.5}
        metrics = [Metric(name, value, MetricType.REWARD) for name, value in parts.items()]
        return Grade(
            sample_id=sample_id,
            status=GradeStatus.SCORED if reward is not None else GradeStatus.UNSCORED,
            reward=reward,
            metrics=(*metrics, Metric("duration_ms", duration_ms)),
            **{"tests": tuple(TestResult(verdict, "add(1, 2)", "3") for verdict in verdicts)} | fields,
        )

    return make


@pytest.fixture
def render() -> Callable[..., str]:
    """Return a function that renders a report as plain text."""

    def text_of(renderable: Any, width: int = 100) -> str:
        console = Console(width=width, markup=False, emoji=False, highlight=False)
        with console.capture() as capture:
            console.print(renderable)
        return capture.get()

    return text_of
