"""A short version of the run against the service."""

from __future__ import annotations

import pytest

from tests.soak.service import run


@pytest.mark.slow
def test_hang_ups_and_faults_lose_no_request() -> None:
    result = run(250, seed=5, pause_s=0.3)
    assert result.wrong == []
    assert sum(result.counts.values()) == 250
    assert result.counts["hung up"] > 10
    assert result.faults  # how many depends on how fast the machine is
    assert result.counts["unscored"] <= result.faults / 2  # it takes two to lose a sample
