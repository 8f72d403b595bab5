"""Costs beside those of grading itself: log, metrics, alarms, dashboard, and environments that are kept warm."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["ALARM_METRICS", "LOG_BYTES", "METRICS", "OtherCosts", "other_costs"]

METRICS: Final = 29
"""Metrics of a function, without those of a judge (docs/operations.md)."""
ALARM_METRICS: Final = 12
"""Metrics of all alarms in deploy/monitoring.yaml; an alarm on an expression costs as much as its metrics."""
LOG_BYTES: Final = 620
"""Bytes of the log for each sample, in batches of 64 and with `log_samples` = ``brief`` (docs/operations.md)."""
_MONTH_S: Final = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class OtherCosts:
    """Costs in US dollars. The names of the fields are keys of the JSON output."""

    log_million_samples: float
    """For what a million samples write to the log."""
    log_storage_month: float
    """For keeping that for a month."""
    log_query: float
    """For one query that reads it all."""
    metrics_month: float
    alarms_month: float
    dashboard_month: float
    provisioned_hour: float
    """For one environment that is kept warm, for an hour."""
    provisioned_month: float
    """Likewise, for 30 days."""
    provisioned_grading_share: float
    """Price of a GB-second of grading in such an environment, as a share of the usual one."""
    sources: tuple[str, ...]
    """Source and date of each price."""

    def as_dict(self) -> dict[str, Any]:
        """Return the costs as JSON data."""
        return asdict(self)


def other_costs(memory_mb: int, architecture: str) -> OtherCosts:
    """Calculate the costs of a function.

    Args:
        memory_mb: its memory.
        architecture: ``x86_64`` or ``arm64``.
    """
    table = tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))
    log, monitoring, provisioned = table["log"], table["monitoring"], table["provisioned"]
    gigabytes = LOG_BYTES * 1e6 / 1e9
    warm = provisioned[architecture]
    warm_second = memory_mb / 1024 * warm["ready"]
    return OtherCosts(
        log_million_samples=gigabytes * log["gb_ingested"],
        log_storage_month=gigabytes * log["gb_month"],
        log_query=gigabytes * log["gb_scanned"],
        metrics_month=METRICS * monitoring["metric"],
        alarms_month=ALARM_METRICS * monitoring["alarm_metric"],
        dashboard_month=monitoring["dashboard"],
        provisioned_hour=3600 * warm_second,
        provisioned_month=_MONTH_S * warm_second,
        provisioned_grading_share=warm["grading"] / table["gb_second"][architecture],
        sources=tuple(f"{one['source']}, {one['date']}" for one in (log, monitoring, provisioned)),
    )
