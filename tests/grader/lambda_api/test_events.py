from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from grader.errors import EventError
from grader.lambda_api import Batch, Envelope, EventKind, read_event, resolve_envelope
from grader.types import BadSample, Sample

TESTS = {"inputs": ["1 2\n"], "outputs": ["3\n"]}


def sample(sample_id: Any = "123", answer: str = "print(3)") -> dict[str, Any]:
    return {
        "id": sample_id,
        "messages": [{"role": "user", "content": "Add."}, {"role": "assistant", "content": answer}],
        "reference_answer": TESTS,
    }


def function_url(body: Any, *, method: str = "POST", encoded: bool = False) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/",
        "requestContext": {"http": {"method": method, "path": "/"}},
        "body": body,
        "isBase64Encoded": encoded,
    }


def ids(batch: Batch) -> list[Any]:
    return [item.id for item in batch.samples]


@pytest.mark.parametrize(
    ("event", "envelope"),
    [
        ([sample(1), sample(2)], Envelope.LIST),
        ({"batch": [sample(1), sample(2)]}, Envelope.LIST),
        ({"trajectories": [sample(1), sample(2)]}, Envelope.LIST),
        ({"body": json.dumps({"batch": [sample(1), sample(2)]})}, Envelope.HTTP),
        ({"body": {"batch": [sample(1), sample(2)]}}, Envelope.HTTP),
        ({"body": json.dumps([sample(1), sample(2)])}, Envelope.HTTP),
        ({"body": [sample(1), sample(2)]}, Envelope.HTTP),
        ({"body": {"trajectories": [sample(1), sample(2)]}}, Envelope.HTTP),
        (function_url(json.dumps({"batch": [sample(1), sample(2)]})), Envelope.HTTP),
        (
            function_url(base64.b64encode(json.dumps([sample(1), sample(2)]).encode()).decode(), encoded=True),
            Envelope.HTTP,
        ),
        ({"httpMethod": "POST", "body": json.dumps([sample(1), sample(2)])}, Envelope.HTTP),
    ],
    ids=lambda value: None if isinstance(value, Envelope) else "-".join(value) if isinstance(value, dict) else "list",
)
def test_every_wrapper_of_a_batch_is_read(event: Any, envelope: Envelope) -> None:
    batch = read_event(event)
    assert batch.kind is EventKind.GRADE
    assert batch.envelope is envelope is resolve_envelope(event)
    assert ids(batch) == [1, 2]
    assert all(
        isinstance(item, Sample) and item.completion == "print(3)" and item.reference == TESTS and item.prompt == "Add."
        for item in batch.samples
    )


@pytest.mark.parametrize("event", [sample("solo"), {"body": sample("solo")}, {"body": json.dumps(sample("solo"))}])
def test_a_single_sample_is_a_batch_of_one(event: Any) -> None:
    assert ids(read_event(event)) == ["solo"]


@pytest.mark.parametrize("envelope", [Envelope.LIST, Envelope.HTTP])
@pytest.mark.parametrize("event", [[sample()], {"body": [sample()]}, sample(), {"batch": [sample()]}])
def test_an_explicit_envelope_always_wins(event: Any, envelope: Envelope) -> None:
    assert read_event(event, envelope=envelope).envelope is envelope
    assert resolve_envelope(event, envelope) is envelope


@pytest.mark.parametrize(
    ("event", "detailed"),
    [
        ({"grader": "grade", "batch": [sample()]}, True),
        ({"body": json.dumps({"grader": "grade", "batch": [sample()]})}, True),
        ({"grader": "other", "batch": [sample()]}, False),
        ({"batch": [sample()]}, False),
        ([sample() | {"grader": "grade"}], False),
    ],
)
def test_details_are_for_callers_who_ask_this_grader(event: Any, detailed: bool) -> None:
    batch = read_event(event)
    assert batch.detailed is detailed
    assert ids(batch) == ["123"]


def test_an_empty_batch_is_a_batch() -> None:
    assert read_event([]).samples == ()


def test_a_bad_sample_keeps_its_place_and_its_id() -> None:
    batch = read_event([sample(1), {"id": 7, "messages": []}, "nonsense", sample(2)])
    assert ids(batch) == [1, 7, "sample-2", 2]
    first, no_reference, no_object, last = batch.samples
    assert isinstance(first, Sample)
    assert isinstance(last, Sample)
    assert isinstance(no_reference, BadSample)
    assert str(no_reference.error) == (
        "sample 7: reference_answer: not found; looked at reference_answer, metadata.reference_answer, "
        "extra_info.reference_answer, reward_model.ground_truth, metadata.ground_truth, "
        "extra_info.ground_truth, metadata.inputs with metadata.outputs"
    )
    assert isinstance(no_object, BadSample)
    assert str(no_object.error) == "sample #2: sample: is of type str, not an object"


