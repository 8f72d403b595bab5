"""Tables of a sizing for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from grader.tools.report.tables import new_table, plain
from grader.tools.sizing.other_costs import METRICS

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from grader.tools.sizing.other_costs import OtherCosts
    from grader.tools.sizing.prices import Prices
    from grader.tools.sizing.profile import Profile
    from grader.tools.sizing.sizing import Sizing, Workload

__all__ = ["sizing_tables"]


def sizing_tables(plan: Sizing, profile: Profile, prices: Prices, demand: Workload, others: OtherCosts) -> Group:
    """Make the tables of measurements, recommended settings, options, callers and other costs."""
    parts: list[RenderableType] = [
        _profile_table(profile),
        Text(),
        _settings_table(plan, demand),
        Text(),
        _options_table(plan),
        Text(),
        _caller_table(plan, demand),
        Text(),
        _others_table(others),
        Text(),
    ]
    parts += [plain(f"note: {text}") for text in plan.warnings]
    parts.append(plain(_price_note(prices, demand)))
    parts.append(plain(f"Other costs, in us-east-1: {'; '.join(others.sources)}."))
    return Group(*parts)


def _profile_table(profile: Profile) -> Table:
    table = new_table(
        f"Measured: {profile.samples} of {profile.rows} samples, one at a time with one worker on this host",
        "quantity", "value", numbers=1,
    )  # fmt: skip
    for name, figure in (
        ("CPU time per sample, mean", f"{profile.cpu_s * 1000:.1f} ms"),
        ("time per sample, mean", f"{profile.wall_s * 1000:.1f} ms"),
        ("time per sample, 95th percentile", f"{profile.p95_wall_s * 1000:.1f} ms"),
        ("time per sample, slowest", f"{profile.slowest_s * 1000:.0f} ms"),
        ("start-up, including the first sample", f"{profile.start_s:.2f} s"),
        ("memory, idle", f"{profile.base_mb:.0f} MB"),
        ("of which per worker", f"{profile.started_mb:.0f} MB"),
        ("additional memory per running sample, maximum", f"{profile.lane_mb:.0f} MB"),
        ("size of a sample in a request, mean", f"{profile.request_bytes / 1024:.1f} KB"),
        ("size of a sample in a request, largest", f"{profile.largest_bytes / 1024:.1f} KB"),
        ("size of a result, mean", f"{profile.result_bytes / 1024:.1f} KB"),
    ):
        table.add_row(name, figure)
    return table


def _settings_table(plan: Sizing, demand: Workload) -> Table:
    table = new_table("Recommended settings", "setting", "value", "where to set it")
    chosen = plan.chosen
    for row in (
        ("memory", f"{chosen.memory_mb} MB", "grader deploy --memory"),
        ("timeout", f"{plan.timeout_s} s", "grader deploy --timeout"),
        ("batch size", str(chosen.batch_size), "the trainer: lambda_batch_size"),
        (
            "concurrent invocations",
            str(plan.concurrency),
            f"the trainer: lambda_concurrency_limit; for {demand.step_samples} samples in {demand.step_s:g} s",
        ),
        ("price per 1,000 samples", _dollars(chosen.dollars), f"{_dollars(chosen.dollars * 1000)} per million"),
    ):
        table.add_row(*map(plain, row))
    return table


def _options_table(plan: Sizing) -> Table:
    table = new_table(
        "Options", "memory", "CPUs", "workers", "needed", "batch size", "batch s", "worst s", "price per 1,000",
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
        f"Time for a step of {demand.step_samples} samples with {plan.chosen.memory_mb} MB, by caller",
        "caller", "batch size", "concurrency", "seconds", "price per 1,000",
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


def _others_table(others: OtherCosts) -> Table:
    table = new_table("Other costs, beside those of grading", "item", "price", "for")
    share = f"{others.provisioned_grading_share:.0%}"
    warm = f"an hour ({_dollars(others.provisioned_month)} for 30 days); grading in it costs {share} of the usual price"
    for row in (
        ("log", _dollars(others.log_million_samples), "a million samples, with log_samples = brief"),
        ("log, kept", _dollars(others.log_storage_month), "the same, each month of --retention"),
        ("a query of `grader logs`", _dollars(others.log_query), "the same, if it reads all of it"),
        (f"{METRICS} metrics", _dollars(others.metrics_month), "a month in which anything is graded"),
        ("alarms of deploy/monitoring.yaml", _dollars(others.alarms_month), "a month"),
        ("its dashboard", _dollars(others.dashboard_month), "a month"),
        ("one provisioned environment", _dollars(others.provisioned_hour), warm),
    ):
        table.add_row(*map(plain, row))
    return table


def _dollars(amount: float) -> str:
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"


def _price_note(prices: Prices, demand: Workload) -> str:
    when = f", {prices.date}" if prices.date else ""
    note = " (not in the table; the price of most regions is used)" if prices.assumed else ""
    return (
        f"Prices of {prices.region}, {prices.architecture}{note}: ${prices.gb_second:.10f} per GB-second, "
        f"${prices.million_requests:g} per million requests ({prices.source}{when}). A Lambda CPU is assumed to be "
        f"{demand.speed:g} times as fast as a CPU of this host (--speed)."
    )
