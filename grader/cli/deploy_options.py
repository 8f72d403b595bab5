"""Options of ``grader deploy``."""

from __future__ import annotations

from typing import Annotated, Any

import typer

__all__ = [
    "Agent", "Alias", "Architecture", "BaseImage", "Boundary", "Build", "DryRun", "EnvironmentKey", "ImageUri",
    "Invokers", "KeepImages", "LogGroup", "LogKey", "Memory", "Name", "Provisioned", "PullAccounts",
    "RepositoryKey", "Reserved", "Reset", "Retention", "RoleArn", "Scan", "SecurityGroups", "Settings", "Storage",
    "Subnets", "Tags", "Tests", "Timeout", "Tracing",
]  # fmt: skip


def _optional(flag: str, text: str, metavar: str | None = None) -> Any:
    """Make an option that stays as it is where it is not given; what it is at first stands in its text."""
    return typer.Option(flag, metavar=metavar, show_default=False, help=text)


Name = Annotated[
    str,
    typer.Option(
        "--name", metavar="NAME", help="Name of the function and its stack; SageMaker requires `SageMaker` in it."
    ),
]
Memory = Annotated[
    int | None, _optional("--memory", "Memory of the function; 1769 MB come with one CPU. [default: 3538]", "MB")
]
Timeout = Annotated[int | None, _optional("--timeout", "Timeout of an invocation, in seconds. [default: 300]", "S")]
Storage = Annotated[int | None, _optional("--storage", "Size of /tmp. [default: 512]", "MB")]
Architecture = Annotated[
    str | None, _optional("--architecture", "x86_64 or arm64. [default: that of this host]", "NAME")
]
Alias = Annotated[
    str | None, _optional("--alias", "Alias of the version that training jobs call. [default: live]", "NAME")
]
Reserved = Annotated[
    int | None, _optional("--reserved", "Most concurrent invocations, reserved in the account; -1 for none.", "N")
]
Provisioned = Annotated[int | None, _optional("--provisioned", "Environments that are kept warm; 0 for none.", "N")]
Tracing = Annotated[bool | None, _optional("--tracing/--no-tracing", "Send traces to AWS X-Ray.")]
Agent = Annotated[
    bool | None,
    _optional(
        "--agent/--no-agent", "Deploy the agent of multi-turn RL jobs instead of the reward function (docs/rollout.md)."
    ),
]
Settings = Annotated[
    list[str] | None,
    _optional("--env", "A setting of the grader; GRADER_X= returns to its default. Can be repeated.", "GRADER_X=Y"),
]
Tests = Annotated[
    str | None, _optional("--tests", "S3 prefix (s3://bucket/prefix) with tests it may read; empty for none.", "S3URI")
]
RoleArn = Annotated[str | None, _optional("--role", "Use this execution role; empty creates one.", "ARN")]
Boundary = Annotated[str | None, _optional("--boundary", "Permissions boundary of the role.", "ARN")]
Subnets = Annotated[
    list[str] | None, _optional("--subnet", "Subnet of the function; empty for none. Can be repeated.", "ID")
]
SecurityGroups = Annotated[
    list[str] | None, _optional("--security-group", "Security group in these subnets. Can be repeated.", "ID")
]
EnvironmentKey = Annotated[
    str | None, _optional("--environment-key", "KMS key that encrypts the environment variables.", "ARN")
]
Invokers = Annotated[
    list[str] | None,
    _optional("--invoker", "Another account, or a role in it, that may invoke the function. Up to 3 times.", "ACCOUNT"),
]
LogGroup = Annotated[str | None, _optional("--log-group", "Write to this log group; empty creates one.", "NAME")]
Retention = Annotated[int | None, _optional("--retention", "Days to keep logs. [default: 30]", "DAYS")]
LogKey = Annotated[str | None, _optional("--log-key", "KMS key that encrypts the log group.", "ARN")]
ImageUri = Annotated[str | None, _optional("--image", "Use this image in ECR; do not build or push one.", "URI")]
Build = Annotated[
    bool | None,
    _optional("--build/--no-build", "Build the image from the checkout, or push the one that `make image` built."),
]
BaseImage = Annotated[
    str | None, _optional("--base-image", "Base image to build on, instead of AWS's for Lambda.", "NAME")
]
Scan = Annotated[
    bool | None, _optional("--scan/--no-scan", "Scan images in the repository for vulnerabilities. [default: scan]")
]
KeepImages = Annotated[
    int | None, _optional("--keep-images", "Newest images to keep in the repository. [default: 10]", "N")
]
PullAccounts = Annotated[
    list[str] | None,
    _optional("--pull-account", "Another account whose functions may use the images. Can be repeated.", "ACCOUNT"),
]
RepositoryKey = Annotated[str | None, _optional("--repository-key", "KMS key of a new repository.", "ARN")]
Tags = Annotated[
    list[str] | None,
    _optional("--tag", "Tag of the stack and its resources; KEY= removes one. Can be repeated.", "KEY=VALUE"),
]
Reset = Annotated[
    bool, typer.Option("--reset", help="Return all options that are not given to their defaults, except the image.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")]
