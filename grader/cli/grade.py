"""``grader grade``: grade a file of samples, here or on a deployed function."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import print_error, print_json, show
from grader.cli.options import (  # typer reads annotations as it runs
    ConfigFile,
    JsonFlag,
    ProfileName,
    RegionName,
    SamplesFile,
    load_config,
    parent_folder,
)
from grader.cli.progress import ProgressBar
from grader.cli.sources import Problems, open_samples
from grader.core.grader import Grader
from grader.errors import CloudError, InputError
from grader.tools.files.results import ResultFile, ResumableResults
from grader.tools.files.samples import SampleFile, grade_lines, is_unreadable, sample_error_text
from grader.tools.remote.file_run import RemoteFileRun
from grader.tools.remote.target import is_ray, parse_target, ray_address
from grader.tools.report.summary import Summary
from grader.tools.report.tables import summary_tables
from grader.types import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.config.settings import GraderConfig
    from grader.ray import RayGrader
    from grader.tools.datasets.completions import CompletionFile
    from grader.tools.files.samples import SampleLine
    from grader.tools.remote.target import RemoteTarget
    from grader.types import Grade

__all__ = ["grade"]

OutFile = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="FILE",
        show_default=False,
        help="Write the results here, in the order of the input: JSON lines, or by suffix .csv or .parquet.",
    ),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline",
        metavar="SECONDS",
        min=0.0,
        show_default=False,
        help="Stop after this many seconds; samples not graded by then are unscored.",
    ),
]
OnFunction = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="lambda:FUNCTION|http://HOST:PORT|ray[:ADDRESS]",
        show_default=False,
        help="Grade on this Lambda function (NAME, NAME:ALIAS, ARN) or service, without the samples that are in --out "
        "already; or on a Ray cluster.",
    ),
]
Details = Annotated[
    bool, typer.Option("--details/--no-details", help="Add answers and tests to --out; `grader report` shows them.")
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", metavar="N", min=1, max=1000, help="With --on: concurrent invocations.")
]
BatchSize = Annotated[
    int, typer.Option("--batch-size", metavar="N", min=1, max=4096, help="With --on: maximum samples per invocation.")
]


def grade(  # noqa: PLR0913, PLR0917  # one for each option
    file: SamplesFile,
    out: OutFile = None,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
    deadline: Deadline = None,
    problems: Problems = None,
    details: Details = True,  # noqa: FBT002 - how typer declares a flag
    on: OnFunction = None,
    concurrency: Concurrency = 8,
    batch_size: BatchSize = 16,
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Grade a file of samples and print a summary.

    Exit code: 0 if every sample got a score; 1 if the grader failed or ran out of time; 2 for wrong usage, or if a
    line is not a sample (it is reported, the others are graded).
    """
    if on is not None and is_ray(on):
        grader = _ray_grader(on, load_config(config))
        run = _grade_with(grader, file, out, grader.config, deadline, problems, details=details)
    elif on is not None:
        if config is not None or deadline is not None:
            raise InputError("--on: the function uses its own settings and deadline; leave out --config and --deadline")
        if problems is not None:
            raise InputError("--on: cannot be used with --problems; make rows with references by `dataset convert`")
        function = parse_target(on, profile=profile, region=region, concurrency=concurrency)
        run = _grade_remotely(file, out, function, concurrency=concurrency, batch_size=batch_size)
    else:
        settings = load_config(config)
        local = Grader(settings, file_root=parent_folder(file))
        run = _grade_with(local, file, out, settings, deadline, problems, details=details)
    run.report(as_json=as_json)
    raise typer.Exit(run.exit_code)


def _grade_with(
    maker: Grader | RayGrader,
    file: str,
    out: str | None,
    settings: GraderConfig,
    deadline: float | None,
    problems: str | None,
    *,
    details: bool,
) -> _FileRun:
    with (
        open_samples(file, problems) as source,
        ResultFile(out, source=file, unscored_reward=_unscored_reward(settings), details=details) as results,
        ProgressBar(source.total) as progress,
        maker as grader,
    ):
        run = _FileRun(source, results, progress)
        run.run_grading(lambda: run.add_all(grade_lines(grader, source, deadline_s=deadline)))
    return run


def _ray_grader(address: str, settings: GraderConfig) -> RayGrader:
    from grader.ray import RayGrader  # noqa: PLC0415 - for one option only

    return RayGrader(settings, address=ray_address(address))


