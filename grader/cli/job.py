"""``grader job``: training jobs that reward by the deployed grader."""

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

JobFile = Annotated[str, typer.Argument(metavar="JOB.toml", show_default=False, help="See docs/deployment.md.")]
Function = Annotated[
    str | None,
    typer.Option(
        "--function", metavar="NAME", show_default=False, help="NAME, NAME:ALIAS or ARN; else what the file says."
    ),
]
Start = Annotated[bool, typer.Option("--start", help="Send it. Else it is checked and printed.")]

job = typer.Typer(
    name="job",
    help="Print, or start, training jobs that reward by the deployed grader.",
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
    """Reinforcement fine-tuning on Amazon Bedrock."""
    order = read_spec(BedrockJob, file)
    named = _function_name(function, order.function, file)
    cloud = AwsSession(profile=profile, region=function_region(named, region))
    request = order.request(resolve_function(named, cloud, must_exist=False), file=file)
    request.check(cloud)
    _print_notes(order.notes(cloud.region))
    if start:
        resolve_function(named, cloud, must_exist=True)
        _check_data(order, cloud)
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
    """Reinforcement learning from verifiable rewards on SageMaker AI, serverless.

    The function is registered as an evaluator first, unless the file names one.
    """
    order = read_spec(SageMakerJob, file)
    named = None if order.evaluator and function is None else _function_name(function, order.function, file)
    cloud = AwsSession(profile=profile, region=function_region(named, region))
    evaluator = None if named is None else _evaluator(named, cloud)
    request = order.request(order.evaluator if evaluator is None else evaluator.arn(), cloud, file=file)
    request.check(cloud)
    _print_notes(order.notes(cloud.region))
    if not start:
        _print_requests(*([] if evaluator is None else [evaluator.request()]), request)
        return
    _check_data(order, cloud)
    if evaluator is not None:
        resolve_function(str(evaluator.function), cloud, must_exist=True)
        request = order.request(register(evaluator, cloud), cloud, file=file)
    typer.echo(request.send(cloud)["TrainingJobArn"])


@job.command("evaluator")
def evaluator_command(
    function: Annotated[
        str, typer.Option("--function", metavar="NAME", show_default=False, help="NAME or ARN, without alias.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", show_default=False, help="Else the function's.")
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option("--domain", metavar="ID", show_default=False, help="SageMaker Studio domain that is to show it."),
    ] = None,
    start: Start = False,  # noqa: FBT002  # typer wants flags so
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Register the function as an Evaluator of SageMaker AI."""
    cloud = AwsSession(profile=profile, region=function_region(function, region))
    evaluator = _evaluator(function, cloud, name=name, domain=domain)
    evaluator.request().check(cloud)
    if start:
        resolve_function(function, cloud, must_exist=True)
        typer.echo(register(evaluator, cloud))
    else:
        _print_requests(evaluator.request())


def _evaluator(function: str, cloud: AwsSession, *, name: str | None = None, domain: str | None = None) -> Evaluator:
    Evaluator("", FunctionName.parse(function))  # what SageMaker would not take is told before AWS is asked
    found = resolve_function(function, cloud, must_exist=False)
    return Evaluator(name or found.name, found, domain)


def _function_name(option: str | None, said: str, file: str) -> str:
    if named := option or said:
        return named
    raise ConfigError(f"{file}: function: is missing; give it there or by --function, as `grader deploy` prints it")


def _check_data(order: BedrockJob | SageMakerJob, cloud: AwsSession) -> None:
    """See to it that the data is there."""
    for key, least in (("training_data", order.MIN_PROMPTS), ("validation_data", 1)):
        note = check_data(getattr(order, key), cloud, key=key, least=least)
        _print_notes([] if note is None else [note])


def _print_notes(notes: list[str]) -> None:
    for note in notes:
        print_error(f"note: {note}")


def _print_requests(*requests: Request) -> None:
    """What would be sent, on stdout; and that it was not, on stderr."""
    typer.echo(json_line([request.as_dict() for request in requests], indent=2))
    print_error("checked against the service's description, and not sent; --start sends it")
