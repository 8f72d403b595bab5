"""Which walls make which tier."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from sandbox.isolation.layer_probes import Probing
from sandbox.isolation.privileges import UNPRIVILEGED_UID
from sandbox.isolation.tiers import KERNEL_WALLS, NEEDED, TIERS, probe_kernel_walls
from sandbox.types import Tier, WallReport, standing_tier

ALL = [name for names in NEEDED.values() for name in names]


def walls(*standing: str) -> list[WallReport]:
    """Reports in which these walls stand and all others have fallen."""
    names = dict.fromkeys([*ALL, *standing])
    return [WallReport(name, name in standing, "" if name in standing else "refused") for name in names]


def test_the_highest_tier_stands_when_all_walls_do() -> None:
    assert standing_tier(walls(*ALL)) is list(Tier)[-1]
    assert standing_tier(walls(*ALL, "another")) is list(Tier)[-1]


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_needs_its_walls_and_those_of_every_tier_below(tier: Tier) -> None:
    needed = [name for below in Tier if below.rank <= tier.rank for name in NEEDED[below]]
    assert standing_tier(walls(*needed)) is tier
    for missing in needed:
        found = standing_tier(walls(*(name for name in ALL if name != missing)))
        assert found is None or found.rank < tier.rank


def test_there_is_no_tier_without_the_lowest() -> None:
    lowest = NEEDED[next(iter(Tier))]
    assert standing_tier([]) is None
    for size in range(len(lowest)):
        for some in combinations(lowest, size):
            above = [name for name in ALL if name not in lowest]
            assert standing_tier(walls(*some, *above)) is None


def test_a_wall_that_fell_does_not_count_because_it_was_reported() -> None:
    assert standing_tier(walls()) is None


def test_every_tier_says_what_it_needs_and_no_wall_is_named_twice() -> None:
    assert list(NEEDED) == list(Tier)
    assert all(NEEDED.values())
    assert len(set(ALL)) == len(ALL)


def test_tiers_are_ranked_from_the_weakest_up() -> None:
    assert [tier.rank for tier in Tier] == list(range(len(Tier)))
    assert next(iter(Tier)) is Tier.RLIMIT


def test_every_wall_a_tier_needs_is_probed() -> None:
    own, kernel = Probing(UNPRIVILEGED_UID, None).reasons(), probe_kernel_walls()
    assert set(ALL) <= {*own, *kernel}
    assert not own.keys() & kernel.keys()
    assert kernel.keys() == KERNEL_WALLS.keys()
    assert set(KERNEL_WALLS.values()) <= set(TIERS)


def test_a_report_can_be_written_as_json() -> None:
    report = WallReport("audit", stands=False, reason="refused")
    assert json.loads(json.dumps(report.as_dict())) == {"name": "audit", "stands": False, "reason": "refused"}
    assert WallReport(**report.as_dict()) == report  # type: ignore[arg-type]  # of plain data, as it comes over the wire
