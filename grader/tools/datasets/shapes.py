"""The shapes of training rows: what each trainer reads, and where its reference is.

Sources: "Prepare data" for reinforcement fine-tuning (Amazon Bedrock), "Data preparation" for RFT on Nova (Amazon
SageMaker), whose check requires an ``id`` that is text and a ``reference_answer`` that is text or an object; "Prepare
Data for Post-Training" (verl); for the others the code that reads the rows, named in `grader.trainers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from grader.text import json_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.tools.datasets.tasks import Task

__all__ = ["RowContext", "TrainerFormat", "is_sent_as_text", "is_sent_to_a_function", "training_row", "with_reference"]


class TrainerFormat(StrEnum):
    """Trainers that read the rows."""

    BEDROCK = "bedrock"
    SAGEMAKER = "sagemaker"
    TRL = "trl"
    VERL = "verl"
    OPENRLHF = "openrlhf"
    VERIFIERS = "verifiers"
    PRIME_RL = "prime-rl"
    NEMO_GYM = "nemo-gym"
    NEMO_RL = "nemo-rl"
    SKYRL = "skyrl"
    SLIME = "slime"
    MILES = "miles"
    AREAL = "areal"
    MS_SWIFT = "ms-swift"
    EASYR1 = "easyr1"
    RLLM = "rllm"
    OPEN_INSTRUCT = "open-instruct"
    TINKER = "tinker"
    OPENENV = "openenv"
    INSPECT_AI = "inspect-ai"
    LM_EVAL = "lm-eval"


@dataclass(frozen=True, slots=True)
class RowContext:
    """What a row is made of, besides its reference."""

    task: Task
    turns: list[dict[str, Any]]
    """Turns of the prompt."""
    index: int
    """Position of the row in the file, from 0."""
    split: str
    """Name of the part of the data set that is in the file."""

    @property
    def prompt(self) -> str:
        """The turns as one text, for trainers that take no conversation."""
        return "\n\n".join(str(turn["content"]) for turn in self.turns)

    @property
    def source(self) -> str:
        """Name of the data set."""
        source = self.task.row.get("data_source")
        return source if isinstance(source, str) and source else self.task.problem.format_name


@dataclass(frozen=True, slots=True)
class _Shape:
    make: Callable[[RowContext], dict[str, Any]]
    """Makes a row without its reference."""
    path: tuple[str, ...]
    """Where the reference goes."""
    as_text: bool = True
    """True for JSON text. Arrow gives every row all the keys that any row's object has, and text none."""


def _messages(row: RowContext) -> dict[str, Any]:
    return {"id": row.task.id, "messages": row.turns}


def _conversation(row: RowContext) -> dict[str, Any]:
    return {"id": row.task.id, "prompt": row.turns}


def _text(row: RowContext) -> dict[str, Any]:
    return {"id": row.task.id, "prompt": row.prompt}


def _verl(row: RowContext) -> dict[str, Any]:
    return {
        "data_source": row.source,
        "prompt": row.turns,
        "ability": "code",
        "reward_model": {"style": "rule", "ground_truth": None},
        "extra_info": {"split": row.split, "index": row.index, "id": row.task.id},
    }


def _skyrl(row: RowContext) -> dict[str, Any]:
    return {
        "data_source": row.source,
        "prompt": row.turns,
        "env_class": "code_grader",
        "reward_spec": {"method": "rule", "ground_truth": None},
        "extra_info": {"split": row.split, "index": row.index, "id": row.task.id},
    }


def _nemo_gym(row: RowContext) -> dict[str, Any]:
    return {
        "responses_create_params": {"input": row.turns},
        "verifier_metadata": {"id": row.task.id, "unit_tests": None},
    }


def _nemo_rl(row: RowContext) -> dict[str, Any]:
    return {"input": row.prompt, "output": None, "task_name": "code_grader", "id": row.task.id}


def _slime(row: RowContext) -> dict[str, Any]:
    return {"prompt": row.turns, "label": None, "metadata": {"id": row.task.id}}