@pytest.mark.parametrize("name", ["body", "batch", "trajectories", "process_type", "grader"])
def test_a_column_named_like_a_wrapper_does_not_hide_a_sample(name: str) -> None:
    batch = read_event(sample() | {name: "doctor"})
    assert (batch.kind, batch.envelope, ids(batch)) == (EventKind.GRADE, Envelope.LIST, ["123"])


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (None, "event: of type NoneType; send a list"),
        ("[]", "event: of type str"),
        (7, "event: of type int"),
        ({}, "with the keys none; send"),
        ({"id": 1, "answer\n": 2}, r"with the keys 'id', 'answer\\n'; send"),
        ({"batch": "x"}, "event: batch is of type str, not a list of samples"),
        ({"trajectories": None}, "event: trajectories is of type NoneType"),
        ({"grader": "nurse"}, "no known shape"),
        ({"body": None}, "event: body is empty"),
        ({"body": "  "}, "event: body is empty"),
        (function_url(None, method="GET"), "event: body is empty"),
        ({"body": "{'batch': []}"}, "event: body is not JSON: .* at character 1"),
        ({"body": "7"}, "event: of type int"),
        ({"body": {"body": [sample()]}}, "no known shape, with the keys 'body'"),
        ({"body": "[" * 500_000}, "event: body is (JSON nested too deeply|not JSON)"),
        ({"body": "1" * 10_000}, "event: body is JSON with an integer of too many digits"),
        ({"body": "no base64!", "isBase64Encoded": True}, "not base64 of UTF-8 text"),
        ({"body": "W!10=", "isBase64Encoded": True}, "not base64 of UTF-8 text"),
        ({"body": "é", "isBase64Encoded": True}, "not base64 of UTF-8 text"),
        ({"body": "/w==", "isBase64Encoded": True}, "not base64 of UTF-8 text"),
        ({"process_type": "teardown", "data": {}}, "event: process_type is neither"),
        ({"process_type": ["preprocess"], "data": {}}, "event: process_type is neither"),
        ({"process_type": "preprocess", "data": []}, "event: data is of type list"),
        ({"process_type": "postprocess"}, "event: data is of type NoneType"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_an_unknown_event_is_refused_in_one_line(event: Any, text: str) -> None:
    with pytest.raises(EventError, match=text) as caught:
        read_event(event)
    assert str(caught.value).isprintable()


def test_a_batch_may_be_too_long() -> None:
    assert len(read_event([sample()] * 3, max_samples=3).samples) == 3
    with pytest.raises(EventError, match="4 samples in one batch, at most 3 are accepted"):
        read_event({"batch": [sample()] * 4}, max_samples=3)


@pytest.mark.parametrize(
    "event",
    [
        function_url(None, method="options"),
        {"httpMethod": "OPTIONS", "body": None},
        function_url("x", method="OPTIONS"),
    ],
)
def test_a_preflight_request_needs_no_body(event: Any) -> None:
    assert read_event(event) == Batch((), Envelope.HTTP, EventKind.OPTIONS)


@pytest.mark.parametrize(
    ("event", "envelope", "attack"),
    [
        ({"grader": "doctor"}, Envelope.LIST, False),
        ({"body": '{"grader": "doctor"}'}, Envelope.HTTP, False),
        ({"grader": "doctor", "attack": True}, Envelope.LIST, True),
        ({"grader": "doctor", "attack": "true"}, Envelope.LIST, False),
    ],
)
def test_the_doctor_is_called(event: Any, envelope: Envelope, attack: bool) -> None:
    assert read_event(event) == Batch((), envelope, EventKind.DOCTOR, {"attack": attack})


def test_nova_metrics_preprocess() -> None:
    data = {"system": "Be brief.", "prompt": "Add.", "gold": "3"}
    assert read_event({"process_type": "preprocess", "data": data}) == Batch(
        (), Envelope.HTTP, EventKind.PREPROCESS, data
    )


def test_nova_metrics_postprocess() -> None:
    data = {"prompt": "Add.", "inference_output": "print(3)", "gold": json.dumps(TESTS)}
    batch = read_event({"process_type": "postprocess", "data": data})
    assert (batch.kind, batch.envelope) == (EventKind.POSTPROCESS, Envelope.HTTP)
    assert batch.samples == (
        Sample(id="sample-0", completion="print(3)", reference=TESTS, prompt="Add.", reference_field="data.gold"),
    )


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"inference_output": "x"}, "data.gold"),
        ({"inference_output": "x", "gold": '{"text": ""}'}, "data.gold"),
        ({"inference_output": 7, "gold": TESTS}, "data.inference_output"),
    ],
)
def test_nova_metrics_postprocess_names_what_is_wrong(data: dict[str, Any], field: str) -> None:
    (bad,) = read_event({"process_type": "postprocess", "data": data}).samples
    assert isinstance(bad, BadSample)
    assert bad.error.field == field


JOB = "arn:aws:sagemaker:us-west-2:123456789012:job/AgentRFT/my-job"


@pytest.mark.parametrize(
    "event",
    [
        {"prompt": "Write add.", "metadata": {"jobArn": JOB, "rolloutId": "r-1"}, "inferenceParams": {}},
        {"prompt": "Write add.", "metadata": {"jobId": "j", "experimentId": "e", "rolloutId": "r-1"}},
        {"instance": {"prompt": "Write add."}, "metadata": {"job_arn": JOB, "trajectory_id": "t", "region": "x"}},
        {"body": '{"prompt": "x", "metadata": {"jobArn": "j", "rolloutId": "r"}}'},
    ],
)
def test_a_rollout_of_a_multi_turn_job_is_refused_in_one_line(event: Any) -> None:
    """It was one sample once, with reward 0 and no error."""
    with pytest.raises(EventError, match=r"grader\.rollout\.lambda_handler") as caught:
        read_event(event)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("metadata", [{"rolloutId": "r"}, {"jobArn": JOB}, {"jobArn": JOB, "rolloutId": ""}, {}, None])
def test_a_sample_with_one_of_these_columns_is_no_rollout(metadata: Any) -> None:
    assert len(read_event({"prompt": "Write add.", "metadata": metadata}).samples) == 1
    with_ids = {"jobArn": JOB, "rolloutId": "r"}
    assert len(read_event({**sample(), "metadata": with_ids}).samples) == 1
