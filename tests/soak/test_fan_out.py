"""A short form of the fan-out over a function that fails now and then."""

from __future__ import annotations

import pytest

from tests.aws.front import Faults, canned
from tests.soak import fan_out


@pytest.mark.slow
def test_every_sample_of_a_failing_function_gets_the_one_result_it_gets_here() -> None:
    trial = fan_out.run(100, seed=3, batch_size=8)
    assert not trial.wrong
    assert len(trial.faults) >= 3
    assert trial.requests > 100 / 8 + len(trial.faults) / 2


def test_a_result_that_is_lost_doubled_or_another_does_not_go_unnoticed() -> None:
    rows = [{"line": 1, "reward": 1.0}, {"line": 2, "reward": 0.5}]
    assert fan_out._differences(rows, rows, 2) == []
    assert fan_out._differences(rows, rows[:1], 2)
    assert fan_out._differences(rows, [*rows, rows[1]], 2)
    assert fan_out._differences(rows, [rows[0], {"line": 2, "reward": 1.0}], 2)


def test_the_faults_are_those_of_the_seed() -> None:
    def faults_of(seed: int) -> list[str]:
        faults = Faults(canned, seed=seed)
        for number in range(200):
            faults({"batch": [{"id": number}]})
        return faults.faults

    assert faults_of(1) == faults_of(1)
    assert faults_of(1) != faults_of(2)
    assert {"spoilt", "429", "500", "timeout", "cut"} & set(faults_of(1))
