"""A short version of the comparison of callers."""

from __future__ import annotations

from dataclasses import replace

from grader.config.settings import GraderConfig, LimitsConfig
from grader.core.grader import Grader
from tests.soak.callers import WAYS, last_right_s, samples


def test_every_way_has_its_right_answers_graded() -> None:
    config = GraderConfig.load(None, {"GRADER_REWARD_PRESET": "binary"})
    with Grader(replace(config, limits=LimitsConfig(cpu_s=1.0, total_cpu_s=1.0))) as grader:
        assert all(last_right_s(grader, way, samples(right=6, endless=1)) > 0 for way in WAYS)
