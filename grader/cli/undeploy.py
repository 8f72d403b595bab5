"""``grader undeploy``: remove the resources that ``grader deploy`` created."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.aws.client import AwsSession
from grader.cli.console import print_error, print_json
from grader.cli.deploy_options import DryRun, Name  # noqa: TC001  # typer reads annotations as it runs
from grader.cli.options import (  # noqa: TC001  # typer reads annotations as it runs
    JsonFlag,  # as above
    ProfileName,
    RegionName,
)
from grader.text import one_line, printable
from grader.tools.deploy.options import DEFAULT_NAME, Options
from grader.tools.deploy.removal import remove
from grader.tools.deploy.stack import Stack
from grader.tools.deploy.template import Template

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

    Deletes the stack, and the log group that it leaves. A stack, role, log group or repository of somebody else is left
    unchanged.
    """
    Options(Template.load(), name)
    cloud = AwsSession(profile=profile, region=region)

    def report(text: str) -> None:
        print_error(f"  {one_line(text, 200)}")

    removed = remove(cloud, Stack(cloud, name, on_event=report), keep_logs=keep_logs, dry=dry_run, on_step=report)
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "stack": removed.stack,
                "resources": list(removed.resources),
                "log_group": removed.log_group,
            }
        )
        return
    logs = [] if removed.log_group is None else [f"LogGroup {removed.log_group}"]
    names = [*removed.resources, *logs]
    if not names and removed.stack is None:
        typer.echo("Nothing to remove")
        return
    typer.echo(
        "Would be removed:" if dry_run else f"Removed {len(names)} {'resource' if len(names) == 1 else 'resources'}:"
    )
    for one in names:
        typer.echo(f"  {printable(one)}")
