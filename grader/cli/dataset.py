"""``grader dataset``: make training files of data sets, and check them."""

from __future__ import annotations

import typer

from grader.cli.dataset_check import check
from grader.cli.dataset_convert import convert

__all__ = ["dataset"]

dataset = typer.Typer(
    name="dataset",
    help="Make training files of data sets, and check that their tests can be trusted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
for _command in (convert, check):
    dataset.command()(_command)
