"""Prices of AWS Lambda."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["ARCHITECTURES", "Prices", "prices_for"]

ARCHITECTURES: Final = ("x86_64", "arm64")


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in US dollars, and their source."""

    gb_second: float
    million_requests: float
    source: str
    date: str
    """Year and month of the price list; empty for prices given by the user."""
    region: str
    architecture: str
    assumed: bool = False
    """True if the table has no price for the region, and the price of most regions is used."""

    def of_invocation(self, seconds: float, memory_mb: int) -> float:
        """Return the price of one invocation; its duration is rounded up to whole milliseconds (AWS Lambda pricing)."""
        milliseconds = -(-seconds * 1000 // 1)
        return milliseconds / 1000 * memory_mb / 1024 * self.gb_second + self.million_requests / 1e6

    def as_dict(self) -> dict[str, Any]:
        """Return the prices as JSON data."""
        return asdict(self)


def prices_for(
    region: str, architecture: str, *, gb_second: float | None = None, million_requests: float | None = None
) -> Prices:
    """Read the prices of a region from ``prices.toml`` beside this module.

    Args:
        region: name of the region.
        architecture: ``x86_64`` or ``arm64``.
        gb_second: the user's price, if not the list price.
        million_requests: likewise.
    """
    table = tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))
    default = table["gb_second"]
    of_region = default["regions"].get(region, default)
    is_custom = gb_second is not None or million_requests is not None
    return Prices(
        gb_second=of_region[architecture] if gb_second is None else gb_second,
        million_requests=table["million_requests"] if million_requests is None else million_requests,
        source="given by you" if is_custom else table["source"],
        date="" if is_custom else table["date"],
        region=region,
        architecture=architecture,
        # Identity: a region with a table of its own is not assumed, even if its prices are the default ones.
        assumed=gb_second is None and of_region is default and region not in _DEFAULT_PRICE_REGIONS,
    )


_DEFAULT_PRICE_REGIONS: Final = frozenset(
    {
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
        "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
        "us-west-2",
    }
)  # fmt: skip
"""Regions that are known to have the default price."""
