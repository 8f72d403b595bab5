"""Write rows as a table: CSV, or Parquet by pyarrow, which is optional."""

from __future__ import annotations

import csv
import io
import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Protocol

from grader.text import printable
from grader.tools.files.parquet import ParquetWriter

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TableFile", "is_table"]

_CSV: Final = ".csv"
_PARQUET: Final = ".parquet"
_ROWS_AT_A_TIME: Final = 1000
_FLATTENED: Final = "metrics"
_LISTED: Final = "metrics_list"
"""Left out beside ``metrics``, which says the same."""
_NOT_IN_CSV: Final = frozenset({"answer", "prompt", "style_findings", "tests", "timings_ms"})
"""Spreadsheets cut long texts, and take texts of an answer for formulas."""
_JSON_COLUMNS: Final = frozenset({"id", "style_findings", "tests", "timings_ms", "verdicts"})
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def is_table(path: str) -> bool:
    """Return True if the suffix of a path asks for a table."""
    return PurePath(path).suffix.lower() in {_CSV, _PARQUET}


class _Writer(Protocol):
    def write(self, rows: list[dict[str, Any]]) -> None: ...

    def close(self) -> None: ...


class TableFile:
    """A table of results: metrics are columns of their own, and values of several fields are JSON text.

    Args:
        path: the file, which is replaced.

    Raises:
        InputError: pyarrow is missing.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._is_csv = path.suffix.lower() == _CSV
        self._writer: _Writer = _CsvWriter(path) if self._is_csv else ParquetWriter(path)
        self._rows: list[dict[str, Any]] = []

    def write(self, document: dict[str, Any]) -> None:
        """Add a result.

        Raises:
            OSError, ValueError: it cannot be written.
        """
        self._rows.append(_flat(document, skipped=_NOT_IN_CSV if self._is_csv else frozenset()))
        if len(self._rows) >= _ROWS_AT_A_TIME:
            self._flush()

    def close(self) -> None:
        """Write what is left, and close the file.

        Raises:
            OSError, ValueError: it cannot be written.
        """
        try:
            self._flush()
        finally:
            self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write(self._rows)
            self._rows = []


class _CsvWriter:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._columns: list[str] = []

    def write(self, rows: list[dict[str, Any]]) -> None:
        buffer = io.StringIO()
        if not self._columns:
            self._columns = list(rows[0])
            csv.writer(buffer).writerow(self._columns)
        table = csv.DictWriter(buffer, self._columns, restval="", extrasaction="ignore")
        table.writerows({name: _cell(name, value) for name, value in row.items()} for row in rows)
        self._file.write(buffer.getvalue())
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _cell(name: str, value: Any) -> Any:
    if name != "reason":
        return value
    # It may begin with text of an answer. Spreadsheets show what follows an apostrophe as it is.
    return f"'{printable(value)}" if value.startswith(_FORMULA_STARTS) else printable(value)


def _flat(document: dict[str, Any], *, skipped: frozenset[str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, value in document.items():
        if name in skipped or (name == _LISTED and _FLATTENED in document):
            continue
        if name == _FLATTENED:
            row |= {f"{name}.{metric}": number for metric, number in value.items()}
        elif name in _JSON_COLUMNS and not isinstance(value, str):
            row[name] = json.dumps(value)
        else:
            # lone surrogates, which UTF-8 lacks, as escapes
            row[name] = value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value
    return row
