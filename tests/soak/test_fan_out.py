"""A short version of the fan-out over a function with injected failures."""

from __future__ import annotations

import pytest

from tests.aws.front import Faults, canned
from tests.soak import fan_out


@pytest.mark.slow
def test_every_sample_gets_exactly_one_result_equal_to_the_local_one() -> None:
    trial = fan_out.run(100, seed=3, batch_size=8)
    assert not trial.wrong
    assert len(trial.faults) >= 3
    assert trial.requests > 100 / 8 + len(trial.faults) / 2


def test_a_lost_duplicate_or_different_result_is_noticed() -> None:
    rows = [{"line": 1, "reward": 1.0}, {"line": 2, "reward": 0.5}]
    assert fan_out._differences(rows, rows, 2) == []
    assert fan_out._differences(rows, rows[:1], 2)
    assert fan_out._differences(rows, [*rows, rows[1]], 2)
    assert fan_out._differences(rows, [rows[0], {"line": 2, "reward": 1.0}], 2)


def test_the_faults_depend_on_the_seed() -> None:
    def faults_of(seed: int) -> list[str]:
        faults = Faults(canned, seed=seed)
        for number in range(200):
            faults({"batch": [{"id": number}]})
        return faults.faults

    assert faults_of(1) == faults_of(1)
    assert faults_of(1) != faults_of(2)
    assert {"spoilt", "429", "500", "timeout", "cut"} & set(faults_of(1))
