"""``grader doctor``: the isolation layers of this host, and a test of them with the bundled attacks."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli.console import print_json, show
from grader.cli.options import ConfigFile, JsonFlag, load_config
from grader.cli.progress import counter_bar
from grader.core.grader import Grader
from grader.tools.report.conformance import conformance_tables
from grader.tools.report.host import host_table
from sandbox.conformance.attacks import attacks

__all__ = ["doctor"]

Attack = Annotated[
    bool, typer.Option("--attack", help="Also run every bundled attack, and report which ones were stopped.")
]


def doctor(
    attack: Attack = False,  # noqa: FBT002  # typer wants flags so
    as_json: JsonFlag = False,  # noqa: FBT002 - how typer declares a flag
    config: ConfigFile = None,
) -> None:
    """Show the isolation layers of this host, and their tier.

    Exit code: 0 if the host supports the tier that the settings require and every attack was stopped; 1 otherwise.
    """
    with Grader(load_config(config)) as grader:
        host = grader.host()
        conformance = None
        if attack:
            with counter_bar("attacks", total=len(attacks())) as count:
                conformance = grader.check_conformance(on_result=lambda _: count())
    if as_json:
        more = {} if conformance is None else {"conformance": conformance.as_dict()}
        print_json(host.as_dict() | more)
    else:
        show(host_table(host))
        if conformance is not None:
            show(conformance_tables(conformance))
    if conformance is not None and not conformance.held:
        raise typer.Exit(1)
