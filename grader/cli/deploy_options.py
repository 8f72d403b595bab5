"""Options of ``grader deploy``."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "Agent", "Alias", "Architecture", "BaseImage", "Boundary", "Build", "DryRun", "EnvironmentKey", "ImageUri",
    "Invokers", "KeepImages", "LogGroup", "LogKey", "Memory", "Name", "Provisioned", "PullAccounts",
    "RepositoryKey", "Reserved", "Reset", "Retention", "RoleArn", "Scan", "SecurityGroups", "Settings", "Storage",
    "Subnets", "Tags", "Tests", "Timeout", "Tracing",
]  # fmt: skip


Name = Annotated[
    str,
    typer.Option(
        "--name", metavar="NAME", help="Name of the function and its stack; SageMaker requires `SageMaker` in it."
    ),
]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory",
        metavar="MB",
        show_default=False,
        help="Memory of the function; 1769 MB come with one CPU. [default: 3538]",
    ),
]
Timeout = Annotated[
    int | None,
    typer.Option(
        "--timeout", metavar="S", show_default=False, help="Timeout of an invocation, in seconds. [default: 300]"
    ),
]
Storage = Annotated[
    int | None, typer.Option("--storage", metavar="MB", show_default=False, help="Size of /tmp. [default: 512]")
]
Architecture = Annotated[
    str | None,
    typer.Option(
        "--architecture", metavar="NAME", show_default=False, help="x86_64 or arm64. [default: that of this host]"
    ),
]
Alias = Annotated[
    str | None,
    typer.Option(
        "--alias",
        metavar="NAME",
        show_default=False,
        help="Alias of the version that training jobs call. [default: live]",
    ),
]
Reserved = Annotated[
    int | None,
    typer.Option(
        "--reserved",
        metavar="N",
        show_default=False,
        help="Most concurrent invocations, reserved in the account; -1 for none.",
    ),
]
Provisioned = Annotated[
    int | None,
    typer.Option("--provisioned", metavar="N", show_default=False, help="Environments that are kept warm; 0 for none."),
]
Tracing = Annotated[
    bool | None, typer.Option("--tracing/--no-tracing", show_default=False, help="Send traces to AWS X-Ray.")
]
Agent = Annotated[
    bool | None,
    typer.Option(
        "--agent/--no-agent",
        show_default=False,
        help="Deploy the agent of multi-turn RL jobs instead of the reward function (docs/rollout.md).",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--env",
        metavar="GRADER_X=Y",
        show_default=False,
        help="A setting of the grader; GRADER_X= returns to its default. Can be repeated.",
    ),
]
Tests = Annotated[
    str | None,
    typer.Option(
        "--tests",
        metavar="S3URI",
        show_default=False,
        help="S3 prefix (s3://bucket/prefix) with tests it may read; empty for none.",
    ),
]
RoleArn = Annotated[
    str | None,
    typer.Option("--role", metavar="ARN", show_default=False, help="Use this execution role; empty creates one."),
]
Boundary = Annotated[
    str | None, typer.Option("--boundary", metavar="ARN", show_default=False, help="Permissions boundary of the role.")
]
Subnets = Annotated[
    list[str] | None,
    typer.Option(
        "--subnet", metavar="ID", show_default=False, help="Subnet of the function; empty for none. Can be repeated."
    ),
]
SecurityGroups = Annotated[
    list[str] | None,
    typer.Option(
        "--security-group", metavar="ID", show_default=False, help="Security group in these subnets. Can be repeated."
    ),
]
EnvironmentKey = Annotated[
    str | None,
    typer.Option(
        "--environment-key", metavar="ARN", show_default=False, help="KMS key that encrypts the environment variables."
    ),
]
Invokers = Annotated[
    list[str] | None,
    typer.Option(
        "--invoker",
        metavar="ACCOUNT",
        show_default=False,
        help="Another account, or a role in it, that may invoke the function. Up to 3 times.",
    ),
]
LogGroup = Annotated[
    str | None,
    typer.Option("--log-group", metavar="NAME", show_default=False, help="Write to this log group; empty creates one."),
]
Retention = Annotated[
    int | None, typer.Option("--retention", metavar="DAYS", show_default=False, help="Days to keep logs. [default: 30]")
]
LogKey = Annotated[
    str | None,
    typer.Option("--log-key", metavar="ARN", show_default=False, help="KMS key that encrypts the log group."),
]
ImageUri = Annotated[
    str | None,
    typer.Option("--image", metavar="URI", show_default=False, help="Use this image in ECR; do not build or push one."),
]
Build = Annotated[
    bool | None,
    typer.Option(
        "--build/--no-build",
        show_default=False,
        help="Build the image from the checkout, or push the one that `make image` built.",
    ),
]
BaseImage = Annotated[
    str | None,
    typer.Option(
        "--base-image", metavar="NAME", show_default=False, help="Base image to build on, instead of AWS's for Lambda."
    ),
]
Scan = Annotated[
    bool | None,
    typer.Option(
        "--scan/--no-scan",
        show_default=False,
        help="Scan images in the repository for vulnerabilities. [default: scan]",
    ),
]
KeepImages = Annotated[
    int | None,
    typer.Option(
        "--keep-images", metavar="N", show_default=False, help="Newest images to keep in the repository. [default: 10]"
    ),
]
PullAccounts = Annotated[
    list[str] | None,
    typer.Option(
        "--pull-account",
        metavar="ACCOUNT",
        show_default=False,
        help="Another account whose functions may use the images. Can be repeated.",
    ),
]
RepositoryKey = Annotated[
    str | None, typer.Option("--repository-key", metavar="ARN", show_default=False, help="KMS key of a new repository.")
]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="KEY=VALUE",
        show_default=False,
        help="Tag of the stack and its resources; KEY= removes one. Can be repeated.",
    ),
]
Reset = Annotated[
    bool, typer.Option("--reset", help="Return all options that are not given to their defaults, except the image.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")]
