"""Convert rows of a data set into training rows, in the shapes that trainers read.

Sources: "Prepare data" for reinforcement fine-tuning (Amazon Bedrock), "Data preparation" for RFT on Nova (Amazon
SageMaker), whose check wants an ``id`` that is text and a ``reference_answer`` that is text or an object; "Prepare
Data for Post-Training" (verl).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from grader.text import json_line
from grader.tools.datasets.payload import PayloadStats
from grader.tools.datasets.reference_writer import ReferenceWriter
from grader.tools.datasets.tasks import RowError, read_task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.tools.datasets.prompts import PromptTemplate
    from grader.tools.datasets.tasks import Task
    from grader.tools.files.rows import Row

__all__ = [
    "ConversionOptions",
    "ConversionReport",
    "TrainerFormat",
    "Uploader",
    "convert_rows",
    "training_row",
    "with_reference",
]


class TrainerFormat(StrEnum):
    """Who reads the rows."""

    BEDROCK = "bedrock"
    SAGEMAKER = "sagemaker"
    VERL = "verl"


def training_row(
    target: TrainerFormat, task: Task, turns: list[dict[str, Any]], reference: Any, *, index: int, split: str
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
    if target is TrainerFormat.VERL:
        source = task.row.get("data_source")
        row = {
            "data_source": source if isinstance(source, str) and source else task.problem.format_name,
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


class Uploader(Protocol):
    """Where tests are put that are too large for a row."""

    def put(self, reference: Any) -> dict[str, Any]:
        """Put tests there; the reference by which the grader finds them."""


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """How to convert."""

    turns: PromptTemplate
    target: TrainerFormat = TrainerFormat.BEDROCK
    format_name: str | None = None
    split: str = "train"
    native: bool = False
    """Write tests in the grader's own format where it can say them."""
    batch_size: int = 64
    completion_bytes: int = 24 * 1024
    depot: Uploader | None = None
    """Takes the tests of rows that are too large; ``None`` leaves them in."""


@dataclass(slots=True)
class ConversionReport:
    """What a conversion came to."""

    payload: PayloadStats
    bad: int = 0
    """Rows that could not be converted."""
    moved: int = 0
    """Rows whose tests were put away."""
    repeated_ids: int = 0
    """Rows whose id an earlier row has."""
    formats: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows written."""
        return self.payload.rows

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return {
            "rows": self.rows,
            "bad": self.bad,
            "moved": self.moved,
            "repeated_ids": self.repeated_ids,
            "formats": dict(self.formats.most_common()),
            "payload": self.payload.as_dict(),
        }


def convert_rows(
    rows: Iterable[Row],
    how: ConversionOptions,
    write: Callable[[dict[str, Any]], None],
    on_row: Callable[[Row, str], None],
) -> ConversionReport:
    """Convert rows, one in memory at a time.

    Args:
        rows: what to convert.
        how: how.
        write: called with each converted row.
        on_row: called after each row, with what kept it from being converted, if anything.

    Raises:
        InputError: the rest of the rows cannot be read, or the output not be written.
    """
    converter = _Converter(how)
    for row in rows:
        complaint = ""
        try:
            converted = converter.convert(row)
        except RowError as error:
            converter.done.bad += 1
            complaint = str(error)
        else:
            write(converted)
        on_row(row, complaint)
    return converter.done


class _Converter:
    """What is known from row to row."""

    def __init__(self, how: ConversionOptions) -> None:
        self._how = how
        self._references = ReferenceWriter(native=how.native)
        self._ids: set[bytes] = set()
        self.done = ConversionReport(
            PayloadStats(how.batch_size, how.completion_bytes, as_text=how.target is TrainerFormat.VERL)
        )

    def convert(self, row: Row) -> dict[str, Any]:
        """The training row.

        Raises:
            RowError: there can be none.
        """
        task = read_task(row, self._how.format_name)
        if not task.prompt.strip():
            raise RowError("has no text for the model to answer: no prompt, question, problem or messages")
        turns = self._how.turns.of(task)
        reference = self._references.write(task)
        payload = self.done.payload
        converted = training_row(self._how.target, task, turns, reference, index=payload.rows, split=self._how.split)
        try:
            if self._how.depot is not None and not payload.fits(converted):
                converted = with_reference(converted, self._how.depot.put(reference))
                self.done.moved += 1
            payload.add(converted, place=row.place, name=task.id)
        except (TypeError, ValueError):
            raise RowError("holds values that JSON cannot say") from None
        self._count(task)
        return converted

    def _count(self, task: Task) -> None:
        self.done.formats[task.problem.format_name] += 1
        digest = blake2b(task.id.encode(errors="surrogatepass"), digest_size=16).digest()
        if digest in self._ids:
            self.done.repeated_ids += 1
        self._ids.add(digest)
