"""``grader deploy``: deploy this grader as a Lambda function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from grader.aws.client import AwsSession
from grader.cli import deploy_options as option  # noqa: TC001  # typer reads annotations as it runs
from grader.cli.console import print_error, print_json
from grader.cli.options import (  # noqa: TC001  # as above
    JsonFlag,  # as above
    ProfileName,
    RegionName,
)
from grader.errors import CloudRequestError, ConfigError
from grader.text import one_line, printable
from grader.tools.deploy.deployment import Deployment, Request, log_group_of_values
from grader.tools.deploy.offline import has_no_account, offline_plan
from grader.tools.deploy.options import AGENT, DEFAULT_NAME, Options
from grader.tools.deploy.stack import Stack
from grader.tools.deploy.template import Template
from grader.tools.deploy.warm_up import wait_until_provisioned, warm_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.tools.deploy.deployment import Target
    from grader.tools.deploy.stack import Change

__all__ = ["deploy"]

_TEXT_LIMIT = 200
_ALREADY = "Nothing to change"


def deploy(  # noqa: PLR0913, PLR0917  # one for each option
    name: option.Name = DEFAULT_NAME,
    memory: option.Memory = None,
    timeout: option.Timeout = None,
    storage: option.Storage = None,
    architecture: option.Architecture = None,
    alias: option.Alias = None,
    reserved: option.Reserved = None,
    provisioned: option.Provisioned = None,
    agent: option.Agent = None,
    tracing: option.Tracing = None,
    env: option.Settings = None,
    tests: option.Tests = None,
    role: option.RoleArn = None,
    boundary: option.Boundary = None,
    subnet: option.Subnets = None,
    security_group: option.SecurityGroups = None,
    environment_key: option.EnvironmentKey = None,
    invoker: option.Invokers = None,
    log_group: option.LogGroup = None,
    retention: option.Retention = None,
    log_key: option.LogKey = None,
    image: option.ImageUri = None,
    build: option.Build = None,
    base_image: option.BaseImage = None,
    scan: option.Scan = None,
    keep_images: option.KeepImages = None,
    pull_account: option.PullAccounts = None,
    repository_key: option.RepositoryKey = None,
    tag: option.Tags = None,
    reset: option.Reset = False,  # noqa: FBT002  # typer wants flags so
    dry_run: option.DryRun = False,  # noqa: FBT002  # as above
    as_json: JsonFlag = False,  # noqa: FBT002  # as above
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Deploy this grader as a Lambda function, or update it.

    Pushes the image, and applies the template by a CloudFormation stack of the function's name. What is not given stays
    as it is. A failed update is rolled back. `grader undeploy` removes what this command created. See
    docs/deployment.md.
    """
    if image is not None and (build is not None or base_image is not None):
        raise ConfigError("--image: names an existing image; leave out --build, --no-build and --base-image")
    template = Template.load()
    given = {
        "memory": _number(memory),
        "timeout": _number(timeout),
        "storage": _number(storage),
        "architecture": architecture,
        "alias": alias,
        # -1 because an option cannot be an empty number.
        "reserved": "" if reserved == -1 else _number(reserved),
        "provisioned": _number(provisioned),
        "handler": None if agent is None else AGENT if agent else template.defaults()["Handler"],
        "tracing": None if tracing is None else "Active" if tracing else "PassThrough",
        "role": role,
        "boundary": boundary,
        "subnet": _list(subnet),
        "security-group": _list(security_group),
        "environment-key": environment_key,
        "log-group": log_group,
        "retention": _number(retention),
        "log-key": log_key,
        "scan": None if scan is None else str(scan).lower(),
        "keep-images": _number(keep_images),
        "pull-account": _list(pull_account),
        "repository-key": repository_key,
    }
    options = Options(template, name, given, tests, invoker, _pairs("--env", "GRADER_NAME=VALUE", env or ()))
    request = Request(options, image, build, base_image, reset, _pairs("--tag", "KEY=VALUE", tag or ()))
    cloud = AwsSession(profile=profile, region=region)
    deployment = Deployment(request, cloud, Stack(cloud, name, on_event=_report), _report)
    try:
        _dry_run(deployment, as_json=as_json) if dry_run else _deploy(deployment, cloud, as_json=as_json)
    except CloudRequestError as error:
        if not (dry_run and has_no_account(error)):
            raise
        print_error(f"grader: {error}; without an account, this is what the template creates")
        values, changes = offline_plan(options, image)
        _print_plan(values, changes, None, as_json=as_json)
    except KeyboardInterrupt:
        print_error(f"grader: interrupted; {deployment.interruption}")
        raise


