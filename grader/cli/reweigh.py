"""``grader reweigh``: other rewards from the stored parts of results."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from grader.cli.console import print_error, print_json, show
from grader.cli.options import JsonFlag  # noqa: TC001 - typer reads annotations as it runs
from grader.config.schema import SettingError
from grader.config.settings import RewardConfig, RewardPreset, StyleGate
from grader.errors import InputError
from grader.tools.files.results import ResultFile
from grader.tools.files.stored_results import StoredResultFile
from grader.tools.reweigh.reweigh import Reweighing
from grader.tools.reweigh.tables import reweighing_table

__all__ = ["reweigh"]

_WITHOUT_WEIGHTS = frozenset({RewardPreset.BINARY, RewardPreset.DENSE})
_NAMED_GROUPS = 3

Results = Annotated[
    str, typer.Argument(metavar="RESULTS", show_default=False, help="Results of `grader grade --out`; - reads stdin.")
]
Preset = Annotated[
    RewardPreset | None,
    typer.Option("--preset", show_default=False, help="How the parts become the reward; see docs/reward.md."),
]
Gate = Annotated[
    StyleGate | None,
    typer.Option("--style-gate", show_default=False, help="Pay for style only if at least one test passes."),
]
OutFile = Annotated[
    str | None,
    typer.Option(
        "--out",
        metavar="FILE",
        show_default=False,
        help="Write the results with the new rewards: JSON lines, or by suffix .csv or .parquet.",
    ),
]


def _weight(name: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(
        f"--{name}", metavar="WEIGHT", min=0.0, max=1.0, show_default=False, help=f"Weight of {name}."
    )
    return option


def reweigh(
    results: Results,
    preset: Preset = None,
    syntax: Annotated[float | None, _weight("syntax")] = None,
    functional: Annotated[float | None, _weight("functional")] = None,
    style: Annotated[float | None, _weight("style")] = None,
    style_gate: Gate = None,
    out: OutFile = None,
    as_json: JsonFlag = False,  # noqa: FBT002  # typer wants flags so
) -> None:
    """Compute rewards anew from stored parts, and compare them with those before.

    Nothing is graded again. If one weight is given, the others are 0. Ratings of a judge are not counted.
    """
    given = {"syntax": syntax, "functional": functional, "style": style}
    config = _config(preset, {name: value for name, value in given.items() if value is not None}, style_gate)
    reweighing = Reweighing(config)
    with StoredResultFile(results) as source, ResultFile(out, source=results, unscored_reward=0.0) as target:
        for result in source.results():
            reward = reweighing.add(result)
            if out is not None:
                new = {} if reward is None else {"aggregate_reward_score": reward}
                target.write_document({**result.document, **new})
    print_json(reweighing.as_dict()) if as_json else show(reweighing_table(reweighing))
    if reweighing.style_alone:
        print_error(_style_warning(reweighing))


def _config(preset: RewardPreset | None, weights: dict[str, float], style_gate: StyleGate | None) -> RewardConfig:
    if preset is None and not weights:
        raise InputError(f"give --preset ({', '.join(RewardPreset)}), or weights, such as --functional 0.8 --style 0.2")
    if preset in _WITHOUT_WEIGHTS and (weights or style_gate):
        raise InputError(f"--preset {preset} has no weights and no gate; leave them out")
    given: dict[str, Any] = {"syntax": 0.0, "functional": 0.0, "style": 0.0} | weights if weights else {}
    try:
        return RewardConfig(preset=preset or RewardPreset.WEIGHTED, style_gate=style_gate or StyleGate.NONE, **given)
    except SettingError as error:
        raise InputError(str(error)) from None


def _style_warning(reweighing: Reweighing) -> str:
    found = reweighing.style_alone
    named = ", ".join(found[:_NAMED_GROUPS]) + (", ..." if len(found) > _NAMED_GROUPS else "")
    return (
        f"warning: in {len(found)} of {reweighing.groups} groups the rewards differ in style alone, and advantages "
        f"normalized by the group make that as strong a signal as a right answer (docs/reward.md): groups of {named}"
    )
