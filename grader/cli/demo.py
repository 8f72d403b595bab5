"""``grader demo``: grade the bundled examples."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from grader.cli.console import show
from grader.cli.options import ConfigFile, load_config
from grader.core.grader import Grader
from grader.lambda_api import read_event
from grader.text import json_line
from grader.tools.report.summary import Summary
from grader.tools.report.tables import grades_table, summary_tables
from grader.types import GradeStatus
from testcases.examples import load_examples

__all__ = ["demo"]

AsSamples = Annotated[
    bool, typer.Option("--samples", help="Only print the samples, as JSON lines for `grader grade` and `explain`.")
]


def demo(
    samples: AsSamples = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
) -> None:
    """Grade the bundled examples.

    They are correct, wrong, slow, broken and malicious answers. Prints a row for each, and a summary.
    """
    events = [example.event() for example in load_examples()]
    if samples:
        sys.stdout.writelines(json_line(event) + "\n" for event in events)
        return
    with Grader(load_config(config)) as grader:
        grades = grader.grade_batch(read_event(events).samples)
    summary = Summary()
    for grade in grades:
        summary.add(grade)
    show(Group(grades_table(grades), Text(), summary_tables(summary)))
    raise typer.Exit(1 if any(grade.status is GradeStatus.UNSCORED for grade in grades) else 0)
