"""Check that CloudWatch makes metrics of a log event, and return them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema

__all__ = ["check_emf", "metrics_in"]

_SCHEMA = json.loads(Path(__file__).with_name("emf.schema.json").read_text("utf-8"))
_MOST_BYTES = 256 * 1024
"""Maximum size of a log event before 2025; 1 MB since."""


def metrics_in(line: dict[str, Any]) -> dict[str, str]:
    """Names and units of the metrics that a line defines."""
    return {
        metric["Name"]: metric.get("Unit", "None")
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }


def check_emf(line: dict[str, Any]) -> None:
    """Fail unless the line conforms to the specification, including rules that a schema cannot express."""
    jsonschema.validate(line, _SCHEMA)
    assert len(json.dumps(line)) <= _MOST_BYTES
    for directive in line["_aws"]["CloudWatchMetrics"]:
        names = [metric["Name"] for metric in directive["Metrics"]]
        assert len(set(names)) == len(names)
        for dimensions in directive["Dimensions"]:
            assert all(isinstance(line[name], str) and line[name].strip() for name in dimensions)
        for name in names:
            values = line[name] if isinstance(line[name], list) else [line[name]]
            assert 1 <= len(values) <= 100
            assert all(type(value) in {int, float} and math.isfinite(value) for value in values)
