"""AWS's own check, as `RLVRTrainer.train()` runs it before it submits a job."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

with warnings.catch_warnings():
    # what the SDK's own dependencies deprecate is not ours to fix
    warnings.simplefilter("ignore")
    verifier = pytest.importorskip("sagemaker.train.common_utils.rlvr_reward_verifier")

SHIM = """
from grader.lambda_api import Envelope, read_event, write_response
from grader.types import Grade, GradeStatus, Metric, MetricType

def lambda_handler(event, context):
    batch = read_event(event, envelope=Envelope({envelope!r}))
    metrics = (Metric("functional", {value}, MetricType.REWARD), Metric("tests_total", 4))
    grades = [Grade(item.id, GradeStatus.SCORED, 0.85, metrics) for item in batch.samples]
    return write_response(grades, batch.envelope, unscored_reward=0.0)
"""
# the first lines of a dataset as they are: no model turn, no id, no reference in one of them
DATASET: list[dict[str, Any]] = [
    {
        "messages": [{"role": "user", "content": "Add."}],
        "reference_answer": {"inputs": ["1"], "outputs": ["1"]},
    },
    {"id": "x", "prompt": [{"role": "user", "content": "Add."}], "reward_model": {"ground_truth": "{}"}},
    {"id": 7, "query": "Add.", "response": "3"},
]
ROLLOUTS: list[dict[str, Any]] = [
    {
        "id": "123",
        "messages": [{"role": "user", "content": "Add."}, {"role": "assistant", "content": "print(3)"}],
        "metadata": {"reference_answer": {"inputs": [""], "outputs": ["3"]}},
    }
]


def verify(
    tmp_path: Path, samples: list[dict[str, Any]], *, envelope: str, is_nova: bool, value: str = "0.5"
) -> dict[str, Any]:
    shim = tmp_path / "reward.py"
    shim.write_text(SHIM.format(envelope=envelope, value=value))
    result: dict[str, Any] = verifier.verify_reward_function(str(shim), samples, is_nova=is_nova)
    return result


@pytest.mark.parametrize("samples", [DATASET, ROLLOUTS], ids=["dataset", "rollouts"])
@pytest.mark.parametrize(("envelope", "is_nova"), [("auto", True), ("list", True), ("http", False)])
def test_awss_check_passes(tmp_path: Path, samples: list[dict[str, Any]], envelope: str, is_nova: bool) -> None:
    result = verify(tmp_path, samples, envelope=envelope, is_nova=is_nova)
    assert result["success"]
    assert result["successful_samples"] == result["total_samples"] == len(samples)
    ids = [entry["output"]["id"] for entry in result["results"]]
    assert ids == [sample.get("id", f"sample-{index}") for index, sample in enumerate(samples)]


@pytest.mark.parametrize(("envelope", "is_nova"), [("auto", False), ("list", False)])
def test_awss_check_wants_the_other_envelope_for_open_weight_models(
    tmp_path: Path, envelope: str, is_nova: bool
) -> None:
    with pytest.raises(ValueError, match="must return a dict with 'statusCode' and 'body'"):
        verify(tmp_path, ROLLOUTS, envelope=envelope, is_nova=is_nova)


def test_nan_never_reaches_awss_check(tmp_path: Path) -> None:
    result = verify(tmp_path, ROLLOUTS, envelope="list", is_nova=True, value="float('nan')")
    assert result["results"][0]["output"]["metrics_list"][0]["value"] == 0.0
