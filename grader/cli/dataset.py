"""``grader dataset``: convert data sets into training files, and check them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import print_error, print_json, show
from grader.cli.options import ConfigFile, JsonFlag, load_config, parent_folder
from grader.cli.progress import ProgressBar
from grader.core.grader import Grader
from grader.errors import InputError
from grader.references.store import ReferenceStore
from grader.tools.datasets.check import CheckOptions, check_config, check_rows
from grader.tools.datasets.convert import ConversionOptions, TrainerFormat, convert_rows
from grader.tools.datasets.output import open_output
from grader.tools.datasets.prompts import USER_PROMPT, PromptTemplate, read_template
from grader.tools.datasets.resolve import resolve_references
from grader.tools.datasets.tables import check_tables, conversion_tables
from grader.tools.datasets.tasks import check_format, task_id
from grader.tools.datasets.upload import BucketUploader
from grader.tools.files.rows import RowFile

if TYPE_CHECKING:
    from grader.config.settings import GraderConfig
    from grader.tools.datasets.convert import ConversionReport
    from grader.tools.datasets.findings import CheckReport
    from grader.tools.files.rows import Row

__all__ = ["FormatName", "RowsFile", "check", "convert", "dataset"]


RowsFile = Annotated[
    str,
    typer.Argument(
        metavar="SRC",
        show_default=False,
        help="Rows: JSON lines, a JSON list (either may be gzipped) or Parquet; - reads standard input.",
    ),
]
FormatName = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        show_default=False,
        help="Format of the tests, for rows that match several; see docs/references.md.",
    ),
]
OutFile = Annotated[
    str,
    typer.Option(
        "--out", metavar="FILE", show_default=False, help="File to write the rows to: JSON lines, or Parquet by suffix."
    ),
]
To = Annotated[TrainerFormat, typer.Option("--to", help="Trainer that reads the rows.")]
SystemFile = Annotated[
    str | None,
    typer.Option("--system-prompt", metavar="FILE", show_default=False, help="File with the system prompt."),
]
UserFile = Annotated[
    str | None,
    typer.Option(
        "--user-prompt",
        metavar="FILE",
        show_default=False,
        help="Template of the user message; may use {prompt}, {interface}, {starter}, {entry_point}.",
    ),
]
Native = Annotated[bool, typer.Option("--native", help="Write tests in the grader's own format where possible.")]
Split = Annotated[str, typer.Option("--split", metavar="NAME", help="Name of the data set split, for verl.")]
BatchSize = Annotated[int, typer.Option("--batch-size", min=1, help="Samples that the job sends in one request.")]
CompletionKb = Annotated[
    int, typer.Option("--completion-kb", min=0, help="Room to reserve for each completion, in KiB.")
]
TestsTo = Annotated[
    str | None,
    typer.Option(
        "--tests-to",
        metavar="S3_URI",
        show_default=False,
        help="Upload the tests of rows that are too large to this S3 prefix, such as s3://bucket/prefix.",
    ),
]


def convert(  # noqa: PLR0913, PLR0917  # one for each option
    file: RowsFile,
    out: OutFile,
    to: To = TrainerFormat.BEDROCK,
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
    """Convert a data set into a training file.

    Also checks that the requests of the training job fit into 6 MB. Exit code: 0 if every row was written and fits; 1
    if rows are too large for the batch size; 2 for wrong usage, or if a row cannot be converted (it is reported, the
    others are written).
    """
    check_format(format_name)
    system = None if system_prompt is None else read_template(system_prompt)
    user = USER_PROMPT if user_prompt is None else read_template(user_prompt, must_hold="{prompt}")
    options = ConversionOptions(
        prompts=PromptTemplate(system, user),
        target=to,
        format_name=format_name,
        split=split,
        native=native,
        batch_size=batch_size,
        completion_bytes=completion_kb * 1024,
        uploader=None if tests_to is None else BucketUploader(tests_to),
    )
    try:
        report = _run_conversion(file, out, options)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        print_json(report.as_dict())
    else:
        show(conversion_tables(report, out))
    raise typer.Exit(2 if report.bad else 1 if report.payload.too_large else 0)


def _run_conversion(file: str, out: str, options: ConversionOptions) -> ConversionReport:
    # The output replaces an older file only when the block ends without an error.
    with RowFile(file) as source, open_output(out, source=file) as output, ProgressBar(source.total) as progress:
        count = 0

        def step(row: Row, message: str) -> None:
            nonlocal count
            count += 1
            if message:
                name = task_id(row.document) if isinstance(row.document, dict) else None
                progress.note(f"{row.place}: {message}" if name is None else f"{row.place} ({name}): {message}")
            progress.step(f"{count} rows", source.position, source.total)

        store = ReferenceStore(load_config(None).store.with_default_root(parent_folder(file)))
        report = convert_rows(resolve_references(source, store), options, output.write, step)
        if not report.rows:
            raise InputError(f"{source.name}: none of its {count} rows can be converted; nothing was written")
    return report


Repeat = Annotated[int, typer.Option("--repeat", min=1, max=1000, help="Runs of each solution, to find flaky tests.")]
Solutions = Annotated[
    int, typer.Option("--solutions", min=0, help="Maximum number of a row's solutions to try; all must pass.")
]
Guessable = Annotated[
    float,
    typer.Option(
        "--guessable",
        min=0.0,
        max=1.0,
        help="Share of the tests that a trivial answer (a stub, or a constant) may pass.",
    ),
]
Slow = Annotated[
    float,
    typer.Option(
        "--slow", min=0.0, max=1.0, help="Share of one test's CPU time limit that a solution may use for all tests."
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
    """Check that the tests of a data set can be trusted.

    Runs each row's tests against its own solutions, which must pass, and against trivial answers, which must not.
    Reports broken, guessable, flaky, slow and duplicate rows. Exit code: 0 without findings; 1 with findings; 2 for
    wrong usage, or if the rest of the file cannot be read.
    """
    check_format(format_name)
    options = CheckOptions(format_name, repeat, solutions, guessable, slow)
    settings = check_config(load_config(config))
    try:
        report = _run_check(file, settings, options)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if as_json:
        print_json(report.as_dict())
    else:
        show(check_tables(report))
    # The findings up to the damaged part are printed first: they are valid, and took time to compute.
    if report.broke_off:
        print_error(report.broke_off)
        raise typer.Exit(2)
    raise typer.Exit(1 if report.findings else 0)


def _run_check(file: str, settings: GraderConfig, options: CheckOptions) -> CheckReport:
    with RowFile(file) as source, ProgressBar(source.total) as progress, Grader(settings) as grader:

        def step(report: CheckReport) -> None:
            text = f"{report.rows} rows, {len(report.findings)} findings, {report.runs} answers graded"
            progress.step(text, source.position, source.total)

        store = ReferenceStore(settings.store.with_default_root(parent_folder(file)))
        return check_rows(resolve_references(source, store), grader, options, step)


dataset = typer.Typer(
    name="dataset",
    help="Convert data sets into training files, and check their tests.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
for _command in (convert, check):
    dataset.command()(_command)