def _dry_run(deployment: Deployment, *, as_json: bool) -> None:
    state = deployment.read()
    target = deployment.target(state)
    change_set = deployment.prepare(target, state)
    if change_set is not None:
        deployment.discard(change_set)
    _print_plan(target.values, () if change_set is None else change_set.changes, target, as_json=as_json)


def _deploy(deployment: Deployment, cloud: AwsSession, *, as_json: bool) -> None:
    state = deployment.read()
    target = deployment.target(state)
    state = deployment.push(target, state)
    change_set = deployment.prepare(target, state)
    if change_set is not None:
        for change in change_set.changes:
            _report(str(change))
        deployment.execute(change_set, state)
    wait_until_provisioned(target.values, cloud)
    # The first invocation starts an environment, and shows that the function works before a training job depends on it.
    report = warm_up(target.values, log_group_of_values(target.values), cloud)
    arn, changes = deployment.arn(target.values), () if change_set is None else change_set.changes
    if as_json:
        print_json({**_document(target.values, changes, target, dry_run=False), "arn": arn, "doctor": report})
    else:
        _print_summary(deployment.name, arn, report, changed=bool(changes) or target.image is not None)


def _report(text: str) -> None:
    print_error(f"  {one_line(text, _TEXT_LIMIT)}")


def _number(value: int | None) -> str | None:
    return None if value is None else str(value)


def _list(values: Iterable[str] | None) -> str | None:
    return None if values is None else ",".join(values)


def _pairs(flag: str, form: str, pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"{flag} {one_line(pair)!r}: expected {form}")
        found[key] = value
    return found


def _document(
    values: dict[str, str], changes: Sequence[Change], target: Target | None, *, dry_run: bool
) -> dict[str, Any]:
    image = None if target is None or target.image is None else target.image.uri
    return {
        "dry_run": dry_run,
        "image_to_push": image,
        "parameters": {name: value for name, value in values.items() if value},
        "changes": [
            {
                "action": one.action,
                "resource": one.resource,
                "type": one.kind,
                "replacement": one.replacement,
                "properties": list(one.properties),
            }
            for one in changes
        ],
    }


def _print_plan(values: dict[str, str], changes: Sequence[Change], target: Target | None, *, as_json: bool) -> None:
    """Print what a run would do; that is the result of a dry run, and goes to stdout."""
    if as_json:
        print_json(_document(values, changes, target, dry_run=True))
        return
    lines = ["Parameters:", *(f"  {name} = {printable(value)}" for name, value in values.items() if value)]
    if target is not None and target.image is not None:
        lines += ["Image:", *(f"  {printable(command)}" for command in target.image.commands())]
    lines += ["Changes:", *(f"  {printable(str(one))}" for one in changes)] if changes else [_ALREADY]
    sys.stdout.write("\n".join(lines) + "\n")


def _layers(report: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report.get("walls", [])
    return found


def _print_summary(name: str, arn: str, report: dict[str, Any], *, changed: bool) -> None:
    tier, layers = one_line(report.get("tier", "unknown")), sum(bool(one.get("stands")) for one in _layers(report))
    lines = [
        f"{'Deployed' if changed else _ALREADY}; the function responds (isolation tier: {tier}, {layers} layers).",
        "",
        arn,
        "",
        "Next:",
        f"  grader job bedrock JOB.toml --function {arn}",
        "  the role of the training job needs lambda:InvokeFunction on this ARN",
        f"  grader undeploy --name {name} removes everything it created",
    ]
    if "SageMaker" not in name:
        lines.append(
            "  SageMaker's trainers need a function with `SageMaker` in its name; only Bedrock can use this one"
        )
    sys.stdout.write("\n".join(lines) + "\n")
