"""Prices of Lambda."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["ARCHITECTURES", "Prices", "prices_for"]

ARCHITECTURES: Final = ("x86_64", "arm64")


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars, and where they are from."""

    gb_second: float
    million_requests: float
    source: str
    date: str
    """Year and month in which they were looked up; empty for prices of the user's own."""
    region: str
    architecture: str
    assumed: bool = False
    """Whether the region has no price in the table, and that of most regions was taken."""

    def of_invocation(self, seconds: float, memory_mb: int) -> float:
        """Of one invocation; a duration is billed in whole milliseconds (AWS Lambda pricing)."""
        milliseconds = -(-seconds * 1000 // 1)
        return milliseconds / 1000 * memory_mb / 1024 * self.gb_second + self.million_requests / 1e6

    def as_dict(self) -> dict[str, Any]:
        """The same as JSON can say it."""
        return asdict(self)


def prices_for(
    region: str, architecture: str, *, gb_second: float | None = None, million_requests: float | None = None
) -> Prices:
    """The prices of a region, from ``prices.toml`` beside this module.

    Args:
        region: its name.
        architecture: of the function: ``x86_64`` or ``arm64``.
        gb_second: what the user pays, instead.
        million_requests: likewise.
    """
    table = tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))
    of_most = table["gb_second"]
    of_region = of_most["regions"].get(region, of_most)
    own = gb_second is not None or million_requests is not None
    return Prices(
        gb_second=of_region[architecture] if gb_second is None else gb_second,
        million_requests=table["million_requests"] if million_requests is None else million_requests,
        source="given by you" if own else table["source"],
        date="" if own else table["date"],
        region=region,
        architecture=architecture,
        assumed=gb_second is None and of_region is of_most and region not in _DEFAULT_PRICE_REGIONS,
    )


_DEFAULT_PRICE_REGIONS: Final = frozenset(
    {
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1",
        "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
        "us-west-2",
    }
)  # fmt: skip
"""Regions known to have the price of most."""
