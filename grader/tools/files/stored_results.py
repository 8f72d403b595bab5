"""Read result files: what `grader grade --out` has written, and responses of the Lambda function as JSON lines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from grader.errors import InputError
from grader.text import one_line, sample_name
from grader.tools.files.rows import RowFile
from grader.types import GradeStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.files.rows import Row

__all__ = ["StoredResult", "StoredResultFile", "StoredTest"]

_METRIC_COLUMN: Final = "metrics."
_JSON_COLUMNS: Final = ("id", "style_findings", "tests", "timings_ms", "verdicts")


@dataclass(frozen=True, slots=True)
class StoredTest:
    """One test of a result."""

    index: int
    """Position among all tests of the sample, from 0."""
    verdict: str
    name: str
    detail: str


@dataclass(frozen=True, slots=True)
class StoredResult:
    """The result of one sample, as a file has it."""

    document: Mapping[str, Any]
    """The row of the file."""
    name: str
    """Name of the sample, see `grader.text.sample_name`; several samples of a file may have the same."""
    line: int
    """Line of the sample in its own file, from 1; of the result, where it does not say."""
    reward: float | None
    """``None`` when unscored."""
    metrics: Mapping[str, float]
    problem: str = ""
    reason: str = ""
    verdicts: tuple[str, ...] = ()
    extraction_rule: str = ""
    digest: str = ""
    """Digest of the sample's line; empty where it is not stored."""
    prompt: str = ""
    answer: str | None = None
    """The graded code; ``None`` where none was found, or none is stored."""
    tests: tuple[StoredTest, ...] = ()
    """The tests that are stored, which may be fewer than the verdicts."""
    style_findings: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] | None = None
    has_details: bool = False
    """True if prompt, answer and tests are stored."""


class StoredResultFile(RowFile):
    """Results of a file of JSON lines, a JSON list or Parquet. A context manager, good for one iteration.

    Args:
        name: path of the file; ``-`` is standard input.

    Raises:
        InputError: the file cannot be opened, or is CSV, which is for spreadsheets.
    """

    def __init__(self, name: str) -> None:
        if PurePath(name).suffix.lower() == ".csv":
            raise InputError(f"{name}: is CSV, which has no answers and tests; give results as JSON lines or Parquet")
        super().__init__(name)

    def results(self) -> Iterator[StoredResult]:
        """Yield the results.

        Raises:
            InputError: a row is no result, or the rest of the file cannot be read; names the place.
        """
        for row in self:
            try:
                result = _read(row)
            except _NoResultError as error:
                raise InputError(f"{row.place}: {error}; give a file that `grader grade --out` has written") from None
            yield result


class _NoResultError(Exception):
    """A row that is no result. The text is for people, to be put after the place."""


def _read(row: Row) -> StoredResult:
    if row.complaint:
        raise _NoResultError(row.complaint)
    document = _unflattened(row.document)
    metrics = _metrics(document)
    reward = _number(document.get("aggregate_reward_score"), "aggregate_reward_score")
    status = document.get("status")
    if status is None:
        status = GradeStatus.UNSCORED if metrics.get("grader_error") else GradeStatus.SCORED
    if status not in set(GradeStatus):
        raise _NoResultError(f"status is {one_line(status, 40)!r}, not scored or unscored")
    line = document.get("line")
    return StoredResult(
        document=document,
        name=sample_name(document.get("id")),
        line=line if isinstance(line, int) else row.number,
        reward=reward if status == GradeStatus.SCORED else None,
        metrics=metrics,
        problem=_text(document, "problem"),
        reason=_text(document, "reason"),
        verdicts=tuple(_texts(document, "verdicts")),
        extraction_rule=_text(document, "extraction_rule"),
        digest=_text(document, "digest"),
        prompt=_text(document, "prompt"),
        answer=_text(document, "answer") if document.get("answer") is not None else None,
        tests=tuple(_test(test, index) for index, test in enumerate(_list(document, "tests"))),
        style_findings=tuple(_texts(document, "style_findings")),
        timings_ms=_timings(document.get("timings_ms")),
        has_details="tests" in document,
    )


def _unflattened(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a row of a table as it is in JSON lines."""
    if not any(name.startswith(_METRIC_COLUMN) for name in row):
        return row
    document = {name: value for name, value in row.items() if not name.startswith(_METRIC_COLUMN)}
    document["metrics"] = {
        name.removeprefix(_METRIC_COLUMN): value for name, value in row.items() if name.startswith(_METRIC_COLUMN)
    }
    for name in _JSON_COLUMNS:
        value = document.get(name)
        # the id of a sample may be any text, and is JSON only where it was no text
        if isinstance(value, str) and (name != "id" or value.startswith(("{", "[", '"'))):
            try:
                document[name] = json.loads(value)
            except (ValueError, RecursionError):
                if name != "id":
                    raise _NoResultError(f"{name} is not JSON") from None
    return document


def _metrics(document: Mapping[str, Any]) -> dict[str, float]:
    metrics = document.get("metrics")
    if metrics is None:
        listed = document.get("metrics_list")
        if not isinstance(listed, list) or not all(isinstance(one, Mapping) and "name" in one for one in listed):
            raise _NoResultError("has no metrics")
        metrics = {str(one["name"]): one.get("value") for one in listed}
    if not isinstance(metrics, Mapping):
        raise _NoResultError(f"metrics is of type {type(metrics).__name__}, not an object")
    return {str(name): _number(value, f"metrics.{one_line(name, 40)}") for name, value in metrics.items()}


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _NoResultError(f"{name} is {one_line(value, 40)!r}, not a finite number")
    return float(value)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise _NoResultError(f"{name} is of type {type(value).__name__}, not text")
    return value or ""


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    value = document.get(name)
    if value is not None and not isinstance(value, list):
        raise _NoResultError(f"{name} is of type {type(value).__name__}, not a list")
    return value or []


def _texts(document: Mapping[str, Any], name: str) -> list[str]:
    values = _list(document, name)
    if not all(isinstance(value, str) for value in values):
        raise _NoResultError(f"{name} is not a list of texts")
    return values


def _test(value: Any, index: int) -> StoredTest:
    if not isinstance(value, Mapping):
        raise _NoResultError(f"a test is of type {type(value).__name__}, not an object")
    place = value.get("index", index)
    texts = (_text(value, name) for name in ("verdict", "name", "detail"))
    return StoredTest(place if isinstance(place, int) else index, *texts)


def _timings(value: Any) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise _NoResultError(f"timings_ms is of type {type(value).__name__}, not an object")
    return {str(stage): _number(one, "timings_ms") for stage, one in value.items()}
