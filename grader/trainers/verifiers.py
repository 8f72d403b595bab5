"""The reward function for verifiers and prime-rl.

::

    [env.taskset.task.rewards]
    code = { fn = "grader.trainers.verifiers:code" }

or in a task of one's own: ``return await code(self, trace)``.

Source: verifiers 0.4, ``verifiers/v1``: one trace a call; an exception becomes an error of the trace, which prime-rl
leaves out of its group. An unscored sample raises for that reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from grader.errors import UnscoredError
from grader.trainers import process_grader
from grader.trainers.rewards import parts
from grader.trainers.samples import make_sample

__all__ = ["code"]

_REFERENCE_FIELDS: Final = ("reference_answer", "ground_truth", "answer")


async def code(task: Any, trace: Any) -> float:
    """Grade the last reply of a trace.

    Args:
        task: its data has the reference as ``reference_answer``, ``ground_truth`` or ``answer``, and a ``prompt``.
        trace: the rollout; its metrics get the parts of the grade, as ``code_...``.

    Returns:
        The reward in [0, 1].

    Raises:
        grader.errors.UnscoredError: the sample is unscored.
    """
    data = getattr(task, "data", task)
    name, reference = next(
        ((name, value) for name in _REFERENCE_FIELDS if (value := _field(data, name)) is not None),
        (_REFERENCE_FIELDS[0], None),
    )
    sample = make_sample(
        trace.last_reply,
        reference,
        prompt=_field(data, "prompt"),
        sample_id=_field(data, "idx"),
        reference_field=name,
    )
    grade = await process_grader.grade_async(sample)
    metrics = getattr(trace, "metrics", None)
    if isinstance(metrics, dict):
        metrics |= {f"code_{part}": value for part, value in parts(grade).items()}
    if grade.reward is None:
        raise UnscoredError(f"sample {grade.sample_id} is unscored: {grade.reason}")
    return grade.reward


def _field(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, Mapping) else getattr(data, name, None)
