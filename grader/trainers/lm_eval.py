"""The metric for lm-evaluation-harness.

::

    # utils.py, beside the YAML of the task
    from grader.trainers.lm_eval import code_reward

    # the task
    doc_to_target: reference_answer
    metric_list:
      - metric: !function utils.code_reward
        aggregation: mean
        higher_is_better: true

Source: lm-eval 0.4, ``lm_eval/api/task.py``: a metric that is a function is called with one document's references and
predictions, after the filters. ``unsafe_code`` is not needed: answers run in the grader's sandbox.
"""

from __future__ import annotations

from ast import literal_eval
from contextlib import suppress
from statistics import fmean
from typing import Any

from grader.trainers import process_grader
from grader.trainers.samples import make_samples

__all__ = ["code_reward"]


def code_reward(references: list[Any], predictions: list[Any], **_: Any) -> float:
    """Grade the answers to documents.

    Args:
        references: for each document its reference, in any known format.
        predictions: for each document an answer, or a list of answers.

    Returns:
        The mean of the rewards, in [0, 1]. The setting ``unscored`` decides what an unscored sample counts as.

    Raises:
        grader.errors.UnscoredError: one is unscored, and the setting is ``raise``.
    """
    answers, wanted = [], []
    for reference, prediction in zip(references, predictions, strict=True):
        several = prediction if isinstance(prediction, list) else [prediction]
        answers += several
        wanted += [reference] * len(several)
    samples = make_samples(answers, list(map(_as_sent, wanted)), reference_field="doc_to_target")
    return fmean([process_grader.reward(grade) for grade in process_grader.grade_batch(samples)] or [0.0])


def _as_sent(reference: Any) -> Any:
    """Return an object that lm-eval has made text of, by ``str``, because answers are text; anything else as it is."""
    if isinstance(reference, str) and reference.startswith(("{'", "['", "[{'")):
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            return literal_eval(reference)
    return reference
