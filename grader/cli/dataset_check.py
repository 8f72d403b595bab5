"""``grader dataset check``: whether the tests of a data set can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import complain, print_json, show
from grader.cli.dataset_convert import FormatName, RowsFile  # noqa: TC001  # typer reads annotations as it runs
from grader.cli.options import ConfigFile, JsonFlag, folder_of, load_config
from grader.cli.progress import ProgressBar
from grader.dataset.check import Checking, check_rows, for_checking
from grader.dataset.elsewhere import with_tests
from grader.dataset.source import RowFile
from grader.dataset.tables import check_tables
from grader.dataset.task import check_format
from grader.grader import Grader
from testcases.store import Store

if TYPE_CHECKING:
    from grader.config import GraderConfig
    from grader.dataset.findings import Checked
    from grader.dataset.source import Row

__all__ = ["check"]

Repeat = Annotated[int, typer.Option("--repeat", min=1, max=1000, help="How often each solution is tried.")]
Solutions = Annotated[
    int, typer.Option("--solutions", min=0, help="How many of a row's solutions are tried; all must pass.")
]
Guessable = Annotated[
    float,
    typer.Option(
        "--guessable",
        min=0.0,
        max=1.0,
        help="The share of the tests that an answer without skill (a stub, one that always returns the same) may pass.",
    ),
]
Slow = Annotated[
    float,
    typer.Option(
        "--slow", min=0.0, max=1.0, help="The share of the CPU time of one test that a solution may need for all."
    ),
]


def check(
    file: RowsFile,
    format_name: FormatName = None,
    repeat: Repeat = 3,
    solutions: Solutions = 3,
    guessable: Guessable = 0.75,
    slow: Slow = 0.5,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
) -> None:
    """Try answers on each row's tests: its own solutions, which must pass, and answers without skill, which must not.

    Reports rows that are broken, guessable, flaky or slow, and duplicates. Exits with 0 when there is nothing to
    report, with 1 when there is, and with 2 when the usage is wrong or the rest of the file cannot be read.
    """
    check_format(format_name)
    how = Checking(format_name, repeat, solutions, guessable, slow)
    settings = for_checking(load_config(config))
    try:
        checked = _check(file, settings, how)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        print_json(checked.as_dict())
    else:
        show(check_tables(checked))
    if checked.broke_off:
        complain(checked.broke_off)
        raise typer.Exit(2)
    raise typer.Exit(1 if checked.findings else 0)


def _check(file: str, settings: GraderConfig, how: Checking) -> Checked:
    with RowFile(file) as source, ProgressBar(source.total) as progress, Grader(settings) as grader:

        def step(_: Row, checked: Checked) -> None:
            text = f"{checked.rows} rows, {len(checked.findings)} findings"
            progress.step(text, source.position, source.total)

        store = Store(settings.store_settings(folder_of(file)))
        return check_rows(with_tests(source, store), grader, how, step)
