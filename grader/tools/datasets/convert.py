"""Convert rows of a data set into training rows, in the shapes that trainers read.

Sources: "Prepare data" for reinforcement fine-tuning (Amazon Bedrock), "Data preparation" for RFT on Nova (Amazon
SageMaker), whose check requires an ``id`` that is text and a ``reference_answer`` that is text or an object; "Prepare
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
    """Trainers that read the rows."""

    BEDROCK = "bedrock"
    SAGEMAKER = "sagemaker"
    VERL = "verl"


def training_row(
    target: TrainerFormat, task: Task, turns: list[dict[str, Any]], reference: Any, *, index: int, split: str
) -> dict[str, Any]:
    """Return the training row for a task.

    Args:
        target: trainer that reads it.
        task: the task.
        turns: turns of the prompt.
        reference: reference with the tests, as `ReferenceWriter` writes it.
        index: position of the row in the file, from 0.
        split: name of the part of the data set that is in the file.
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
    """Return the row with another reference."""
    if "reward_model" in row:
        return {**row, "reward_model": {**row["reward_model"], "ground_truth": json_line(reference)}}
    # SageMaker's check takes text or an object. A list of tests goes as JSON text in an object, which Bedrock takes,
    # too.
    if not isinstance(reference, Mapping):
        reference = {"text": json_line(reference)}
    return {**row, "reference_answer": reference}


class Uploader(Protocol):
    """A store of tests that are too large for a row."""

    def put(self, reference: Any) -> dict[str, Any]:
        """Store tests, and return the reference by which the grader finds them."""


@dataclass(frozen=True, slots=True)
class ConversionOptions:
    """Options of a conversion."""

    prompts: PromptTemplate
    target: TrainerFormat = TrainerFormat.BEDROCK
    format_name: str | None = None
    split: str = "train"
    native: bool = False
    """True writes tests in the native format where it can express them."""
    batch_size: int = 64
    completion_bytes: int = 24 * 1024
    uploader: Uploader | None = None
    """Store for the tests of rows that are too large; ``None`` leaves them in the rows."""


@dataclass(slots=True)
class ConversionReport:
    """Counts of a conversion."""

    payload: PayloadStats
    bad: int = 0
    """Rows that could not be converted."""
    moved: int = 0
    """Rows whose tests were uploaded."""
    repeated_ids: int = 0
    """Rows with the id of an earlier row."""
    formats: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows written."""
        return self.payload.rows

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
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
    options: ConversionOptions,
    write: Callable[[dict[str, Any]], None],
    on_row: Callable[[Row, str], None],
) -> ConversionReport:
    """Convert rows, one in memory at a time.

    Args:
        rows: the rows.
        options: options of the conversion.
        write: called with each converted row.
        on_row: called after each row, with the reason why it could not be converted, or an empty text.

    Raises:
        InputError: the rest of the rows cannot be read, or the output cannot be written.
    """
    converter = _Converter(options)
    for row in rows:
        complaint = ""
        try:
            converted = converter.convert(row)
        except RowError as error:
            converter.report.bad += 1
            complaint = str(error)
        else:
            write(converted)
        on_row(row, complaint)
    return converter.report


class _Converter:
    """State of a conversion from row to row."""

    def __init__(self, options: ConversionOptions) -> None:
        self._options = options
        self._references = ReferenceWriter(native=options.native)
        self._ids: set[bytes] = set()
        # verl sends its rows by HTTP, where a batch is JSON text in the event
        as_text = options.target is TrainerFormat.VERL
        self.report = ConversionReport(PayloadStats(options.batch_size, options.completion_bytes, as_text=as_text))

    def convert(self, row: Row) -> dict[str, Any]:
        """Return the training row.

        Raises:
            RowError: the row cannot be converted.
        """
        # Read with its tests, so that a row that the grader would refuse is found now and not during the training.
        task = read_task(row, self._options.format_name)
        if not task.prompt.strip():
            raise RowError("has no text for the model to answer: no prompt, question, problem or messages")
        turns = self._options.prompts.render(task)
        reference = self._references.write(task)
        payload = self.report.payload
        converted = training_row(
            self._options.target, task, turns, reference, index=payload.rows, split=self._options.split
        )
        try:
            # Only what does not fit: a reference in the row needs no request, and no permission to read it.
            if self._options.uploader is not None and not payload.fits(converted):
                converted = with_reference(converted, self._options.uploader.put(reference))
                self.report.moved += 1
            payload.add(converted, place=row.place, name=task.id)
        except (TypeError, ValueError):
            raise RowError("holds values that cannot be written as JSON") from None
        self._count(task)
        return converted

    def _count(self, task: Task) -> None:
        self.report.formats[task.problem.format_name] += 1
        # 16 bytes for each row, whatever the length of its id.
        digest = blake2b(task.id.encode(errors="surrogatepass"), digest_size=16).digest()
        if digest in self._ids:
            self.report.repeated_ids += 1
        self._ids.add(digest)
