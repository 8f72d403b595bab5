"""``grader grade``: grade a file of samples."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import complain, print_json, show
from grader.cli.lines import SampleFile
from grader.cli.options import ConfigFile, JsonFlag, SamplesFile, folder_of, load_config
from grader.cli.progress import ProgressBar
from grader.cli.results import ResultFile
from grader.cli.run import complaint, grade_lines, is_unreadable
from grader.errors import InputError
from grader.grader import Grader
from grader.report import Summary, summary_tables

if TYPE_CHECKING:
    from grader.cli.lines import Line
    from grader.config import GraderConfig
    from grader.grade import Grade

__all__ = ["grade"]

OutFile = Annotated[
    str | None,
    typer.Option("--out", metavar="FILE", show_default=False, help="Write one JSON result a line, in input order."),
]
Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline",
        metavar="SECONDS",
        min=0.0,
        show_default=False,
        help="Be done in so many seconds; samples that do not fit in are unscored.",
    ),
]


def grade(
    file: SamplesFile,
    out: OutFile = None,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
    deadline: Deadline = None,
) -> None:
    """Grade a file of samples and print what they came to.

    Exits with 0 when every sample got a score, with 2 when the usage is wrong or a line cannot be read as a sample
    (it is named, the others are graded), and with 1 when the grader failed or ran out of time.
    """
    settings = load_config(config)
    started = time.monotonic()
    with (
        SampleFile(file) as source,
        ResultFile(out, source=file, unscored_reward=_unscored_reward(settings)) as results,
        ProgressBar(source.size) as progress,
        Grader(settings, file_root=folder_of(file)) as grader,
    ):
        run = _Run(source, results, progress)
        run.work_off(grader, deadline)
    run.tell(as_json=as_json, elapsed_s=time.monotonic() - started)
    raise typer.Exit(run.exit_code)


def _unscored_reward(config: GraderConfig) -> float:
    """A file has room for the status of each sample, so ``raise`` is a matter of the exit code here."""
    return config.unscored if isinstance(config.unscored, float) else 0.0


@dataclass(slots=True)
class _Run:
    """What is known of this run so far."""

    source: SampleFile
    results: ResultFile
    progress: ProgressBar
    summary: Summary = field(default_factory=Summary)
    unreadable: int = 0
    broke_off: str = ""

    def work_off(self, grader: Grader, deadline: float | None) -> None:
        """Grade everything.

        Raises:
            InputError: nothing could be graded.
            typer.Exit: someone interrupted it.
        """
        try:
            grade_lines(grader, self.source, self._take, deadline_s=deadline)
        except InputError as error:
            if not self.summary.samples:
                raise
            self.broke_off = str(error)
        except KeyboardInterrupt:
            self.progress.note(f"interrupted after {self.summary.samples} samples")
            raise typer.Exit(130) from None

    def _take(self, line: Line, grade: Grade) -> None:
        self.results.write(grade, line.number, line.digest)
        self.summary.add(grade, line.number)
        if is_unreadable(grade):
            self.unreadable += 1
            self.progress.note(f"{self.source.name}:{line.number}: {complaint(line.sample, grade)}")
        mean = self.summary.reward.mean
        text = f"{self.summary.samples} graded" + ("" if mean is None else f", mean reward {mean:.3f}")
        self.progress.step(text, self.source.position)

    def tell(self, *, as_json: bool, elapsed_s: float) -> None:
        """Print what it came to."""
        if as_json:
            print_json(self.summary.as_dict() | {"unreadable": self.unreadable, "elapsed_s": round(elapsed_s, 3)})
        else:
            show(summary_tables(self.summary))
        if self.broke_off:
            complain(self.broke_off)

    @property
    def exit_code(self) -> int:
        """As the command's help says."""
        if self.unreadable or self.broke_off:
            return 2
        return 1 if self.summary.unscored else 0
