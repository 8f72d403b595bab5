"""Rules for when a series of readings counts as flat."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.soak.meter import Reading

__all__ = ["Line", "lines", "slope"]

_WARM_UP = 0.2
"""Share of the readings that is ignored, because caches fill."""
_COUNT_SLACK = 2
"""Allowed growth of a count: an executor may have a waiting harness or not."""
_NEVER = ("entries", "zombies")
_GROWTH_SHARE = 0.06
_REPLACED = {"MiB of harnesses": "MiB of zygotes of harnesses", "MiB of analyzers": "MiB of zygotes of analyzers"}
_ROOM_MB = 48.0


@dataclass(frozen=True, slots=True)
class Line:
    """Summary of the readings of one number."""

    name: str
    first: float
    """First value after the warm-up."""
    minimum: float
    maximum: float
    last: float
    per_10_000: float
    """Growth per 10,000 samples over the second half, by least squares."""
    complaint: str
    """Reason why it is not flat; empty if it is."""


def lines(readings: Sequence[Reading], *, room_mb: float = 4.0) -> list[Line]:
    """Summarize every number of the readings.

    The first fifth of the readings is the warm-up; the rest has two halves.

    * A count (processes, descriptors, entries) is flat if its maximum in the second half is at most 2 above that in the
      first. There must never be zombies, or new entries.
    * Memory of processes that live throughout (grader, launchers, zygotes) is flat if its maximum in the second half is
      at most ``room_mb`` or 6 %, whichever is larger, above that in the first, and if the slope of the second half,
      extrapolated over all samples, stays within the same bound.
    * Memory of processes that are replaced from time to time (harnesses, analyzers) is flat if it is never more than
      48 MiB above that of their zygotes, and if the median of the second half is within the same bound above that of
      the first.
    """
    rest = [reading.values() | {"": reading.samples} for reading in readings[int(len(readings) * _WARM_UP) :]]
    names = dict.fromkeys(name for values in rest for name in values if name)
    return [_line(name, rest, room_mb) for name in names]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of the line through the points by least squares; 0 if it is not defined."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def _line(name: str, rest: Sequence[Mapping[str, float]], room_mb: float) -> Line:
    points = [(values[""], values[name]) for values in rest if name in values]
    values = [value for _, value in points]
    half = len(points) // 2
    growth = slope(points[half:])
    first, second = values[:half] or values, values[half:]
    room_mb = max(room_mb, _GROWTH_SHARE * max(first))
    if not name.startswith("MiB"):
        complaint = _complaint_of_count(name, first, second)
    elif name in _REPLACED:
        base = max(values.get(_REPLACED[name], 0.0) for values in rest)
        complaint = _complaint_of_replaced(first, second, base, room_mb)
    else:
        complaint = _complaint_of_lasting(first, second, growth * (points[-1][0] - points[0][0]), room_mb)
    return Line(
        name=name,
        first=values[0],
        minimum=min(values),
        maximum=max(values),
        last=values[-1],
        per_10_000=growth * 10_000,
        complaint=f"{name}: {complaint}" if complaint else "",
    )


def _complaint_of_count(name: str, first: Sequence[float], second: Sequence[float]) -> str:
    before, after = max(first), max(second)
    if name in _NEVER:
        return f"there were {max(before, after):g}" if max(before, after) > 0 else ""
    return f"grew from {before:g} to {after:g}" if after > before + _COUNT_SLACK else ""


def _complaint_of_lasting(first: Sequence[float], second: Sequence[float], extrapolated: float, room_mb: float) -> str:
    before, after = max(first), max(second)
    if after > before + room_mb:
        return f"grew from {before:.1f} to {after:.1f}"
    return f"grows by {extrapolated:.1f} over the whole run" if extrapolated > room_mb else ""


def _complaint_of_replaced(first: Sequence[float], second: Sequence[float], base: float, room_mb: float) -> str:
    maximum = max(*first, *second)
    if maximum > base + _ROOM_MB:
        return f"reached {maximum:.1f}, the zygotes have {base:.1f}"
    before, after = median(first), median(second)
    return f"grew from {before:.1f} to {after:.1f} (median)" if after > before + room_mb else ""
