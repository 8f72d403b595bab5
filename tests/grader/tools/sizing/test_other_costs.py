"""Costs beside those of grading, compared with figures worked out by hand, and with what is logged and watched."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

import grader.tools.sizing
from grader.lambda_api.batch_log import Origin, batch_lines, sample_line
from grader.tools.sizing.other_costs import ALARM_METRICS, LOG_BYTES, METRICS, other_costs
from tests.aws.template_values import read_template
from tests.grader.lambda_api.emf import metrics_in
from tests.grader.lambda_api.making import graded, scored

MONITORING = Path(__file__).parents[4] / "deploy/monitoring.yaml"
BATCH = graded(*[scored(0.5) for _ in range(64)])


def test_an_environment_costs_its_memory_every_second() -> None:
    costs = other_costs(3538, "x86_64")
    assert costs.provisioned_hour == pytest.approx(3600 * 3538 / 1024 * 0.0000041667)
    assert costs.provisioned_month == pytest.approx(720 * costs.provisioned_hour)
    assert costs.provisioned_grading_share == pytest.approx(0.5833, abs=0.001)
    assert other_costs(3538, "arm64").provisioned_hour == pytest.approx(0.8 * costs.provisioned_hour, rel=0.001)


def test_log_and_monitoring_cost_what_a_million_samples_write_and_what_is_watched() -> None:
    costs = other_costs(1769, "x86_64")
    assert costs.log_million_samples == pytest.approx(0.62 * 0.50)
    assert costs.log_storage_month == pytest.approx(0.62 * 0.03)
    assert (costs.metrics_month, costs.dashboard_month) == (pytest.approx(8.70), 3.0)
    assert costs.alarms_month == pytest.approx(1.20)


def test_the_amounts_are_those_of_the_log_and_the_alarms() -> None:
    (record,) = batch_lines(BATCH, Origin("f"))
    assert len(metrics_in(record)) == METRICS
    lines = [record, *(sample_line(BATCH, index, full=False) for index in range(64))]
    size = sum(len(json.dumps(line, separators=(",", ":"))) for line in lines) / 64
    assert size == pytest.approx(LOG_BYTES, rel=0.2)
    alarms = [
        one["Properties"]
        for one in read_template(MONITORING.read_text())["Resources"].values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert (
        sum(sum("MetricStat" in one for one in alarm.get("Metrics", [{"MetricStat": 1}])) for alarm in alarms)
        == ALARM_METRICS
    )


def test_every_price_has_a_source_and_a_date() -> None:
    table = tomllib.loads(Path(grader.tools.sizing.__path__[0], "prices.toml").read_text())
    for section in (table, table["provisioned"], table["log"], table["monitoring"]):
        assert section["source"].startswith(("AWS", "Amazon"))
        assert re.fullmatch(r"20\d\d-\d\d", section["date"])
    assert len(other_costs(1769, "x86_64").sources) == 3
