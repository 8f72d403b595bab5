"""An event of each documented shape (docs/events.md), and the rewards in its response."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.end_to_end.serving import RIGHT, sample

__all__ = ["SHAPES", "rewards_in"]

_SAMPLE = sample("1", RIGHT)
_TESTS = _SAMPLE["reference_answer"]
_BATCH = {"batch": [_SAMPLE, _SAMPLE]}
_TEXT = json.dumps(_BATCH)
SHAPES: dict[str, Any] = {
    "list": [_SAMPLE],
    "one sample": _SAMPLE,
    "batch": _BATCH,
    "trajectories": {"trajectories": [_SAMPLE]},
    "body": {"body": _BATCH},
    "body as text": {"body": _TEXT, "requestContext": {"http": {"method": "POST"}}},
    "body in base64": {"body": base64.b64encode(_TEXT.encode()).decode(), "isBase64Encoded": True},
    "API Gateway": {"httpMethod": "POST", "body": _TEXT},
    "reference as text": [{**_SAMPLE, "reference_answer": json.dumps(_TESTS)}],
    "reference in text": [{**_SAMPLE, "reference_answer": {"text": json.dumps(_TESTS)}}],
    "reference in metadata": [
        {"id": "1", "messages": _SAMPLE["messages"], "metadata": {"reference_answer": _TESTS}},
    ],
    "evaluation of Nova": [
        {
            "id": "1",
            "messages": [{"role": "nova_assistant", "content": [{"type": "text", "text": RIGHT}]}],
            "reference_answer": _TESTS,
        }
    ],
    "evaluation": [{"id": "1", "model_response": RIGHT, "query": "Add.", "response": "-", "reference_answer": _TESTS}],
    "prompt and completion": [{"id": "1", "prompt": "Add.", "completion": RIGHT, "reference_answer": _TESTS}],
    "preference": [
        {"id": "1", "prompt": "-", "completion": RIGHT, "chosen": "-", "rejected": "-", "reference_answer": _TESTS}
    ],
    "verl": [{"id": "1", "data_source": "code", "response": RIGHT, "reward_model": {"ground_truth": _TESTS}}],
    "own metrics": {
        "process_type": "postprocess",
        "data": {"prompt": "Add.", "inference_output": RIGHT, "gold": _TESTS},
    },
    "of a tool": {"grader": "grade", "batch": [_SAMPLE]},
}


def rewards_in(response: Any) -> list[float]:
    """The rewards of a response in any of its forms."""
    if isinstance(response, dict):
        assert response["statusCode"] == 200, response
        response = response["body"]
    if isinstance(response, str):
        response = json.loads(response)
    if "metric" in response[0]:
        return [one["value"] for one in response if one["metric"] == "reward"]
    return [one["aggregate_reward_score"] for one in response]
