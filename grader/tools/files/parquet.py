"""Write Parquet by pyarrow, which is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ParquetWriter"]


class ParquetWriter:
    """A Parquet file, written piece by piece. The first rows decide the columns and their types.

    Args:
        path: the file, which is replaced.
        name: what the file is called in messages, if it gets another name when it is complete.

    Raises:
        InputError: pyarrow is missing.
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, *, name: str | None = None) -> None:
        try:
            # Optional, as pyarrow is larger than all other dependencies together.
            import pyarrow as pa  # noqa: PLC0415  # an optional dependency, slow to import
            from pyarrow import parquet  # noqa: PLC0415 - likewise
        except ImportError:
            raise InputError(
                f"{name or path}: is Parquet, which needs pyarrow (pip install 'rlvr-code-grader[parquet]'); or name a "
                "file of JSON lines"
            ) from None
        self._arrow, self._parquet = pa, parquet
        self._file = path.open("wb")
        self._writer: Any = None

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Add rows as one row group.

        Raises:
            OSError: they cannot be written.
            ValueError: a value has another type than the first of its column.
        """
        try:
            if self._writer is None:
                self._writer = self._parquet.ParquetWriter(self._file, self._schema_of(rows))
            self._writer.write_table(self._arrow.Table.from_pylist(rows, schema=self._writer.schema))
        except self._arrow.ArrowException as error:
            raise ValueError(" ".join(str(error).split())[:200]) from None

    def _schema_of(self, rows: list[dict[str, Any]]) -> Any:
        """Return the schema of rows; columns that are empty so far are text."""
        arrow = self._arrow
        fields = arrow.Table.from_pylist(rows).schema
        return arrow.schema(
            [arrow.field(one.name, arrow.string()) if arrow.types.is_null(one.type) else one for one in fields]
        )

    def close(self) -> None:
        """Finish the file. One without rows has no columns either.

        Raises:
            OSError: the end cannot be written.
        """
        try:
            if self._writer is not None:
                self._writer.close()
        finally:
            self._file.close()
