"""Every trainer gives HumanEval's 164 own solutions the full reward, a wrong answer none, and takes an unscored one as
it means it."""

from __future__ import annotations

import os
import time

import pytest

from tests.grader.trainers.conftest import functional_rewards  # noqa: F401 - a fixture
from tests.trainers import installed, signatures
from tests.trainers.human_eval import RIGHT, rows
from tests.trainers.run import MUST_BE_INSTALLED

pytestmark = [pytest.mark.usefixtures("functional_rewards"), pytest.mark.long, pytest.mark.timeout(600)]


def _check(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    score, unscored = {**installed.DRIVERS, **signatures.DRIVERS}[name]
    samples = rows()
    started = time.monotonic()
    try:
        scores = list(score(samples))
    except pytest.skip.Exception as skipped:
        if MUST_BE_INSTALLED in os.environ:
            pytest.fail(f"{name}: {skipped}")
        raise
    seconds = time.monotonic() - started
    right = sum(one == 1.0 for one in scores[:RIGHT])
    with capsys.disabled():
        print(f"\n{name}: {right} of {RIGHT} right, then {scores[RIGHT:]}; {seconds:.1f} s")
    assert [samples[index].task_id for index in range(RIGHT) if scores[index] != 1.0] == []
    assert scores[RIGHT:] == [0.0, unscored]


@pytest.mark.parametrize("name", installed.DRIVERS)
def test_a_trainer_that_is_installed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(name, capsys)


@pytest.mark.parametrize("name", signatures.DRIVERS)
def test_a_signature_that_was_read_in_its_source(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _check(name, capsys)
