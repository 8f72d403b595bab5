"""Alarms, dashboard and queries are valid, and use fields that the log has."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.decode.cfn_yaml import load as load_template

from grader.lambda_api.batch_log import DIMENSION, NAMESPACE, Origin, batch_lines, sample_line
from grader.tools.logs.insights import load_queries
from testcases.verdict import Verdict
from tests.grader.lambda_api.emf import metrics_in
from tests.grader.lambda_api.making import graded, scored, unscored_grade

if TYPE_CHECKING:
    from collections.abc import Iterator

TEMPLATE = Path(__file__).parents[4] / "deploy" / "monitoring.yaml"
DOCUMENT = (Path(__file__).parents[4] / "docs" / "operations.md").read_text("utf-8")
RESOURCES: dict[str, Any] = load_template(str(TEMPLATE))["Resources"]
BATCH = graded(scored(0.5), scored(1.0), unscored_grade("b", "no"))
(RECORD,) = batch_lines(BATCH, Origin("f"))
EMITTED = metrics_in(RECORD)
FROM_JOURNAL = {"timestamp", "level"}
FROM_LAMBDA = {"type", "record.metrics.durationMs", "record.metrics.initDurationMs", "record.metrics.maxMemoryUsedMB"}
"""Fields of "platform.report" (AWS Lambda Developer Guide, "Lambda Telemetry API Event schema reference")."""
LAMBDAS_OWN = {"Errors", "Throttles", "Invocations", "ConcurrentExecutions", "Duration"}
WORDS = {"filter", "stats", "fields", "sort", "limit", "by", "as", "and", "asc", "desc"}


def of_type(kind: str) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in RESOURCES.items() if one["Type"] == kind}


ALARMS = of_type("AWS::CloudWatch::Alarm")


def stats_of(alarm: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield namespace, metric and dimension of everything that an alarm uses."""
    sources = (
        [one["MetricStat"]["Metric"] for one in alarm["Metrics"] if "MetricStat" in one]
        if "Metrics" in alarm
        else [alarm]
    )
    for one in sources:
        (dimension,) = one["Dimensions"]
        yield one["Namespace"], one["MetricName"], dimension["Name"]


def widgets() -> list[dict[str, Any]]:
    (dashboard,) = of_type("AWS::CloudWatch::Dashboard").values()
    text, _ = dashboard["DashboardBody"]["Fn::Sub"]
    result: list[dict[str, Any]] = json.loads(re.sub(r"\$\{[A-Za-z:]+\}", "x", text))["widgets"]
    return result


def fields_of(query: str) -> set[str]:
    """Return the fields that a query reads: its words except keywords, functions, literals and its own names."""
    text = re.sub(r'^#.*$|"[^"]*"|bin\(\w+\)|@\w+', " ", query, flags=re.MULTILINE)
    given = set(re.findall(r"\bas (\w+)", text))
    named = set(re.findall(r"[A-Za-z_][\w.]*(?![\w.(])", text))
    return named - WORDS - given


def known_fields(query: str) -> set[str]:
    """Return the fields of the lines that a query reads."""
    if 'type = "platform.report"' in query:
        return FROM_LAMBDA
    verdicts = {f"verdicts.{verdict.value}" for verdict in Verdict}
    if 'event = "batch"' in query:
        return set(RECORD) | FROM_JOURNAL | verdicts
    assert 'event = "sample"' in query
    return set(sample_line(BATCH, 2, full=False)) | FROM_JOURNAL | verdicts


def test_the_template_is_valid() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "from cfnlint.runner import main; main()", TEMPLATE],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (ended.stdout, ended.returncode) == ("", 0)


@pytest.mark.parametrize("name", ALARMS)
def test_alarms_use_metrics_that_exist(name: str) -> None:
    for namespace, metric, dimension in stats_of(ALARMS[name]):
        if namespace == "AWS/Lambda":
            assert metric in LAMBDAS_OWN
            assert dimension == "FunctionName"
        else:
            assert (namespace, dimension) == (NAMESPACE, DIMENSION)
            assert metric in EMITTED
    assert ALARMS[name]["TreatMissingData"] == "notBreaching"


def test_every_risk_has_an_alarm_with_instructions() -> None:
    watched = {metric for alarm in ALARMS.values() for _, metric, _ in stats_of(alarm)}
    assert watched == {
        "zero_reward_share", "none_passed_share", "full_reward_share", "all_passed_share", "zero_spread_share",
        "grader_error", "deadline_share", "policy_violation", "isolation_layers", "Errors", "Throttles",
    }  # fmt: skip
    assert set(re.findall(r"^\| `([A-Z]\w+)` \|", DOCUMENT, re.MULTILINE)) == set(ALARMS)


def test_the_dashboard_shows_metrics_that_exist() -> None:
    shown = [metric for one in widgets() if one["type"] == "metric" for metric in one["properties"]["metrics"]]
    assert len(shown) > 20
    for namespace, metric, dimension, _, options in shown:
        expected = ("FunctionName", LAMBDAS_OWN) if namespace == "AWS/Lambda" else (DIMENSION, EMITTED)
        assert dimension == expected[0]
        assert metric in expected[1]
        assert re.fullmatch(r"Average|Sum|Minimum|Maximum|p\d\d", options["stat"])


def test_widgets_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for one in widgets():
        area = {
            (x, y) for x in range(one["x"], one["x"] + one["width"]) for y in range(one["y"], one["y"] + one["height"])
        }
        assert taken.isdisjoint(area)
        assert max(x for x, _ in area) < 24
        taken |= area


def test_the_dashboard_has_the_queries_of_the_command_line() -> None:
    asked = [one["properties"]["query"] for one in widgets() if one["type"] == "log"]
    texts = {query.text.strip() for query in load_queries().values()}
    assert len(asked) > 2
    for query in asked:
        assert query.startswith("SOURCE 'x' | ")
        assert query.removeprefix("SOURCE 'x' | ") in texts


def test_saved_queries_are_those_of_the_command_line() -> None:
    saved = {one["Name"]["Fn::Sub"]: one["QueryString"] for one in of_type("AWS::Logs::QueryDefinition").values()}
    assert saved == {f"${{FunctionName}}/{one.name}": f"# {one.about}\n{one.text}" for one in load_queries().values()}


@pytest.mark.parametrize("name", load_queries())
def test_queries_read_fields_that_exist(name: str) -> None:
    query = load_queries()[name]
    assert fields_of(query.text)
    assert fields_of(query.text) <= known_fields(query.text)
    assert query.about
    assert f"`{name}`" in DOCUMENT


def test_the_query_of_verdicts_counts_each() -> None:
    assert fields_of(load_queries()["verdicts"].text) == {"event"} | {
        f"verdicts.{verdict.value}" for verdict in Verdict
    }


def test_a_field_that_does_not_exist_is_detected() -> None:
    assert fields_of('filter event = "x" and rewrd > 0\n| stats max(a.b) - 1 as c by bin(5m)\n| sort c desc') == {
        "event",
        "rewrd",
        "a.b",
    }
