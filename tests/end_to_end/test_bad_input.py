"""Wrong input: each a clear result or error that names the sample and the field, and nothing else is lost."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pytest

from grader.errors import EventError, GraderError
from grader.handler import Handler
from sandbox.isolation.tiers import KERNEL_LAYERS
from sandbox.types import Tier
from tests.grader.lambda_api.aws_rules import check_results

if TYPE_CHECKING:
    from collections.abc import Iterator

REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}]}
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"


def _sample(completion: Any = RIGHT, reference: Any = REFERENCE, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "assistant", "content": completion}], "reference_answer": reference, **more}


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    made = Handler({})
    yield made
    made.close()


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


UNGRADABLE = {
    "no object": (17, "an object"),
    "no reference": ({"id": "bad", "messages": [{"role": "assistant", "content": RIGHT}]}, "reference_answer"),
    "reference of an unknown format": (_sample(reference={"colour": "red"}, id="bad"), "reference_answer"),
    "reference that is prose": (_sample(reference="forty-two", id="bad"), "reference_answer"),
    "reference that is broken JSON": (_sample(reference='{"tests": [', id="bad"), "reference_answer"),
    "no tests": (_sample(reference={"entry_point": "add", "tests": []}, id="bad"), "tests"),
    "test without its expected value": (
        _sample(reference={"entry_point": "add", "tests": [{"args": [1]}]}, id="bad"),
        "tests[0]",
    ),
    "tests of the wrong type": (_sample(reference={"entry_point": "add", "tests": "all"}, id="bad"), "tests"),
    "key with a typo": (_sample(reference={**REFERENCE, "entrypoint": "add"}, id="bad"), "entrypoint"),
    "expected value that is an object": (
        _sample(reference={"entry_point": "add", "tests": [{"args": [1], "expected": object()}]}, id="bad"),
        "tests[0].expected",
    ),
    "expected value that is too deep": (
        _sample(reference={"entry_point": "add", "tests": [{"args": [1], "expected": _nested(300)}]}, id="bad"),
        "reference_answer",
    ),
    "test that is not Python": (_sample(reference={"test_list": ["assert add(1, 2 == 3"]}, id="bad"), "test_list"),
    "negative limit": (_sample(reference={**REFERENCE, "limits": {"cpu_s": -1}}, id="bad"), "limits.cpu_s"),
}


@pytest.mark.parametrize("case", UNGRADABLE)
def test_a_sample_that_cannot_be_graded_is_unscored_and_its_neighbours_are_graded(
    handler: Handler, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    bad, named = UNGRADABLE[case]
    event = [_sample(id="before"), bad, _sample(id="after")]
    results = handler.handle(event, {})
    middle = bad["id"] if isinstance(bad, dict) else "sample-1"
    check_results(results, ["before", middle, "after"])
    assert results[0]["aggregate_reward_score"] > 0.9
    assert results[2]["aggregate_reward_score"] > 0.9
    metrics = {metric["name"]: metric["value"] for metric in results[1]["metrics_list"]}
    assert metrics["grader_error"] == 1.0
    assert results[1]["aggregate_reward_score"] == 0.0
    messages = [record.getMessage() for record in caplog.records if "unscored" in record.getMessage()]
    assert len(messages) == 1
    assert named in messages[0]
    assert middle in messages[0]
    assert "\n" not in messages[0]


POOR_ANSWERS = {
    "nothing": None,
    "empty": "",
    "prose": "I would add them.",
    "NUL": "```python\ndef add(a, b):\n    return a + b\0\n```",
    "lone surrogate": "```python\ndef add(a, b):\n    return a + b  # \udc80\n```",
    "lone surrogate in a name": "```python\ndef add\udc80(a, b):\n    return a + b\n```",
    "50 MB": "```python\n" + "x = 1\n" * (50_000_000 // 6) + "```",
    "70 KB of code": "```python\n" + "x = 1\n" * 12_000 + "def add(a, b):\n    return a + b\n```",
    "only reasoning": f"<think>{RIGHT}</think>",
    "a number": 5,
}


@pytest.mark.parametrize("case", POOR_ANSWERS)
def test_a_poor_answer_is_scored_low_or_said_to_be_unreadable(handler: Handler, case: str) -> None:
    results = handler.handle([_sample(POOR_ANSWERS[case], id="poor"), _sample(id="good")], {})
    check_results(results, ["poor", "good"])
    assert results[0]["aggregate_reward_score"] == 0.0
    assert results[1]["aggregate_reward_score"] > 0.9


def test_an_answer_that_keeps_the_tests_busy_for_ever_has_timed_out(handler: Handler) -> None:
    reference = {
        "entry_point": "size",
        "tests": [{"assert": "assert size() > 0"}, {"assert": "assert sum(range(size())) > 0"}],
        "limits": {"cpu_s": 0.5, "total_cpu_s": 0.5},
    }
    answer = '```python\n"""Size."""\n\n\ndef size():\n    """Large."""\n    return 10**15\n```'
    (result,) = handler.handle([_sample(answer, reference, id="busy")], {})
    metrics = {metric["name"]: metric["value"] for metric in result["metrics_list"]}
    assert (metrics["functional"], metrics["grader_error"], metrics["timeouts"]) == (0.0, 0.0, 2.0)
    assert metrics["syntax"] == 1.0


@pytest.mark.parametrize("event", [None, "text", 3, {}, {"a": 1}, {"body": "{"}, {"body": None}, math.nan])
def test_an_event_of_no_known_shape_is_one_clear_error(handler: Handler, event: Any) -> None:
    if isinstance(event, dict) and "body" in event:
        answer = handler.handle(event, {})
        assert answer["statusCode"] == 400
        assert "error" in answer["body"]
        return
    with pytest.raises(EventError) as caught:
        handler.handle(event, {})
    assert "\n" not in str(caught.value)


def test_an_empty_batch_is_an_empty_answer(handler: Handler) -> None:
    assert handler.handle([], {}) == []


def test_doctor_names_tier_and_walls(handler: Handler) -> None:
    report = handler.handle({"grader": "doctor"}, {})
    assert report["tier"] in list(Tier)
    assert {layer["name"] for layer in report["walls"]} >= {"rlimits", "audit", "functions", "imports", *KERNEL_LAYERS}


class Hurry:
    """A context in which little time is left."""

    def get_remaining_time_in_millis(self) -> int:
        return 7_000


def test_doctor_attacks_within_the_deadline_and_says_what_it_left_out(handler: Handler) -> None:
    started = time.monotonic()
    report = handler.handle({"grader": "doctor", "attack": True}, Hurry())["conformance"]
    assert time.monotonic() - started < 30
    statuses = {status for counts in report["families"].values() for status in counts}
    assert statuses <= {"held", "not_run"}
    assert "held" in statuses
    assert {entry["status"] for entry in report["not_held"]} <= {"not_run"}
    assert all(check["held"] for check in report["host"])
    assert handler.handle([_sample()], {})[0]["aggregate_reward_score"] == 1.0


def test_unscored_samples_can_be_made_an_error() -> None:
    strict = Handler({"GRADER_UNSCORED": "raise"})
    try:
        with pytest.raises(Exception, match=r"1 of 2 samples are unscored.*reference_answer"):
            strict.handle([_sample(id="a"), _sample(reference={"colour": "red"}, id="b")], {})
        batch = [_sample(id="a"), _sample(reference={"colour": "red"}, id="b")]
        detailed = strict.handle({"grader": "grade", "batch": batch}, {})
        assert [result["status"] for result in detailed] == ["scored", "unscored"]
        assert "reference_answer" in detailed[1]["reason"]
    finally:
        strict.close()


@pytest.mark.parametrize("odd", ["a\nb", "\x1b[31m", "x" * 1000, 10**30, {"a": 1}])
def test_an_error_is_one_line_whatever_the_id_is(odd: Any) -> None:
    strict = Handler({"GRADER_UNSCORED": "raise"})
    try:
        with pytest.raises(GraderError) as caught:
            strict.handle([_sample(reference={"tests": [{"args": [1]}]}, id=odd)], {})
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 400
    finally:
        strict.close()


def test_unscored_samples_can_be_given_a_value() -> None:
    lenient = Handler({"GRADER_UNSCORED": "0.25"})
    try:
        results = lenient.handle([_sample(reference={"colour": "red"}, id="b")], {})
        assert results[0]["aggregate_reward_score"] == 0.25
    finally:
        lenient.close()