def _grade_remotely(
    file: str, out: str | None, function: RemoteTarget, *, concurrency: int, batch_size: int
) -> _FileRun:
    with SampleFile(file) as source:
        # Before the output is opened: a wrong name must not create or touch the file of an earlier run.
        function.check()
        unscored_reward = _unscored_reward(load_config(None))
        with (
            ResumableResults(out, source=file, unscored_reward=unscored_reward) as results,
            ProgressBar(source.total) as progress,
        ):
            run = _FileRun(source, results, progress)
            remote = RemoteFileRun(
                function,
                results,
                concurrency,
                batch_size,
                on_result=run.add,
                on_kept=run.add_kept,
                on_failure=run.add_failure,
            )
            run.run_grading(lambda: remote.grade(source))
    return run


def _unscored_reward(config: GraderConfig) -> float:
    """Return the reward to write for unscored samples."""
    # With `unscored = "raise"` the file still gets a line: its status says "unscored", and so does the exit code.
    return config.unscored if isinstance(config.unscored, float) else 0.0


@dataclass(slots=True)
class _FileRun:
    """State of a run over one file, and the callbacks that update it."""

    source: SampleFile | CompletionFile
    results: ResultFile | ResumableResults
    progress: ProgressBar
    summary: Summary = field(default_factory=Summary)
    unreadable: int = 0
    kept: int = 0
    """Number of samples that an earlier run graded."""
    error: CloudError | InputError | None = None
    """Error that ended the run early, after some samples had been graded."""
    started: float = field(default_factory=time.monotonic)

    def run_grading(self, grade_all: Callable[[], None]) -> None:
        """Grade everything; an error after the first sample ends the run, but keeps its results.

        Raises:
            InputError, CloudError: no sample could be graded.
            typer.Exit: the user interrupted it.
        """
        try:
            grade_all()
        except (InputError, CloudError) as error:
            # Results that were written are worth a summary, and a later run can resume from them.
            if not self.summary.samples:
                raise
            self.error = error
        except KeyboardInterrupt:
            self.progress.note(f"interrupted after {self.summary.samples} samples{self._resume_hint()}")
            raise typer.Exit(130) from None

    def add_all(self, results: Iterable[tuple[SampleLine, Grade]]) -> None:
        """Write and count grades as they arrive."""
        for line, grade in results:
            self.add(line, grade)

    def add(self, line: SampleLine, grade: Grade) -> None:
        """Write a grade to the results, and count it."""
        prompt = line.sample.prompt if isinstance(line.sample, Sample) else ""
        self.results.write(grade, line.number, line.digest, prompt=prompt)
        self.summary.add(grade, line.number)
        if is_unreadable(grade):
            self.unreadable += 1
            self.progress.note(f"{self.source.name}:{line.number}: {sample_error_text(line.sample, grade)}")
        self._show()

    def add_failure(self, line: SampleLine, grade: Grade) -> None:
        """Write and count a sample that could not be graded because of an error outside of it."""
        self.results.write(grade, line.number, line.digest)
        self.summary.add(grade, line.number)
        self.progress.note(f"{self.source.name}:{line.number}: {grade.reason}")
        self._show()

    def add_kept(self, line: SampleLine, grade: Grade) -> None:
        """Count a grade that is in the results already."""
        self.kept += 1
        self.summary.add(grade, line.number)
        self._show()

    def report(self, *, as_json: bool) -> None:
        """Print the summary, and the error that ended the run early, if any."""
        elapsed_s = round(time.monotonic() - self.started, 3)
        if as_json:
            more = {"unreadable": self.unreadable, "kept": self.kept, "elapsed_s": elapsed_s}
            print_json(self.summary.as_dict() | more)
        else:
            show(summary_tables(self.summary))
            if self.kept:
                print_error(f"{self.kept} of them were already in {self.results.path}; remove the file to regrade them")
        if self.error is not None:
            print_error(f"{self.error}{self._resume_hint()}")

    @property
    def exit_code(self) -> int:
        """Exit code of the command, as in its help."""
        if self.unreadable or isinstance(self.error, InputError):
            return 2
        return 1 if self.summary.unscored or self.error is not None else 0

    def _resume_hint(self) -> str:
        if not isinstance(self.results, ResumableResults) or self.results.path is None:
            return ""
        return f"; {self.summary.scored} results are in {self.results.path}; run the same command to resume"

    def _show(self) -> None:
        mean = self.summary.reward.mean
        text = f"{self.summary.samples} graded" + ("" if mean is None else f", mean reward {mean:.3f}")
        self.progress.step(text, self.source.position)
