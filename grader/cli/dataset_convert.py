"""``grader dataset convert``: a data set as the training file of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import print_json, show
from grader.cli.options import JsonFlag, folder_of, load_config
from grader.cli.progress import ProgressBar
from grader.dataset.conversion import Conversion, convert_rows
from grader.dataset.depot import BucketDepot
from grader.dataset.elsewhere import with_tests
from grader.dataset.output import WholeFile
from grader.dataset.source import RowFile
from grader.dataset.tables import conversion_tables
from grader.dataset.task import check_format
from grader.dataset.training import Target
from grader.dataset.turns import USER_PROMPT, Turns, read_template
from grader.errors import InputError
from testcases.store import Store

if TYPE_CHECKING:
    from grader.dataset.conversion import Converted
    from grader.dataset.source import Row

__all__ = ["FormatName", "RowsFile", "convert"]

RowsFile = Annotated[
    str,
    typer.Argument(
        metavar="SRC",
        show_default=False,
        help="Rows as JSON lines or a JSON list, also gzipped, or as Parquet; - is standard input.",
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        show_default=False,
        help="The format of the tests, where a row could be several; see docs/references.md.",
    ),
]
OutFile = Annotated[str, typer.Option("--out", metavar="FILE", show_default=False, help="Where the rows go.")]
To = Annotated[Target, typer.Option("--to", help="Who reads the rows.")]
SystemFile = Annotated[
    str | None,
    typer.Option("--system-prompt", metavar="FILE", show_default=False, help="Text of the system turn."),
]
UserFile = Annotated[
    str | None,
    typer.Option(
        "--user-prompt",
        metavar="FILE",
        show_default=False,
        help="Template of the user turn, with {prompt}, {interface}, {starter}, {entry_point}.",
    ),
]
Native = Annotated[bool, typer.Option("--native", help="Write tests in the grader's own format where it can say them.")]
Split = Annotated[str, typer.Option("--split", metavar="NAME", help="The part of the data set, for verl.")]
BatchSize = Annotated[int, typer.Option("--batch-size", min=1, help="Samples the job sends in one request.")]
CompletionKb = Annotated[
    int, typer.Option("--completion-kb", min=0, help="Room for the model's text of each sample, in KiB.")
]
TestsTo = Annotated[
    str | None,
    typer.Option(
        "--tests-to",
        metavar="S3_URI",
        show_default=False,
        help="Put the tests of rows that are too large under this address, such as s3://bucket/prefix.",
    ),
]


def convert(  # noqa: PLR0913, PLR0917  # one for each option
    file: RowsFile,
    out: OutFile,
    to: To = Target.BEDROCK,
    format_name: FormatName = None,
    system_prompt: SystemFile = None,
    user_prompt: UserFile = None,
    native: Native = False,  # noqa: FBT002  # typer wants flags so
    split: Split = "train",
    batch_size: BatchSize = 64,
    completion_kb: CompletionKb = 24,
    tests_to: TestsTo = None,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
) -> None:
    """Write the rows of a data set as a training job reads them, and see whether its requests fit into 6 MB.

    Exits with 0 when every row was written and fits, with 2 when the usage is wrong or a row cannot be converted (it
    is named, the others are written), and with 1 when rows are too large for the batch size.
    """
    check_format(format_name)
    system = None if system_prompt is None else read_template(system_prompt)
    user = USER_PROMPT if user_prompt is None else read_template(user_prompt, must_hold="{prompt}")
    how = Conversion(
        turns=Turns(system, user),
        target=to,
        format_name=format_name,
        split=split,
        native=native,
        batch_size=batch_size,
        completion_bytes=completion_kb * 1024,
        depot=None if tests_to is None else BucketDepot(tests_to),
    )
    try:
        done = _convert(file, out, how)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        print_json(done.as_dict())
    else:
        show(conversion_tables(done, out))
    raise typer.Exit(2 if done.bad else 1 if done.payload.too_large else 0)


def _convert(file: str, out: str, how: Conversion) -> Converted:
    with RowFile(file) as source, WholeFile(out, source=file) as output, ProgressBar(source.total) as progress:
        seen = 0

        def step(row: Row, complaint: str) -> None:
            nonlocal seen
            seen += 1
            if complaint:
                progress.note(f"{row.place}: {complaint}")
            progress.step(f"{seen} rows", source.position, source.total)

        store = Store(load_config(None).store_settings(folder_of(file)))
        done = convert_rows(with_tests(source, store), how, output.write, step)
        if not done.rows:
            raise InputError(f"{source.name}: none of its {seen} rows can be converted; nothing was written")
    return done
