"""Rules of AWS's own check of a response, and rules that it forgets.

Written from the rules of `sagemaker.train.common_utils.rlvr_reward_verifier`, so that every test run holds
responses against them; `test_contract_sdk.py` runs the real one where the SDK is installed.
"""

from __future__ import annotations

import json
import math
from typing import Any


def unwrap(response: Any, *, is_nova: bool) -> Any:
    """The results in a response: itself for Nova, the decoded body for open-weight models."""
    if is_nova:
        return response
    assert isinstance(response, dict), "open-weight models want a dict with statusCode and body"
    assert response.get("statusCode") == 200, f"status {response.get('statusCode')}"
    assert isinstance(response.get("body"), str), "body must be JSON text"
    return json.loads(response["body"])


def check_results(results: Any, ids: list[Any]) -> None:
    """Assert that these are valid results for samples with these ids."""
    assert isinstance(results, list)
    assert len(results) == len(ids), "one result for each sample"
    for result, sample_id in zip(results, ids, strict=True):
        _check_result(result)
        assert result["id"] == sample_id
        assert type(result["id"]) is type(sample_id), "the id keeps its type"
    # stricter than AWS: its runtime writes NaN, which is not JSON
    json.dumps(results, allow_nan=False, ensure_ascii=False).encode()


def _check_result(result: Any) -> None:
    assert isinstance(result, dict)
    assert "id" in result
    reward = result["aggregate_reward_score"]
    assert _is_finite_number(reward)
    assert 0.0 <= reward <= 1.0
    assert isinstance(result["metrics_list"], list)
    for metric in result["metrics_list"]:
        assert metric.keys() == {"name", "value", "type"}
        assert isinstance(metric["name"], str)
        assert _is_finite_number(metric["value"])
        assert metric["type"] in ("Metric", "Reward")


def _is_finite_number(value: Any) -> bool:
    # the SDK also takes True, "0.5" and NaN; a trainer that averages them does not
    return type(value) in (int, float) and math.isfinite(value)
