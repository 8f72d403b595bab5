"""``grader report``: a page about one run or several, or a log for the viewer of inspect_ai."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from grader.cli.console import print_error
from grader.cli.progress import ProgressBar
from grader.errors import InputError
from grader.text import printable
from grader.tools.files.rows import STDIN
from grader.tools.files.stored_results import StoredResultFile
from grader.tools.files.writers import Replacement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.tools.files.stored_results import StoredResult

__all__ = ["ReportFormat", "report"]

_MAX_RUNS = 26
"""Runs are called A to Z."""


class ReportFormat(StrEnum):
    """Formats of a report."""

    HTML = "html"
    """A page with charts, and every sample."""
    INSPECT_LOG = "inspect-log"
    """A log of inspect_ai (``.eval``), for ``inspect view``."""


Results = Annotated[
    list[str],
    typer.Argument(
        metavar="RESULTS...",
        show_default=False,
        help="Results of `grader grade --out`; the others are compared with the first.",
    ),
]
OutFile = Annotated[
    str | None,
    typer.Option("--out", metavar="FILE", show_default=False, help="The report. [default: report.html or report.eval]"),
]
Format = Annotated[ReportFormat, typer.Option("--to", help="What to write.")]


def report(results: Results, out: OutFile = None, to: Format = ReportFormat.HTML) -> None:
    """Write a report of one run, or of several with what has changed between them.

    The page is one file that loads nothing. It holds the answers and texts of the tests, unless the results do not.
    """
    if len(results) > _MAX_RUNS:
        raise InputError(f"{len(results)} results are given; a report compares up to {_MAX_RUNS}")
    if to is ReportFormat.INSPECT_LOG:
        if len(results) > 1:
            raise InputError("a log of inspect_ai holds one run; write one for each")
        target = out or "report.eval"
        _write_inspect_log(results[0], target)
    else:
        target = out or "report.html"
        _write_page(results, target)
    print_error(f"wrote {target}")


def _write_page(files: list[str], out: str) -> None:
    from grader.tools.html_report.comparison import RunIndex  # noqa: PLC0415 - for this format only
    from grader.tools.html_report.page import report_page  # noqa: PLC0415 - likewise
    from grader.tools.html_report.run_data import RunData  # noqa: PLC0415 - likewise

    runs, indexes = [], []
    for title, file in zip(_titles(files), files, strict=True):
        run, index = RunData(title), RunIndex()
        _read(file, run.add, *([index.add] if len(files) > 1 else []))
        runs.append(run)
        indexes.append(index)
    comparisons = [index.compare(indexes[0]) for index in indexes[1:]]
    with _new_file(out, files) as target:
        for text in report_page(runs, comparisons):
            target.write(text.encode())


def _write_inspect_log(file: str, out: str) -> None:
    from grader.tools.inspect_log.log import InspectLog  # noqa: PLC0415 - for this format only

    path = Path(file)
    created = datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else datetime.now(UTC)
    title = "stdin" if file == STDIN else printable(path.name.split(".")[0]) or "results"
    with _new_file(out, [file]) as target, InspectLog(target, title, printable(file), created) as log:
        _read(file, log.add)


def _read(file: str, *receivers: Callable[[StoredResult], None]) -> None:
    """Give every result of a file to each of the receivers."""
    with StoredResultFile(file) as source, ProgressBar(source.total) as progress:
        for number, result in enumerate(source.results(), 1):
            for receive in receivers:
                receive(result)
            progress.step(f"{number} results read", source.position)


def _titles(files: list[str]) -> list[str]:
    """Return names for people: the paths below the folder that all have in common."""
    if len(files) == 1:
        return ["<stdin>" if files[0] == STDIN else printable(Path(files[0]).name)]
    shared = os.path.commonpath([Path(file).absolute().parent for file in files])
    return [printable(os.path.relpath(Path(file).absolute(), shared)) if file != STDIN else "<stdin>" for file in files]


@contextmanager
def _new_file(out: str, sources: list[str]) -> Iterator[BinaryIO]:
    """Open a file that replaces the one of that name once it is complete.

    Raises:
        InputError: it cannot be written, or is one of the sources.
    """
    target = Path(out).resolve()
    for source in sources:
        if target.exists() and Path(source).exists() and target.samefile(source):
            raise InputError(f"{out}: is one of the results; --out must be another")
    if target.is_dir():
        raise InputError(f"{out}: is a directory")
    replacement = Replacement(target)
    try:
        with replacement.open() as file:
            yield file
        replacement.commit()
    except OSError as error:
        replacement.discard()
        raise InputError(f"{out}: {error.strerror or error}") from None
    except BaseException:
        replacement.discard()
        raise
