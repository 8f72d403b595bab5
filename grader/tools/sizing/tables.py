"""Tables of a sizing for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from grader.tools.report.tables import new_table, plain

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from grader.tools.sizing.prices import Prices
    from grader.tools.sizing.profile import Profile
    from grader.tools.sizing.sizing import Sizing, Workload

__all__ = ["sizing_tables"]


def sizing_tables(plan: Sizing, profile: Profile, prices: Prices, demand: Workload) -> Group:
    """What was measured, what to set, what else was weighed up, and what callers would need."""
    parts: list[RenderableType] = [
        _profile_table(profile),
        Text(),
        _settings_table(plan, demand),
        Text(),
        _options_table(plan),
        Text(),
        _caller_table(plan, demand),
        Text(),
    ]
    parts += [plain(f"note: {text}") for text in plan.warnings]
    parts.append(plain(_price_note(prices, demand)))
    return Group(*parts)


def _profile_table(profile: Profile) -> Table:
    table = new_table(
        f"Measured: {profile.samples} of {profile.rows} samples, one after the other on one lane here",
        "what", "figure", numbers=1,
    )  # fmt: skip
    for name, figure in (
        ("CPU time of a sample", f"{profile.cpu_s * 1000:.1f} ms"),
        ("time of a sample", f"{profile.wall_s * 1000:.1f} ms"),
        ("95 % of them within", f"{profile.p95_wall_s * 1000:.1f} ms"),
        ("the slowest", f"{profile.slowest_s * 1000:.0f} ms"),
        ("start, with the first sample", f"{profile.start_s:.2f} s"),
        ("memory at rest", f"{profile.base_mb:.0f} MB"),
        ("of it, for a lane", f"{profile.started_mb:.0f} MB"),
        ("besides, for each sample at a time, at most", f"{profile.lane_mb:.0f} MB"),
        ("a sample as it is sent", f"{profile.request_bytes / 1024:.1f} KB"),
        ("the largest", f"{profile.largest_bytes / 1024:.1f} KB"),
        ("a result", f"{profile.result_bytes / 1024:.1f} KB"),
    ):
        table.add_row(name, figure)
    return table


def _settings_table(plan: Sizing, demand: Workload) -> Table:
    table = new_table("What to set", "setting", "value", "where")
    chosen = plan.chosen
    for row in (
        ("memory", f"{chosen.memory_mb} MB", "grader deploy --memory"),
        ("timeout", f"{plan.timeout_s} s", "grader deploy --timeout"),
        ("samples in a batch", str(chosen.batch_size), "the trainer: lambda_batch_size"),
        (
            "invocations at a time",
            str(plan.concurrency),
            f"the trainer: lambda_concurrency_limit; for {demand.step_samples} samples in {demand.step_s:g} s",
        ),
        ("a thousand samples", _dollars(chosen.dollars), f"{_dollars(chosen.dollars * 1000)} a million"),
    ):
        table.add_row(*map(plain, row))
    return table


def _options_table(plan: Sizing) -> Table:
    table = new_table(
        "What else there is", "memory", "CPUs", "lanes", "needed", "batch", "seconds", "at worst", "a thousand samples",
        numbers=8,
    )  # fmt: skip
    for option in plan.options:
        mark = " *" if option is plan.chosen else ""
        table.add_row(
            f"{option.memory_mb} MB{mark}",
            f"{option.cpus:.2f}",
            str(option.workers),
            f"{option.needed_mb:.0f} MB",
            str(option.batch_size),
            f"{option.batch_s:.2f}",
            f"{option.worst_batch_s:.2f}",
            _dollars(option.dollars) if option.fits else "too little memory",
        )
    return table


def _caller_table(plan: Sizing, demand: Workload) -> Table:
    table = new_table(
        f"How long callers wait for {demand.step_samples} samples from a function of {plan.chosen.memory_mb} MB",
        "caller", "batch", "at a time", "seconds", "a thousand samples",
        numbers=4,
    )  # fmt: skip
    for step in plan.steps:
        table.add_row(
            plain(step.caller.name),
            str(step.batch_size),
            str(step.caller.concurrency),
            f"{step.seconds:.1f}",
            _dollars(step.dollars),
        )
    return table


def _dollars(amount: float) -> str:
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"


def _price_note(prices: Prices, demand: Workload) -> str:
    when = f", {prices.date}" if prices.date else ""
    most = " (the price of most regions; this one's is not in the table)" if prices.assumed else ""
    return (
        f"Prices of {prices.region}, {prices.architecture}{most}: ${prices.gb_second:.10f} a GB-second, "
        f"${prices.million_requests:g} a million requests ({prices.source}{when}). One of Lambda's CPUs is taken to be "
        f"{demand.speed:g} times as fast as one of this host (--speed)."
    )
