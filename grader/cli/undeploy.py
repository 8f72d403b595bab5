"""``grader undeploy``: remove the resources that ``grader deploy`` created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from grader.aws.client import AwsSession
from grader.cli.console import print_json
from grader.cli.deploy import DryRun, Name, action_printer, step_recorder
from grader.cli.options import (  # noqa: TC001  # typer reads annotations as it runs
    JsonFlag,  # as above
    ProfileName,
    RegionName,
)
from grader.tools.deploy.plan import removal_of
from grader.tools.deploy.runner import ActionRunner
from grader.tools.deploy.settings import DEFAULT_NAME, Deployment

if TYPE_CHECKING:
    from grader.tools.deploy.runner import ResourceResult

__all__ = ["undeploy"]

KeepLogs = Annotated[bool, typer.Option("--keep-logs", help="Keep the log group and its logs.")]


def undeploy(
    name: Name = DEFAULT_NAME,
    keep_logs: KeepLogs = False,  # noqa: FBT002  # typer wants flags so
    dry_run: DryRun = False,  # noqa: FBT002  # as above
    as_json: JsonFlag = False,  # noqa: FBT002  # as above
    profile: ProfileName = None,
    region: RegionName = None,
) -> None:
    """Remove what `grader deploy` created under this name.

    Resources are identified by their tags; a repository, role or log group that existed before is left unchanged.
    """
    cloud = AwsSession(profile=profile, region=region)
    removal = removal_of(Deployment(name=name), cloud, keep_logs=keep_logs)
    done: list[ResourceResult] = []
    removal.carry_out(
        cloud,
        ActionRunner(cloud, dry=dry_run, on_action=action_printer(dry_run, as_json)),
        step_recorder(done, dry_run),
    )
    if as_json:
        steps = [{"resource": step.title, "outcome": step.outcome.value, "acts": list(step.acts)} for step in done]
        print_json({"dry_run": dry_run, "steps": steps})
    elif not dry_run:
        removed = sum(bool(step.acts) for step in done)
        typer.echo(f"{removed} of {len(done)} resources removed" if removed else "Nothing to remove")
