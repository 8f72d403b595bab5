"""Converted rows, sent as a training job sends them, get the grades the source rows get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from grader.core.grader import Grader
from grader.handler import Handler
from grader.tools.datasets.convert import ConversionOptions, TrainerFormat, convert_rows
from grader.tools.datasets.payload import REQUEST_BYTES
from grader.tools.datasets.prompts import PromptTemplate
from grader.tools.datasets.tasks import read_task
from grader.tools.datasets.upload import BucketUploader
from grader.types import Sample
from tests.grader.tools.datasets.rows import (
    AWS,
    HUMANEVAL,
    LIVECODEBENCH,
    MBPP,
    PRIME,
    PRIME_CALL,
    ROWS,
    VERL,
    row_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.tools.datasets.convert import ConversionReport
    from tests.s3.bucket import Bucket

RIGHT = {
    "humaneval": "def add(x, y):\n    return x + y\n",
    "mbpp": MBPP["code"],
    "prime_code": "print(sum(map(int, input().split())))\n",
    "prime_code call": PRIME_CALL["solutions"][0],
    "aws_code": AWS["reference_answer"]["code"],
    "verl": "print(max(map(int, input().split())))\n",
    "livecodebench": "class Solution:\n    def total(self, numbers):\n        return sum(numbers)\n",
}
NAMES = {
    "humaneval": "add",
    "mbpp": "first_repeated_char",
    "prime_code call": "swapped",
    "aws_code": "reverse_string",
    "livecodebench": "total",
}
NOISE = {"cpu_ms", "peak_mb", "duration_ms"}


def answers(name: str) -> dict[str, str]:
    """A right answer, one that is wrong, one that raises, and text without code."""
    entry_point = NAMES.get(name)
    wrong = "print(41)\n" if entry_point is None else f"def {entry_point}(*args):\n    result = 41\n    return result\n"
    raising = "x = 1 / 0\n" if entry_point is None else f"def {entry_point}(*args):\n    return 1 / 0\n"
    codes = {"right": RIGHT[name], "wrong": wrong, "raising": raising}
    return {kind: f"Here:\n```python\n{code}```\n" for kind, code in codes.items()} | {"prose": "I do not know."}


def convert(*documents: dict[str, Any], **settings: Any) -> tuple[list[dict[str, Any]], list[str], ConversionReport]:
    written: list[dict[str, Any]] = []
    complaints: list[str] = []
    how = ConversionOptions(**{"prompts": PromptTemplate(), **settings})
    rows = [row_of(document, number) for number, document in enumerate(documents, 1)]
    done = convert_rows(rows, how, written.append, lambda row, text: complaints.append(text) if text else None)
    return json.loads(json.dumps(written)), complaints, done


def event_of(target: str, row: dict[str, Any], completion: str) -> Any:
    """A sample as the job puts it into an event (docs/events.md)."""
    turn = {"role": "assistant", "content": completion}
    if target == "bedrock":
        reference = row["reference_answer"]
        return [{"id": row["id"], "messages": [*row["messages"], turn], "metadata": {"reference_answer": reference}}]
    if target == "sagemaker":
        return [{**row, "messages": [*row["messages"], turn]}]
    if target == "verl evaluation":
        return [{**row, "prompt": [*row["prompt"], turn], "response": completion}]
    sample = {"id": "1", "messages": [*row["prompt"], turn], "metadata": row["reward_model"]}
    return {"body": json.dumps({"batch": [sample]})}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(environ={}) as grader:
        yield grader


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    handler = Handler({"GRADER_WORKERS": "1"})
    yield handler
    handler.close()


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("target", ["bedrock", "sagemaker", "verl", "verl evaluation"])
@pytest.mark.parametrize("name", ROWS)
def test_grades_are_the_same_before_and_after(
    grader: Grader, handler: Handler, name: str, target: str, native: bool
) -> None:
    task = read_task(row_of(ROWS[name]))
    (row,), complaints, _ = convert(ROWS[name], target=TrainerFormat(target.partition(" ")[0]), native=native)
    assert not complaints
    rewards = {}
    for kind, completion in answers(name).items():
        before = grader.grade(Sample("x", completion, task.reference, prompt=task.prompt))
        answer = handler.handle(event_of(target, row, completion), None)
        (after,) = json.loads(answer["body"]) if isinstance(answer, dict) else answer
        metrics = {metric["name"]: metric["value"] for metric in after["metrics_list"]}
        expected = {metric.name: metric.value for metric in before.metrics}
        assert {one: metrics[one] for one in metrics if one not in NOISE} == {
            one: expected[one] for one in expected if one not in NOISE
        }
        assert after["aggregate_reward_score"] == before.reward
        rewards[kind] = before.metric("functional")
    assert (rewards["right"], rewards["wrong"], rewards["raising"], rewards["prose"]) == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("target", ["bedrock", "verl evaluation"])
@pytest.mark.parametrize("name", ROWS)
def test_grades_are_the_same_when_the_tests_are_in_s3(
    grader: Grader, handler: Handler, bucket: Bucket, name: str, target: str
) -> None:
    task = read_task(row_of(ROWS[name]))
    (row,), complaints, done = convert(
        ROWS[name],
        target=TrainerFormat(target.partition(" ")[0]),
        completion_bytes=REQUEST_BYTES,
        uploader=BucketUploader(f"s3://{bucket.name}/tests"),
    )
    assert (complaints, done.moved) == ([], 1)
    assert f"s3://{bucket.name}/tests/" in json.dumps(row)
    completions = answers(name)
    results = []
    for completion in completions.values():
        answer = handler.handle(event_of(target, row, completion), None)
        results += json.loads(answer["body"]) if isinstance(answer, dict) else answer
    for completion, after in zip(completions.values(), results, strict=True):
        before = grader.grade(Sample("x", completion, task.reference, prompt=task.prompt))
        metrics = {metric["name"]: metric["value"] for metric in after["metrics_list"]}
        assert metrics["grader_error"] == 0.0
        assert metrics["tests_total"] == before.metric("tests_total") > 0
        assert after["aggregate_reward_score"] == before.reward
    rewards = [result["aggregate_reward_score"] for result in results]
    assert rewards[0] > max(rewards[1:])


class TestRows:
    @pytest.mark.parametrize("target", [TrainerFormat.BEDROCK, TrainerFormat.SAGEMAKER])
    def test_of_aws_have_messages_a_reference_and_an_id_of_text(self, target: TrainerFormat) -> None:
        (row,), _, _ = convert(MBPP, target=target)
        assert list(row) == ["id", "messages", "reference_answer"]
        assert row["id"] == "602"
        assert [turn["role"] for turn in row["messages"]] == ["system", "user"]
        assert isinstance(row["reference_answer"], dict)

    def test_of_verl_have_its_columns(self) -> None:
        rows, _, _ = convert(HUMANEVAL, VERL, target=TrainerFormat.VERL, split="val")
        assert [list(row) for row in rows] == [["data_source", "prompt", "ability", "reward_model", "extra_info"]] * 2
        assert [row["data_source"] for row in rows] == ["humaneval", "codeforces"]
        assert rows[1]["extra_info"] == {"split": "val", "index": 1, "id": "row-2"}
        assert rows[0]["reward_model"]["style"] == "rule"
        assert json.loads(rows[0]["reward_model"]["ground_truth"])["entry_point"] == "add"

    def test_of_a_reference_that_is_a_list_wrap_it(self) -> None:
        tests = json.loads(LIVECODEBENCH["public_test_cases"])
        tests[0]["metadata"] = {"func_name": "total"}
        (row,), _, _ = convert({"prompt": "Add.", "reference_answer": tests})
        assert json.loads(row["reference_answer"]["text"]) == tests

    def test_do_not_end_with_an_answer(self) -> None:
        turns = [*AWS["messages"], {"role": "assistant", "content": "def reverse_string(s): return s[::-1]"}]
        (row,), _, _ = convert(AWS | {"messages": turns})
        assert row["messages"] == AWS["messages"]


class TestBadRows:
    def test_are_named_and_the_others_converted(self) -> None:
        no_text = PRIME | {"question": ""}
        rows, complaints, done = convert(MBPP, {"colour": "red"}, no_text, HUMANEVAL)
        assert [row["id"] for row in rows] == ["602", "HumanEval/53"]
        assert "has these keys: 'colour'; the formats are" in complaints[0]
        assert complaints[1] == "has no text for the model to answer: no prompt, question, problem or messages"
        assert (done.rows, done.bad, dict(done.formats)) == (2, 2, {"mbpp": 1, "humaneval": 1})

    def test_hold_values_that_are_not_json(self) -> None:
        turns = [{"role": "user", "content": "Add.", "cost": float("nan")}]
        rows, complaints, done = convert(HUMANEVAL | {"messages": turns}, HUMANEVAL)
        assert (len(rows), complaints, done.bad) == (1, ["holds values that cannot be written as JSON"], 1)
        assert done.payload.rows == 1

    def test_ids_that_come_again_are_counted(self) -> None:
        _, complaints, done = convert(MBPP, PRIME, MBPP, MBPP | {"task_id": "602"})
        assert (complaints, done.repeated_ids) == ([], 2)


class Shelf:
    """An uploader that stores nothing and remembers what it gets."""

    def __init__(self) -> None:
        self.stored: list[Any] = []

    def put(self, reference: Any) -> dict[str, Any]:
        self.stored.append(reference)
        return {"s3_uri": f"s3://bucket/tests/{len(self.stored)}.json.gz"}


class TestLargeTests:
    LARGE = PRIME | {"id": "large", "inputs": ["1 " * 100_000, "3 4\n"]}

    def test_are_reported(self) -> None:
        _, _, done = convert(PRIME, self.LARGE, batch_size=64, completion_bytes=1000)
        assert [(row.place, row.id, row.fitting) for row in done.payload.worst] == [("rows.jsonl:2", "large", 31)]

    def test_are_uploaded_where_there_is_an_uploader(self) -> None:
        shelf = Shelf()
        rows, _, done = convert(PRIME, self.LARGE, batch_size=64, completion_bytes=1000, uploader=shelf)
        assert shelf.stored == [{"inputs": self.LARGE["inputs"], "outputs": PRIME["outputs"]}]
        assert rows[1]["reference_answer"] == {"s3_uri": "s3://bucket/tests/1.json.gz"}
        assert rows[0]["reference_answer"] == {"inputs": PRIME["inputs"], "outputs": PRIME["outputs"]}
        assert (done.moved, done.payload.too_large) == (1, 0)

    def test_are_uploaded_of_verl_rows_too(self) -> None:
        shelf = Shelf()
        (row,), _, _ = convert(self.LARGE, target=TrainerFormat.VERL, uploader=shelf)
        assert json.loads(row["reward_model"]["ground_truth"]) == {"s3_uri": "s3://bucket/tests/1.json.gz"}

    def test_a_row_that_is_large_without_its_tests_is_still_reported(self) -> None:
        large = PRIME | {"question": "x" * 200_000}
        _, _, done = convert(large, uploader=Shelf())
        assert (done.moved, done.payload.too_large) == (1, 1)
