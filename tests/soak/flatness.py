"""When a row of readings counts as flat."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.soak.meter import Reading

__all__ = ["Line", "lines", "slope"]

_WARM_UP = 0.2
"""The share of the readings in which caches fill: it is left out."""
_COUNT_SLACK = 2
"""A lane may have an examiner waiting or not."""
_NEVER = ("entries", "zombies")
_GROWTH_SHARE = 0.06
_REPLACED = {"MiB of examiners": "MiB of zygotes of examiners", "MiB of analysts": "MiB of zygotes of analysts"}
_ROOM_MB = 48.0


@dataclass(frozen=True, slots=True)
class Line:
    """How one number went."""

    name: str
    first: float
    """After the warm-up."""
    least: float
    most: float
    last: float
    per_10_000: float
    """Growth in each 10,000 samples over the second half, by least squares."""
    complaint: str
    """Why it is not flat; empty when it is."""


def lines(readings: Sequence[Reading], *, room_mb: float = 4.0) -> list[Line]:
    """How everything went that was read.

    The rule: the first fifth is the warm-up, what comes after it has two halves.

    * What is counted (processes, descriptors, entries) is flat when its largest value in the second half is at most 2
      above that in the first. There are never zombies, and never entries that were not there before.
    * Memory of what lives throughout (grader, launchers, zygotes) is flat when its largest value in the second half is
      at most ``room_mb`` or 6 %, the larger of the two, above that in the first, and the slope of the second half,
      drawn out over all samples, comes to no more either.
    * Memory of what is replaced now and then (examiners, analysts) is flat when it is never more than 48 MiB above that
      of their zygotes, and the median of the second half is at most as much above that of the first as is said above.
    """
    rest = [reading.values() | {"": reading.samples} for reading in readings[int(len(readings) * _WARM_UP) :]]
    names = dict.fromkeys(name for values in rest for name in values if name)
    return [_line(name, rest, room_mb) for name in names]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Of the line nearest to the points, by least squares; 0 where there is none."""
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
        least=min(values),
        most=max(values),
        last=values[-1],
        per_10_000=growth * 10_000,
        complaint=f"{name}: {complaint}" if complaint else "",
    )


def _complaint_of_count(name: str, first: Sequence[float], second: Sequence[float]) -> str:
    before, after = max(first), max(second)
    if name in _NEVER:
        return f"there were {max(before, after):g}" if max(before, after) > 0 else ""
    return f"grew from {before:g} to {after:g}" if after > before + _COUNT_SLACK else ""


def _complaint_of_lasting(first: Sequence[float], second: Sequence[float], drawn_out: float, room_mb: float) -> str:
    before, after = max(first), max(second)
    if after > before + room_mb:
        return f"grew from {before:.1f} to {after:.1f}"
    return f"grows, by {drawn_out:.1f} over the whole run" if drawn_out > room_mb else ""


def _complaint_of_replaced(first: Sequence[float], second: Sequence[float], base: float, room_mb: float) -> str:
    most = max(*first, *second)
    if most > base + _ROOM_MB:
        return f"came to {most:.1f}, the zygotes have {base:.1f}"
    before, after = median(first), median(second)
    return f"grew from {before:.1f} to {after:.1f}, as a rule" if after > before + room_mb else ""
