"""``grader doctor``: the isolation layers of this host, and a test of them with the bundled attacks."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli.console import print_json, show
from grader.cli.options import ConfigFile, JsonFlag, load_config
from grader.cli.progress import counter_bar
from grader.core.grader import Grader
from grader.tools.attacks.cases import attack_cases
from grader.tools.attacks.run import run_cases
from grader.tools.report.attacks import case_tables
from grader.tools.report.conformance import conformance_tables
from grader.tools.report.host import host_table
from grader.tools.report.host_findings import HostFindings
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
    """Say how well this host isolates answers, what is missing, what that allows, and how to get it.

    Exit code: 0 if the host supports the tier that the settings require and every attack was stopped; 1 otherwise.
    """
    with Grader(load_config(config)) as grader:
        host = grader.host()
    if not attack:
        print_json(HostFindings(host).as_dict()) if as_json else show(host_table(host))
        return
    cases = attack_cases()
    with counter_bar("attacks", total=len(attacks()) + len(cases)) as count:
        with Grader(load_config(config)) as grader:
            conformance = grader.check_conformance(on_result=lambda _: count())
        results = run_cases(lambda environ: load_config(config, environ), selected=cases, on_result=lambda _: count())
    if as_json:
        not_held = [result.as_dict() for result in results if not result.held]
        suite = {"held": not not_held, "cases": len(results), "not_held": not_held}
        print_json(HostFindings(host).as_dict() | {"conformance": conformance.as_dict(), "cases": suite})
    else:
        show(host_table(host))
        show(conformance_tables(conformance))
        show(case_tables(results))
    if not (conformance.held and all(result.held for result in results)):
        raise typer.Exit(1)
