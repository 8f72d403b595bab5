"""``grader doctor``: what this host can do."""

from __future__ import annotations

from grader.cli.console import print_json, show
from grader.cli.options import ConfigFile, JsonFlag, load_config
from grader.grader import Grader
from grader.report import host_table

__all__ = ["doctor"]


def doctor(
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
    config: ConfigFile = None,
) -> None:
    """Show the walls of this host and the tier they make.

    Exits with 0 when answers can be isolated as the settings demand, and with 1 when not.
    """
    with Grader(load_config(config)) as grader:
        host = grader.host()
    if not as_json:
        show(host_table(host))
        return
    print_json(
        {
            "tier": host.tier,
            "lanes": host.lanes,
            "python": host.python,
            "kernel": host.kernel,
            "walls": [{"name": wall.name, "stands": wall.stands, "reason": wall.reason} for wall in host.walls],
        }
    )
