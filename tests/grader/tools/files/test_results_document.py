"""docs/results.md names every field of a result, and every preset."""

from __future__ import annotations

import re
from pathlib import Path

from grader.config.settings import RewardPreset
from grader.tools.files.details import grade_details
from grader.tools.files.results import result_document
from grader.types import Grade, GradeStatus

DOCUMENT = (Path(__file__).parents[4] / "docs" / "results.md").read_text("utf-8")
GRADE = Grade(sample_id="a", status=GradeStatus.SCORED, reward=1.0, metrics=())


def test_the_table_of_fields_is_complete() -> None:
    rows = re.findall(r"^\| (`.*?) \|", DOCUMENT, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    written = result_document(GRADE, 1, "", unscored_reward=0.0, details=grade_details(GRADE, ""))
    assert named | {"metrics_list"} == set(written)
    assert "`metrics_list`" in DOCUMENT


def test_every_preset_is_named() -> None:
    reward = (Path(__file__).parents[4] / "docs" / "reward.md").read_text("utf-8")
    for preset in RewardPreset:
        assert f"`{preset}`" in DOCUMENT
        assert f"| `{preset}`" in reward