def _easyr1(row: RowContext) -> dict[str, Any]:
    return {"problem": row.prompt, "answer": None, "id": row.task.id}


def _rllm(row: RowContext) -> dict[str, Any]:
    return {"question": row.prompt, "ground_truth": None, "data_source": row.source, "id": row.task.id}


def _open_instruct(row: RowContext) -> dict[str, Any]:
    return {"messages": row.turns, "ground_truth": None, "dataset": "code_grader", "id": row.task.id}


def _inspect_ai(row: RowContext) -> dict[str, Any]:
    return {"id": row.task.id, "input": row.turns, "target": None}


_REFERENCE: Final = ("reference_answer",)
_SHAPES: Final[Mapping[TrainerFormat, _Shape]] = {
    TrainerFormat.BEDROCK: _Shape(_messages, _REFERENCE, as_text=False),
    TrainerFormat.SAGEMAKER: _Shape(_messages, _REFERENCE, as_text=False),
    TrainerFormat.TRL: _Shape(_conversation, _REFERENCE),
    TrainerFormat.VERL: _Shape(_verl, ("reward_model", "ground_truth")),
    TrainerFormat.OPENRLHF: _Shape(_conversation, _REFERENCE),
    TrainerFormat.VERIFIERS: _Shape(_text, _REFERENCE),
    TrainerFormat.PRIME_RL: _Shape(_text, _REFERENCE),
    TrainerFormat.NEMO_GYM: _Shape(_nemo_gym, ("verifier_metadata", "unit_tests")),
    TrainerFormat.NEMO_RL: _Shape(_nemo_rl, ("output",)),
    TrainerFormat.SKYRL: _Shape(_skyrl, ("reward_spec", "ground_truth")),
    TrainerFormat.SLIME: _Shape(_slime, ("label",)),
    TrainerFormat.MILES: _Shape(_slime, ("label",)),
    TrainerFormat.AREAL: _Shape(_messages, _REFERENCE),
    TrainerFormat.MS_SWIFT: _Shape(_messages, _REFERENCE),
    TrainerFormat.EASYR1: _Shape(_easyr1, ("answer",)),
    TrainerFormat.RLLM: _Shape(_rllm, ("ground_truth",)),
    TrainerFormat.OPEN_INSTRUCT: _Shape(_open_instruct, ("ground_truth",)),
    TrainerFormat.TINKER: _Shape(_text, _REFERENCE),
    TrainerFormat.OPENENV: _Shape(_text, _REFERENCE),
    TrainerFormat.INSPECT_AI: _Shape(_inspect_ai, ("target",)),
    TrainerFormat.LM_EVAL: _Shape(_text, _REFERENCE),
}


def training_row(target: TrainerFormat, row: RowContext, reference: Any) -> dict[str, Any]:
    """Return the training row for a task.

    Args:
        target: trainer that reads it.
        row: what it is made of.
        reference: reference with the tests, as `ReferenceWriter` writes it.
    """
    return with_reference(target, _SHAPES[target].make(row), reference)


def with_reference(target: TrainerFormat, row: Mapping[str, Any], reference: Any) -> dict[str, Any]:
    """Return the row with another reference."""
    shape = _SHAPES[target]
    if shape.as_text:
        reference = json_line(reference)
    elif not isinstance(reference, Mapping):
        # SageMaker's check takes text or an object. A list of tests goes as JSON text in an object, which Bedrock
        # takes, too.
        reference = {"text": json_line(reference)}
    return _with_value(row, shape.path, reference)


def is_sent_as_text(target: TrainerFormat) -> bool:
    """Return whether the trainer sends its rows by HTTP, where a batch is JSON text in the event."""
    return target is TrainerFormat.VERL


def is_sent_to_a_function(target: TrainerFormat) -> bool:
    """Return whether the trainer may send its rows to a Lambda function; the others grade where they run."""
    return target in {TrainerFormat.BEDROCK, TrainerFormat.SAGEMAKER, TrainerFormat.VERL}


def _with_value(row: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**row, name: _with_value(row[name], tuple(rest), value) if rest else value}
