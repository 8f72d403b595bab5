"""What became of a data set, as tables for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from grader.dataset.payload import REQUEST_BYTES
from grader.report import one_line
from grader.report.tables import new_table, plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from grader.dataset.conversion import Converted

__all__ = ["conversion_tables"]

_SHOWN = 20


def conversion_tables(done: Converted, out: str) -> Group:
    """What a conversion came to."""
    payload = done.payload
    rows = new_table(f"{done.rows} rows written to {one_line(out)}", "what", "number", numbers=1)
    for name, count in done.formats.most_common():
        rows.add_row(plain(f"with tests as {name}"), str(count))
    rows.add_row("that could not be converted", str(done.bad))
    rows.add_row("with an id that an earlier row has", str(done.repeated_ids))
    rows.add_row("with tests put elsewhere", str(done.moved))
    sizes = new_table(f"Requests of {payload.batch_size} samples", "what", "size", numbers=1)
    sizes.add_row("a request may have", _size(REQUEST_BYTES))
    sizes.add_row("room for each completion", _size(payload.completion_bytes))
    sizes.add_row("a batch of average rows", _size(payload.mean_batch))
    sizes.add_row("a batch of copies of the largest row", _size(payload.largest_batch))
    sizes.add_row("batch size at which every batch fits", str(payload.safe_batch_size))
    parts: list[RenderableType] = [rows, Text(), sizes]
    if payload.too_large:
        parts += [Text(), _too_large(done)]
    return Group(*parts)


def _too_large(done: Converted) -> Table:
    payload = done.payload
    title = f"{payload.too_large} rows are too large for batches of {payload.batch_size}"
    if payload.too_large > _SHOWN:
        title += f" (the first {_SHOWN})"
    table = new_table(title, "row", "id", "size", "fit into a request", numbers=2)
    for row in payload.worst[:_SHOWN]:
        table.add_row(plain(one_line(row.place)), plain(one_line(row.id, 60)), _size(row.bytes), str(row.fitting))
    return table


def _size(size: int) -> str:
    return f"{size / 1024:.1f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.2f} MB"
