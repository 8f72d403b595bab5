"""``grader job``: training jobs that use the deployed grader as their reward function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.aws.client import AwsSession
from grader.aws.lambda_function import FunctionName
from grader.cli.console import print_error
from grader.cli.options import ProfileName, RegionName  # noqa: TC001  # typer reads annotations as it runs
from grader.errors import ConfigError
from grader.text import json_line
from grader.tools.jobs.bedrock import BedrockJob
from grader.tools.jobs.checks import check_data, function_region, resolve_function
from grader.tools.jobs.evaluator import Evaluator, register
from grader.tools.jobs.sagemaker import SageMakerJob
from grader.tools.jobs.spec import read_spec

if TYPE_CHECKING:
    from grader.tools.jobs.request import Request

__all__ = ["job"]

JobFile = Annotated[
    str,
    typer.Argument(metavar="JOB.toml", show_default=False, help="Specification of the job; see docs/deployment.md."),
]
Function = Annotated[
    str | None,
    typer.Option(
        "--function", metavar="NAME", show_default=False, help="NAME, NAME:ALIAS or ARN. [default: from the file]"
    ),
]
Start = Annotated[
    bool, typer.Option("--start", help="Send the request. Without this option it is only checked and printed.")
]

job = typer.Typer(
    name="job",
    help="Print or start training jobs that the deployed grader rewards.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@job.command()
def bedrock(
    file: JobFile,
    function: Function = None,
    start: Start = False,  # noqa: FBT002  # typer wants flags so
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Print or start a fine-tuning job of Amazon Bedrock."""
    spec = read_spec(BedrockJob, file)
    named = _function_name(function, spec.function, file)
    cloud = AwsSession(profile=profile, region=function_region(named, region))
    request = spec.request(resolve_function(named, cloud, must_exist=False), file=file)
    request.check(cloud)
    _print_notes(spec.notes(cloud.region))
    if start:
        resolve_function(named, cloud, must_exist=True)
        _check_data(spec, cloud)
        typer.echo(request.send(cloud)["jobArn"])
    else:
        _print_requests(request)


@job.command()
def sagemaker(
    file: JobFile,
    function: Function = None,
    start: Start = False,  # noqa: FBT002  # typer wants flags so
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Print or start a serverless training job of SageMaker AI.

    The technique is reinforcement learning from verifiable rewards. Registers the function as an evaluator first,
    unless the file names one.
    """
    spec = read_spec(SageMakerJob, file)
    named = None if spec.evaluator and function is None else _function_name(function, spec.function, file)
    cloud = AwsSession(profile=profile, region=function_region(named, region))
    evaluator = None if named is None else _evaluator(named, cloud)
    request = spec.request(spec.evaluator if evaluator is None else evaluator.arn(), cloud, file=file)
    request.check(cloud)
    _print_notes(spec.notes(cloud.region))
    if not start:
        _print_requests(*([] if evaluator is None else [evaluator.request()]), request)
        return
    _check_data(spec, cloud)
    if evaluator is not None:
        resolve_function(str(evaluator.function), cloud, must_exist=True)
        request = spec.request(register(evaluator, cloud), cloud, file=file)
    typer.echo(request.send(cloud)["TrainingJobArn"])


@job.command("evaluator")
def evaluator_command(
    function: Annotated[
        str, typer.Option("--function", metavar="NAME", show_default=False, help="NAME or ARN, without an alias.")
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", show_default=False, help="Name of the evaluator. [default: that of the function]"
        ),
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option("--domain", metavar="ID", show_default=False, help="SageMaker Studio domain that lists it."),
    ] = None,
    start: Start = False,  # noqa: FBT002  # typer wants flags so
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Register the function as an evaluator of SageMaker AI.

    Prints the request; --start sends it.
    """
    cloud = AwsSession(profile=profile, region=function_region(function, region))
    evaluator = _evaluator(function, cloud, name=name, domain=domain)
    evaluator.request().check(cloud)
    if start:
        resolve_function(function, cloud, must_exist=True)
        typer.echo(register(evaluator, cloud))
    else:
        _print_requests(evaluator.request())


def _evaluator(function: str, cloud: AwsSession, *, name: str | None = None, domain: str | None = None) -> Evaluator:
    # Reject names that SageMaker does not accept before anything is asked of AWS.
    Evaluator("", FunctionName.parse(function))
    resolved = resolve_function(function, cloud, must_exist=False)
    return Evaluator(name or resolved.name, resolved, domain)


def _function_name(option: str | None, from_file: str, file: str) -> str:
    if named := option or from_file:
        return named
    raise ConfigError(f"{file}: function: missing; set it there or with --function, as printed by `grader deploy`")


def _check_data(spec: BedrockJob | SageMakerJob, cloud: AwsSession) -> None:
    """Check that the data files exist and are long enough."""
    for key, minimum in (("training_data", spec.MIN_PROMPTS), ("validation_data", 1)):
        note = check_data(getattr(spec, key), cloud, key=key, min_lines=minimum)
        _print_notes([] if note is None else [note])


def _print_notes(notes: list[str]) -> None:
    for note in notes:
        print_error(f"note: {note}")


def _print_requests(*requests: Request) -> None:
    """Print requests to stdout, and to stderr that they were not sent."""
    # Only the JSON goes to stdout, so that it can be piped to other programs.
    typer.echo(json_line([request.as_dict() for request in requests], indent=2))
    print_error("checked against the service's API model; not sent (use --start to send it)")
