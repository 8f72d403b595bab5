"""``grader plan``: estimate settings and cost of grading on Lambda."""

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
from grader.tools.sizing.other_costs import other_costs
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
    typer.Argument(metavar="[FILE]", show_default=False, help="Samples with completions, as for `grader grade`."),
]
Measured = Annotated[
    str | None,
    typer.Option(
        "--measured", metavar="FILE", show_default=False, help="Output of an earlier run with --json, instead of FILE."
    ),
]
SampleCount = Annotated[int, typer.Option("--samples", metavar="N", min=1, help="Number of samples to measure.")]
StepSamples = Annotated[
    int, typer.Option("--step-samples", metavar="N", min=1, help="Completions to grade in one training step.")
]
StepSeconds = Annotated[
    float, typer.Option("--step-seconds", metavar="S", min=0.1, help="Target time for grading one training step.")
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        "--batch-size",
        metavar="N",
        min=1,
        max=4096,
        show_default=False,
        help="Batch size of the trainer, if it is fixed.",
    ),
]
BatchSeconds = Annotated[
    float, typer.Option("--batch-seconds", metavar="S", min=0.1, help="Target time for one batch.")
]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory", metavar="MB", min=128, max=10240, show_default=False, help="Memory of the function, if it is fixed."
    ),
]
Speed = Annotated[
    float,
    typer.Option(
        "--speed", metavar="X", min=0.01, max=100.0, help="Speed of a Lambda CPU relative to one of this host."
    ),
]
Region = Annotated[str, typer.Option("--region", metavar="NAME", help="AWS region, for prices.")]
Architecture = Annotated[str, typer.Option("--architecture", metavar="NAME", help="x86_64 or arm64, for prices.")]
GbSecond = Annotated[
    float | None,
    typer.Option(
        "--price-gb-second", metavar="$", min=0.0, show_default=False, help="Your price, if not the list price."
    ),
]
Requests = Annotated[
    float | None,
    typer.Option("--price-million-requests", metavar="$", min=0.0, show_default=False, help="Likewise."),
]


def plan(  # noqa: PLR0913, PLR0917  # one for each option
    file: SamplesToMeasure = None,
    measured: Measured = None,
    samples: SampleCount = 100,
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
    """Estimate settings and cost of grading on Lambda.

    Grades some of the file's samples on this host, and calculates batch size, memory, timeout, concurrency and cost
    from the measurements. Exit code: 0 with a plan; 1 if the grader failed; 2 for wrong usage, or if no function can
    grade such samples.
    """
    if (file is None) == (measured is None):
        raise InputError("plan: give either a file of samples, or --measured with the JSON output of an earlier run")
    if architecture not in ARCHITECTURES:
        raise InputError(f"--architecture: expected {' or '.join(ARCHITECTURES)}")
    prices = prices_for(region, architecture, gb_second=price_gb_second, million_requests=price_million_requests)
    settings = load_config(config)
    demand = Workload(
        step_samples=step_samples,
        step_s=step_seconds,
        batch_s=batch_seconds,
        batch_size=batch_size,
        memory_mb=memory,
        speed=speed,
        limits=settings.sandbox_limits(),
    )
    profile = read_profile(measured) if measured is not None else _measure_file(str(file), settings, samples)
    sizing = size_function(profile, prices, demand)
    others = other_costs(sizing.chosen.memory_mb, architecture)
    if as_json:
        print_json(
            {
                "profile": profile.as_dict(),
                "prices": prices.as_dict(),
                "plan": sizing.as_dict(),
                "other_costs": others.as_dict(),
            }
        )
    else:
        show(sizing_tables(sizing, profile, prices, demand, others))


def _measure_file(file: str, settings: GraderConfig, max_samples: int) -> Profile:
    skipped = 0

    def samples() -> Iterator[tuple[Sample, int]]:
        nonlocal skipped
        for line in source:
            if isinstance(line.sample, Sample):
                # As part of the list that a trainer sends; line.document is JSON from the file, so it can be dumped.
                yield line.sample, len(json.dumps(line.document)) + len(", ")
            else:
                skipped += 1

    try:
        with SampleFile(file) as source, ProgressBar(None) as progress:
            profile = measure(
                samples(),
                settings,
                max_samples=max_samples,
                file_root=parent_folder(file),
                on_sample=lambda done, total: progress.step(f"{done} of {total} measured", done, total),
            )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if skipped:
        print_error(f"{source.name}: {skipped} lines are not samples; `grader grade` lists them")
    return profile
