"""The layers that make a tier."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from sandbox.isolation.layer_probes import LayerProbes
from sandbox.isolation.privileges import UNPRIVILEGED_UID
from sandbox.isolation.tiers import KERNEL_LAYERS, LAYERS_BY_TIER, TIERS, probe_kernel_layers
from sandbox.types import LayerReport, Tier, active_tier

ALL = [name for names in LAYERS_BY_TIER.values() for name in names]


def layers(*active: str) -> list[LayerReport]:
    """Make reports in which these layers are active and all others are not."""
    names = dict.fromkeys([*ALL, *active])
    return [LayerReport(name, name in active, "" if name in active else "refused") for name in names]


def test_the_highest_tier_needs_all_layers() -> None:
    assert active_tier(layers(*ALL)) is list(Tier)[-1]
    assert active_tier(layers(*ALL, "another")) is list(Tier)[-1]


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_needs_its_layers_and_those_of_every_tier_below(tier: Tier) -> None:
    needed = [name for below in Tier if below.rank <= tier.rank for name in LAYERS_BY_TIER[below]]
    assert active_tier(layers(*needed)) is tier
    for missing in needed:
        found = active_tier(layers(*(name for name in ALL if name != missing)))
        assert found is None or found.rank < tier.rank


def test_there_is_no_tier_without_the_lowest() -> None:
    lowest = LAYERS_BY_TIER[next(iter(Tier))]
    assert active_tier([]) is None
    for size in range(len(lowest)):
        for some in combinations(lowest, size):
            above = [name for name in ALL if name not in lowest]
            assert active_tier(layers(*some, *above)) is None


def test_a_layer_that_is_not_active_does_not_count() -> None:
    assert active_tier(layers()) is None


def test_every_tier_has_layers_and_no_layer_is_named_twice() -> None:
    assert list(LAYERS_BY_TIER) == list(Tier)
    assert all(LAYERS_BY_TIER.values())
    assert len(set(ALL)) == len(ALL)


def test_tiers_are_ranked_from_the_weakest_up() -> None:
    assert [tier.rank for tier in Tier] == list(range(len(Tier)))
    assert next(iter(Tier)) is Tier.RLIMIT


def test_every_layer_of_a_tier_is_probed() -> None:
    own, kernel = LayerProbes(UNPRIVILEGED_UID, None).reasons(), probe_kernel_layers()
    assert set(ALL) <= {*own, *kernel}
    assert not own.keys() & kernel.keys()
    assert kernel.keys() == KERNEL_LAYERS.keys()
    assert set(KERNEL_LAYERS.values()) <= set(TIERS)


def test_a_report_can_be_written_as_json() -> None:
    report = LayerReport("audit", active=False, reason="refused")
    assert json.loads(json.dumps(report.as_dict())) == {"name": "audit", "stands": False, "reason": "refused"}
