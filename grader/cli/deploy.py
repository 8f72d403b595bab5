"""``grader deploy``: deploy this grader as a Lambda function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader.aws.client import AwsSession
from grader.cli.console import print_error, print_json
from grader.cli.options import (  # noqa: TC001  # typer reads annotations as it runs
    JsonFlag,  # as above
    ProfileName,
    RegionName,
)
from grader.errors import ConfigError
from grader.text import one_line, printable
from grader.tools.deploy.plan import plan_for
from grader.tools.deploy.runner import ActionRunner
from grader.tools.deploy.settings import DEFAULT_NAME, Deployment, architecture_here
from grader.tools.deploy.warm_up import warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grader.tools.deploy.runner import ResourceResult

__all__ = ["action_printer", "deploy", "step_recorder"]


Name = Annotated[
    str, typer.Option("--name", metavar="NAME", help="Name of the function; SageMaker requires `SageMaker` in it.")
]
Memory = Annotated[
    int, typer.Option("--memory", metavar="MB", help="Memory of the function; 1769 MB come with one CPU.")
]
Timeout = Annotated[int, typer.Option("--timeout", metavar="S", help="Timeout of an invocation, in seconds.")]
Storage = Annotated[int, typer.Option("--storage", metavar="MB", help="Size of /tmp.")]
Architecture = Annotated[
    str | None,
    typer.Option(
        "--architecture", metavar="NAME", show_default=False, help="x86_64 or arm64. [default: that of this host]"
    ),
]
Retention = Annotated[int, typer.Option("--retention", metavar="DAYS", help="Days to keep logs.")]
AliasName = Annotated[
    str, typer.Option("--alias", metavar="NAME", help="Alias of the version that training jobs call.")
]
Provisioned = Annotated[
    int | None,
    typer.Option(
        "--provisioned",
        metavar="N",
        show_default=False,
        help="Provisioned concurrency: keep N environments warm; 0 turns it off.",
    ),
]
Tests = Annotated[
    str | None,
    typer.Option(
        "--tests", metavar="S3URI", show_default=False, help="S3 prefix (s3://bucket/prefix) with tests it may read."
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--env", metavar="GRADER_X=Y", show_default=False, help="A setting; can be given several times."),
]
RoleArn = Annotated[
    str | None,
    typer.Option("--role", metavar="ARN", show_default=False, help="Use this execution role; do not create one."),
]
ImageUri = Annotated[
    str | None,
    typer.Option("--image", metavar="URI", show_default=False, help="Use this image in ECR; do not build or push one."),
]
NoBuild = Annotated[bool, typer.Option("--no-build", help="Push the image that `make image` built.")]
BaseImage = Annotated[
    str | None,
    typer.Option(
        "--base-image", metavar="NAME", show_default=False, help="Base image to build on, instead of AWS's for Lambda."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the calls that would change something, without making them.")
]


def deploy(  # noqa: PLR0913, PLR0917  # one for each option
    name: Name = DEFAULT_NAME,
    memory: Memory = 3538,
    timeout: Timeout = 300,
    storage: Storage = 512,
    architecture: Architecture = None,
    retention: Retention = 30,
    alias: AliasName = "live",
    provisioned: Provisioned = None,
    tests: Tests = None,
    env: Settings = None,
    role: RoleArn = None,
    image: ImageUri = None,
    no_build: NoBuild = False,  # noqa: FBT002  # typer wants flags so
    base_image: BaseImage = None,
    dry_run: DryRun = False,  # noqa: FBT002  # as above
    as_json: JsonFlag = False,  # noqa: FBT002  # as above
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Deploy this grader as a Lambda function, or update it.

    Creates or updates image, role, log group, function and alias; a second run with the same options changes nothing.
    `grader undeploy` removes what this command created. See docs/deployment.md.
    """
    if image is not None and (no_build or base_image is not None):
        raise ConfigError("--image: names an existing image; leave out --no-build and --base-image")
    deployment = Deployment(
        name=name,
        memory_mb=memory,
        timeout_s=timeout,
        storage_mb=storage,
        architecture=architecture or architecture_here(),
        retention_days=retention,
        alias=alias,
        provisioned=provisioned,
        tests=tests,
        role=role,
        image=image,
        environment=_parse_environment(env or ()),
    )
    cloud = AwsSession(profile=profile, region=region)
    plan = plan_for(deployment, cloud, build=not no_build, base=base_image)
    done: list[ResourceResult] = []
    carrier = ActionRunner(cloud, dry=dry_run, on_action=action_printer(dry_run, as_json))
    try:
        plan.make(cloud, carrier, step_recorder(done, dry_run))
    except KeyboardInterrupt:
        print_error(f"grader: interrupted; {plan.standing(done, carrier, cloud)}")
        raise
    # The first invocation starts an environment, and shows that the function works before a training job depends on it.
    report = None if dry_run else warm_up(deployment, cloud)
    if as_json:
        print_json(_document(plan.arn, done, report, dry_run=dry_run))
    elif report is not None:
        _print_summary(deployment, plan.arn, done, report)


def action_printer(dry_run: bool, as_json: bool) -> Callable[[str], None]:  # noqa: FBT001  # both are flags of the command
    """Return a function that prints each action; those of a dry run are its result and go to stdout."""
    if dry_run and not as_json:
        return lambda text: print(f"  {printable(text)}")  # noqa: T201 - results go to stdout
    return lambda text: print_error(f"  {one_line(text, 160)}")


def step_recorder(done: list[ResourceResult], dry_run: bool) -> Callable[[ResourceResult], None]:  # noqa: FBT001  # a flag of the command
    """Return a function that adds each resource to a list and prints its status on stderr."""

    def note(step: ResourceResult) -> None:
        done.append(step)
        would = "would be " if dry_run and step.acts else ""
        print_error(f"{step.title}: {would}{step.outcome}")

    return note


def _parse_environment(pairs: Sequence[str]) -> dict[str, str]:
    variables: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"--env {one_line(pair)!r}: expected GRADER_NAME=VALUE")
        variables[key] = value
    return variables


def _document(arn: str, done: Sequence[ResourceResult], report: Any, *, dry_run: bool) -> dict[str, Any]:
    steps = [{"resource": step.title, "outcome": step.outcome.value, "acts": list(step.acts)} for step in done]
    return {"arn": arn, "dry_run": dry_run, "steps": steps, "doctor": report}


def _print_summary(deployment: Deployment, arn: str, done: Sequence[ResourceResult], report: dict[str, Any]) -> None:
    unchanged, tier = not any(step.acts for step in done), one_line(report.get("tier", "unknown"))
    lines = [
        f"{'Nothing to change' if unchanged else 'Deployed'}; the function responds (isolation tier: {tier}).",
        "",
        arn,
        "",
        "Next:",
        f"  grader job bedrock JOB.toml --function {arn}",
        "  the role of the training job needs lambda:InvokeFunction on this ARN",
        f"  grader undeploy --name {deployment.name} removes everything it created",
    ]
    if "SageMaker" not in deployment.name:
        lines.append(
            "  SageMaker's trainers need a function with `SageMaker` in its name; only Bedrock can use this one"
        )
    sys.stdout.write("\n".join(lines) + "\n")
