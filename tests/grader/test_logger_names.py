"""Log filters of operators name loggers, so their names do not change with the modules."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations.md"
LOGGERS = {
    "grader.judge.rating_batch": "grader.judge.judging",
    "grader.lambda_api.batch_log": "grader.monitoring.journal",
    "grader.lambda_api.service": "grader.answering",
    "grader.references.store": "testcases.store.store",
}


@pytest.mark.parametrize("module", LOGGERS)
def test_a_module_logs_under_its_documented_name(module: str) -> None:
    assert import_module(module)._log.name == LOGGERS[module]


def test_every_logger_is_documented() -> None:
    rows = re.findall(r"^\| `((?:grader|testcases)\.[\w.]+)` \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(LOGGERS.values())
