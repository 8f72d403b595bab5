"""``grader explain``: the grading of one sample in detail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import print_error, print_json, show
from grader.cli.options import ConfigFile, JsonFlag, SamplesFile, load_config, parent_folder
from grader.cli.sources import Problems, open_samples
from grader.core.grader import Grader
from grader.errors import InputError
from grader.text import json_line, one_line, sample_name
from grader.tools.files.samples import is_unreadable, sample_error_text
from grader.tools.report.explanation import Explanation
from grader.types import GradeStatus

if TYPE_CHECKING:
    from typing import Any

    from grader.tools.datasets.completions import CompletionFile
    from grader.tools.files.samples import SampleFile, SampleLine

__all__ = ["explain"]

SampleId = Annotated[
    str | None,
    typer.Option("--id", metavar="ID", show_default=False, help="Id of the sample; the first match is shown."),
]
LineNumber = Annotated[
    int | None,
    typer.Option("--line", metavar="N", min=1, show_default=False, help="Line of the sample in the file, from 1."),
]


def explain(
    file: SamplesFile,
    sample_id: SampleId = None,
    line: LineNumber = None,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
    problems: Problems = None,
) -> None:
    """Explain the grade of one sample.

    Shows the extracted answer, the verdict of each test, and how the reward adds up.
    """
    if (sample_id is None) == (line is None):
        raise typer.BadParameter("give either --id or --line", param_hint="'--id' / '--line'")
    settings = load_config(config)
    with open_samples(file, problems) as source:
        sample_line = _find(source, sample_id, line)
        name = source.name
    with Grader(settings, file_root=parent_folder(file)) as grader:
        grade = grader.grade_batch([sample_line.sample])[0]
    parts = ("syntax", "functional", "style", *(("judge",) if settings.judge.model else ()))
    weights = {part: getattr(settings.reward, part) for part in parts}
    explanation = Explanation(grade, weights, sample_line.number)
    if as_json:
        print_json(explanation.as_dict())
    else:
        show(explanation.render())
    if is_unreadable(grade):
        print_error(f"{name}:{sample_line.number}: {sample_error_text(sample_line.sample, grade)}")
        raise typer.Exit(2)
    raise typer.Exit(1 if grade.status is GradeStatus.UNSCORED else 0)


def _find(source: SampleFile | CompletionFile, sample_id: str | None, number: int | None) -> SampleLine:
    """Find the first line with this id or number; the lines after it are not read.

    Raises:
        InputError: there is no such line.
    """
    for line in source:
        if line.number == number or (sample_id is not None and _matches_id(line.sample.id, sample_id)):
            return line
        # Lines come in order: the rest of a long file, or of endless standard input, need not be read.
        if number is not None and line.number > number:
            break
    if number is not None:
        raise InputError(f"{source.name}: there is no sample on line {number}")
    raise InputError(f"{source.name}: no sample has the id {one_line(sample_id)}")


def _matches_id(sample_id: Any, name: str) -> bool:
    """Return whether a sample's id is this: as text, written as JSON, or as reports show it."""
    if sample_name(sample_id) == name:
        return True
    if isinstance(sample_id, str):
        return sample_id == name
    try:
        return json_line(sample_id) == name
    except (ValueError, RecursionError):
        return False
