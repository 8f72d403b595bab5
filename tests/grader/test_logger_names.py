"""Log filters of operators name loggers, so their names do not change with the modules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOGGERS = {
    "grader/config/settings.py": "grader.config",
    "grader/judge/rating_batch.py": "grader.judge.judging",
    "grader/lambda_api/batch_log.py": "grader.monitoring.journal",
    "grader/lambda_api/service.py": "grader.answering",
    "grader/references/store.py": "testcases.store.store",
}


@pytest.mark.parametrize("module", LOGGERS)
def test_a_module_logs_under_its_documented_name(module: str) -> None:
    source = (ROOT / module).read_text("utf-8")
    assert re.findall(r"logging\.getLogger\((.*?)\)", source) == [f'"{LOGGERS[module]}"']


def test_every_logger_is_documented() -> None:
    document = (ROOT / "docs" / "operations.md").read_text("utf-8")
    rows = re.findall(r"^\| `((?:grader|testcases)\.[\w.]+)` \|", document, re.MULTILINE)
    assert sorted(rows) == sorted(LOGGERS.values())
