from __future__ import annotations

import base64
import contextlib
import json
import math
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import EventError
from grader.lambda_api import (
    Batch,
    Envelope,
    EventKind,
    read_event,
    resolve_envelope,
    write_response,
)
from grader.types import BadSample, Grade, GradeStatus, Metric, MetricType, Sample
from tests.grader.lambda_api.aws_rules import check_results, unwrap

WORDS = [
    "assistant", "batch", "body", "completion", "content", "data", "data_source", "doctor",
    "extra_info", "fn_name", "gold", "grader", "ground_truth", "http", "httpMethod", "id",
    "inference_output", "inputs", "isBase64Encoded", "key", "messages", "metadata", "method",
    "model_response", "nova_assistant", "OPTIONS", "outputs", "postprocess", "preprocess",
    "process_type", "prompt", "query", "reasoningContent", "reference_answer", "requestContext",
    "response", "reward_model", "role", "system", "text", "trajectories", "type", "user",
]  # fmt: skip
TEXT = st.text(st.characters(), max_size=8)  # with surrogates
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from(WORDS)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | TEXT, inner, max_size=5),
    max_leaves=12,
)
VALUES = PLAIN | PLAIN.map(json.dumps) | PLAIN.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode())
TURNS = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "nova_assistant"]) | VALUES, "content": VALUES}
)
SAMPLES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=6) | st.fixed_dictionaries(
    {"messages": st.lists(TURNS, max_size=3) | VALUES},
    optional={
        "id": VALUES,
        "reference_answer": VALUES,
        "metadata": VALUES,
        "extra_info": VALUES,
        "response": VALUES,
    },
)
EVENTS = (
    VALUES
    | SAMPLES
    | st.lists(SAMPLES | VALUES, max_size=4)
    | st.fixed_dictionaries({"batch": st.lists(SAMPLES | VALUES, max_size=4) | VALUES})
    | st.fixed_dictionaries(
        {"body": st.lists(SAMPLES).map(json.dumps) | VALUES},
        optional={"isBase64Encoded": st.booleans(), "requestContext": VALUES},
    )
    | st.fixed_dictionaries(
        {"process_type": st.sampled_from(["preprocess", "postprocess"]) | VALUES, "data": SAMPLES | VALUES}
    )
)
# a loaded machine is not a failure
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
METRICS = st.builds(Metric, TEXT, st.floats(), st.sampled_from(MetricType))
REWARDS = st.none() | st.floats()


@UNHURRIED
@given(EVENTS, st.sampled_from(Envelope))
def test_any_event_is_a_batch_or_an_event_error(event: Any, envelope: Envelope) -> None:
    resolved = resolve_envelope(event, envelope)
    assert resolved in (Envelope.LIST, Envelope.HTTP)
    error, batch = "", None
    try:
        batch = read_event(event, envelope=envelope)
    except EventError as refusal:
        error = str(refusal)
    assert error.isprintable()
    if batch is None:
        return
    assert isinstance(batch, Batch)
    assert batch.envelope is resolved
    for item in batch.samples:
        assert isinstance(item, (Sample, BadSample))
        if isinstance(item, Sample):
            assert item.completion is None or isinstance(item.completion, str)
            assert isinstance(item.prompt, str)
            assert item.reference is not None
        else:
            assert str(item.error).isprintable()


@UNHURRIED
@given(st.lists(SAMPLES | VALUES, max_size=6))
def test_a_list_has_one_result_a_sample(event: list[Any]) -> None:
    batch = read_event(event)
    assert batch.kind is EventKind.GRADE
    assert len(batch.samples) == len(event)
    for raw, item in zip(event, batch.samples, strict=True):
        if isinstance(raw, dict) and raw.get("id") not in (None, ""):
            assert item.id is raw["id"]


@UNHURRIED
@given(st.lists(SAMPLES, max_size=3))
def test_a_body_reads_as_the_event_would(samples: list[Any]) -> None:
    with contextlib.suppress(EventError):
        text = json.dumps({"batch": samples})
        # a round trip first, so that NaN is the only value that differs from itself
        expected = read_event(json.loads(text))
        for body in (text, json.loads(text), base64.b64encode(text.encode()).decode()):
            batch = read_event({"body": body, "isBase64Encoded": body is not text and isinstance(body, str)})
            assert batch.envelope is Envelope.HTTP
            assert repr(batch.samples) == repr(expected.samples)


@UNHURRIED
@given(
    st.lists(st.tuples(VALUES, REWARDS, st.lists(METRICS, max_size=4))),
    st.floats(),
    st.sampled_from(Envelope),
)
def test_any_grades_pass_awss_rules(
    contents: list[tuple[Any, float | None, list[Metric]]], unscored: float, envelope: Envelope
) -> None:
    grades = [
        Grade(sample_id, GradeStatus.UNSCORED if reward is None else GradeStatus.SCORED, reward, tuple(metrics))
        for sample_id, reward, metrics in contents
    ]
    response = write_response(grades, envelope, unscored_reward=unscored)
    json.dumps(response, allow_nan=False)
    results = unwrap(response, is_nova=envelope is not Envelope.HTTP)
    check_results(results, [result["id"] for result in results])
    for (sample_id, reward, metrics), result in zip(contents, results, strict=True):
        if reward is not None and math.isfinite(reward):
            assert result["aggregate_reward_score"] == min(1.0, max(0.0, reward))
        if isinstance(sample_id, (bool, int)):
            assert result["id"] is sample_id or result["id"] == sample_id
        assert len(result["metrics_list"]) == len(metrics)
