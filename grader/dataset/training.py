"""Training rows, in the shapes trainers read.

Sources: "Prepare data" for reinforcement fine-tuning (Amazon Bedrock), "Data preparation" for RFT on Nova (Amazon
SageMaker), whose check wants an ``id`` that is text and a ``reference_answer`` that is text or an object; "Prepare
Data for Post-Training" (verl).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from grader.report import json_line

if TYPE_CHECKING:
    from grader.dataset.task import Task

__all__ = ["Target", "training_row", "with_reference"]


class Target(StrEnum):
    """Who reads the rows."""

    BEDROCK = "bedrock"
    SAGEMAKER = "sagemaker"
    VERL = "verl"


def training_row(
    target: Target, task: Task, turns: list[dict[str, Any]], reference: Any, *, index: int, split: str
) -> dict[str, Any]:
    """The row for a task.

    Args:
        target: who reads it.
        task: the task.
        turns: what the model is told.
        reference: what is right, as `ReferenceWriter` writes it.
        index: place of the row in the file, from 0.
        split: name of the part of the data set the file is.
    """
    row: dict[str, Any]
    if target is Target.VERL:
        source = task.row.get("data_source")
        row = {
            "data_source": source if isinstance(source, str) and source else task.problem.shape,
            "prompt": turns,
            "ability": "code",
            "reward_model": {"style": "rule", "ground_truth": None},
            "extra_info": {"split": split, "index": index, "id": task.id},
        }
    else:
        row = {"id": task.id, "messages": turns, "reference_answer": None}
    return with_reference(row, reference)


def with_reference(row: Mapping[str, Any], reference: Any) -> dict[str, Any]:
    """The row with a reference in the place of the one it has."""
    if "reward_model" in row:
        return {**row, "reward_model": {**row["reward_model"], "ground_truth": json_line(reference)}}
    if not isinstance(reference, Mapping):
        reference = {"text": json_line(reference)}
    return {**row, "reference_answer": reference}
