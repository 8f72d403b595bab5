"""Convert rows of a data set into training rows, in the shapes that trainers read (`grader.tools.datasets.shapes`)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from grader.tools.datasets.payload import PayloadStats
from grader.tools.datasets.reference_writer import ReferenceWriter
from grader.tools.datasets.shapes import (
    RowContext,
    TrainerFormat,
    is_sent_as_text,
    is_sent_to_a_function,
    training_row,
    with_reference,
)
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
]


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
        payload = PayloadStats(
            options.batch_size,
            options.completion_bytes,
            as_text=is_sent_as_text(options.target),
            is_limited=is_sent_to_a_function(options.target),
        )
        self.report = ConversionReport(payload)

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
        target = self._options.target
        converted = training_row(target, RowContext(task, turns, payload.rows, self._options.split), reference)
        try:
            # Only what does not fit: a reference in the row needs no request, and no permission to read it.
            if self._options.uploader is not None and not payload.fits(converted):
                converted = with_reference(target, converted, self._options.uploader.put(reference))
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
