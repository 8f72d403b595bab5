"""``grader plan``: what grading will take on Lambda, and what it will cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from grader.cli.console import print_error, print_json, show
from grader.cli.options import ConfigFile, JsonFlag, load_config, parent_folder
from grader.cli.progress import ProgressBar
from grader.errors import InputError
from grader.tools.files.samples import SampleFile
from grader.tools.sizing.measure import measure
from grader.tools.sizing.prices import ARCHITECTURES, prices_for
from grader.tools.sizing.profile import read_profile
from grader.tools.sizing.sizing import Workload, size_function
from grader.tools.sizing.tables import sizing_tables
from grader.types import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.config.settings import GraderConfig
    from grader.tools.sizing.profile import Profile

__all__ = ["plan"]

SamplesToMeasure = Annotated[
    str | None,
    typer.Argument(metavar="[FILE]", show_default=False, help="Samples with answers, as `grader grade` takes them."),
]
Measured = Annotated[
    str | None,
    typer.Option("--measured", metavar="FILE", show_default=False, help="What an earlier run printed with --json."),
]
Most = Annotated[int, typer.Option("--samples", metavar="N", min=1, help="How many to grade for it.")]
StepSamples = Annotated[
    int, typer.Option("--step-samples", metavar="N", min=1, help="Samples of one training step, all answers counted.")
]
StepSeconds = Annotated[
    float, typer.Option("--step-seconds", metavar="S", min=0.1, help="In which they are to be graded.")
]
BatchSize = Annotated[
    int | None,
    typer.Option("--batch-size", metavar="N", min=1, max=4096, show_default=False, help="The trainer's, if it is set."),
]
BatchSeconds = Annotated[float, typer.Option("--batch-seconds", metavar="S", min=0.1, help="What a batch may take.")]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory", metavar="MB", min=128, max=10240, show_default=False, help="The function's, if it is set."
    ),
]
Speed = Annotated[
    float,
    typer.Option("--speed", metavar="X", min=0.01, max=100.0, help="A CPU of Lambda's beside one of this host."),
]
Region = Annotated[str, typer.Option("--region", metavar="NAME", help="Whose prices.")]
Architecture = Annotated[str, typer.Option("--architecture", metavar="NAME", help="x86_64 or arm64.")]
GbSecond = Annotated[
    float | None, typer.Option("--price-gb-second", metavar="$", min=0.0, show_default=False, help="What you pay.")
]
Requests = Annotated[
    float | None,
    typer.Option("--price-million-requests", metavar="$", min=0.0, show_default=False, help="What you pay."),
]


def plan(  # noqa: PLR0913, PLR0917  # one for each option
    file: SamplesToMeasure = None,
    measured: Measured = None,
    samples: Most = 100,
    step_samples: StepSamples = 1024,
    step_seconds: StepSeconds = 60.0,
    batch_size: BatchSize = None,
    batch_seconds: BatchSeconds = 10.0,
    memory: Memory = None,
    speed: Speed = 1.0,
    region: Region = "us-east-1",
    architecture: Architecture = "x86_64",
    price_gb_second: GbSecond = None,
    price_million_requests: Requests = None,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
) -> None:
    """Say what grading such samples takes on Lambda, and what it costs, from measurements.

    Some of the file's samples are graded here. Batch size, memory, timeout, concurrency and price follow from what
    that took. Exits with 0 when there is a plan, with 2 when the usage is wrong or no plan will do, and with 1 when the
    grader failed.
    """
    if (file is None) == (measured is None):
        raise InputError("plan: give a file of samples, or with --measured what an earlier run has printed as JSON")
    if architecture not in ARCHITECTURES:
        raise InputError(f"--architecture: give {' or '.join(ARCHITECTURES)}")
    prices = prices_for(region, architecture, gb_second=price_gb_second, million_requests=price_million_requests)
    demand = Workload(
        step_samples=step_samples,
        step_s=step_seconds,
        batch_s=batch_seconds,
        batch_size=batch_size,
        memory_mb=memory,
        speed=speed,
    )
    profile = read_profile(measured) if measured is not None else _measured(str(file), load_config(config), samples)
    made = size_function(profile, prices, demand)
    if as_json:
        print_json({"profile": profile.as_dict(), "prices": prices.as_dict(), "plan": made.as_dict()})
    else:
        show(sizing_tables(made, profile, prices, demand))


def _measured(file: str, settings: GraderConfig, most: int) -> Profile:
    skipped = 0

    def samples() -> Iterator[tuple[Sample, int]]:
        nonlocal skipped
        for line in source:
            if isinstance(line.sample, Sample):
                yield line.sample, len(json.dumps(line.document)) + len(", ")
            else:
                skipped += 1

    try:
        with SampleFile(file) as source, ProgressBar(None) as progress:
            profile = measure(
                samples(),
                settings,
                most=most,
                file_root=parent_folder(file),
                on_sample=lambda done, total: progress.step(f"{done} of {total} measured", done, total),
            )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if skipped:
        print_error(f"{source.name}: {skipped} lines cannot be read as samples; `grader grade` names them")
    return profile
