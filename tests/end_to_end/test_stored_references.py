"""References in S3 or in a file: graded like those in the event, without a risk."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.errors import UnscoredError
from grader.handler import Handler
from grader.types import Sample
from tests.s3.bucket import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.s3.bucket import Bucket

ROOT = Path(__file__).parents[2]
REFERENCE = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [-4, 2], "expected": -2}]}
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
WRONG = "```python\ndef add(a, b):\n    return a - b\n```"
SECRETS = (ACCESS_KEY, SECRET_KEY, SESSION_TOKEN)


def sample(reference: Any, completion: str = RIGHT, sample_id: str = "one", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "Add."}, {"role": "assistant", "content": completion}]
    return {"id": sample_id, "messages": messages, "reference_answer": reference, **more}


def metrics_of(result: dict[str, Any]) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in result["metrics_list"]}


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [json.loads(record.getMessage()) for record in caplog.records if '"event":"sample"' in record.getMessage()]
    return [line["reason"] for line in lines if line["status"] == "unscored"]


@pytest.fixture(scope="module")
def handler() -> Iterator[Handler]:
    made = Handler({"GRADER_STORE_REVALIDATE_S": "0", "GRADER_STORE_MAX_OBJECT_MB": "1"})
    yield made
    made.close()


def test_every_way_to_say_where_grades_alike(handler: Handler, bucket: Bucket) -> None:
    one = bucket.put("one.json", REFERENCE)
    packed = bucket.put("one.json.gz", gzip.compress(json.dumps(REFERENCE).encode()))
    rows = bucket.put_lines("rows.jsonl", [{"task_id": "x"}, {"task_id": "add", **REFERENCE}])
    mbpp = bucket.put("mbpp.json", {"task_id": 7, "test_list": ["assert add(1, 2) == 3", "assert add(-4, 2) == -2"]})
    row = bucket.put("row.json", sample(REFERENCE))
    references: list[Any] = [
        REFERENCE,
        one,
        {"s3_uri": one},
        json.dumps({"s3_uri": packed}),
        {"text": json.dumps({"s3_uri": rows, "task_id": "add"})},
        {"s3_uri": mbpp, "format": "mbpp"},
        {"s3_uri": row},
    ]
    events = [sample(reference, RIGHT, f"right-{index}") for index, reference in enumerate(references)]
    events += [sample(reference, WRONG, f"wrong-{index}") for index, reference in enumerate(references)]
    bare = {"id": "verl", "messages": events[0]["messages"], "reward_model": {"ground_truth": one}}
    results = handler.handle([*events, bare, {**bare, "reward_model": None, "metadata": {"ground_truth": one}}], {})
    assert [result["id"] for result in results[: len(events)]] == [event["id"] for event in events]
    for index, result in enumerate(results):
        metrics = metrics_of(result)
        assert (metrics["grader_error"], metrics["tests_total"]) == (0.0, 2.0), index
        is_wrong = len(references) <= index < len(events)
        assert metrics["functional"] == (0.0 if is_wrong else 1.0), index


def test_each_object_is_fetched_once_for_a_batch(handler: Handler, bucket: Bucket) -> None:
    uri = bucket.put_lines("rows.jsonl", [{"task_id": number, **REFERENCE} for number in range(4)])
    events = [sample({"s3_uri": uri, "task_id": number % 4}, sample_id=str(number)) for number in range(24)]
    bucket.server.fail()
    results = handler.handle(events, {})
    assert all(metrics_of(result)["functional"] == 1.0 for result in results)
    assert len(bucket.server.requests) == 1


def test_a_reference_that_has_changed_counts_from_then_on(handler: Handler, bucket: Bucket) -> None:
    uri = bucket.put("one.json", REFERENCE)
    assert metrics_of(handler.handle([sample(uri)], {})[0])["functional"] == 1.0
    bucket.put("one.json", {**REFERENCE, "tests": [{"args": [1, 2], "expected": -1}]})
    assert metrics_of(handler.handle([sample(uri)], {})[0])["functional"] == 0.0
    assert metrics_of(handler.handle([sample(uri, WRONG)], {})[0])["functional"] == 1.0


UNHAD = {
    "missing": ("none.json", "there is no such object"),
    "no such line": ({"s3_uri": "rows.jsonl", "task_id": "z"}, "has no line with the task_id 'z'"),
    "no line named": ("rows.jsonl", "holds several references; choose one by a field task_id"),
    "too large": ("large.json", "is larger than the 1 MiB that max_object_mb allows"),
    "a bomb": ("bomb.json.gz", "unpacks to more than the 1 MiB that max_object_mb allows"),
    "no JSON": ("prose.txt", "is not valid JSON"),
    "no reference": ("colour.json", "no known format"),
    "a wrong field": ("typo.json", "tests[0].arg"),
    "yet elsewhere": ("chain.json", "is the address of another reference, which is not followed"),
    "another format": ({"s3_uri": "rows.jsonl", "task_id": "a", "format": "apps"}, "apps"),
}


@pytest.mark.parametrize("case", UNHAD)
def test_what_cannot_be_had_is_unscored_and_says_where_and_why(
    handler: Handler, bucket: Bucket, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    bucket.put_lines("rows.jsonl", [{"task_id": "a", "format": "native", **REFERENCE}, {"task_id": "b", **REFERENCE}])
    bucket.put("large.json", bytes((1 << 20) + 1))
    bucket.put("bomb.json.gz", gzip.compress(bytes(8 << 20)))
    bucket.put("prose.txt", b"add them")
    bucket.put("colour.json", {"colour": "red"})
    bucket.put("typo.json", {"entry_point": "add", "tests": [{"arg": [1], "expected": 1}]})
    bucket.put("chain.json", {"s3_uri": bucket.put("one.json", REFERENCE)})
    stored, why = UNHAD[case]
    address = f"s3://{bucket.name}/{stored if isinstance(stored, str) else stored['s3_uri']}"
    reference = {**stored, "s3_uri": address} if isinstance(stored, dict) else address
    results = handler.handle([sample(REFERENCE, sample_id="before"), sample(reference), sample(REFERENCE)], {})
    metrics = metrics_of(results[1])
    assert metrics["grader_error"] == 1.0
    assert metrics["tests_total"] == 0.0
    assert [metrics_of(results[index])["functional"] for index in (0, 2)] == [1.0, 1.0]
    (complaint,) = complaints(caplog)
    assert complaint.startswith("sample one: reference_answer")
    assert address in complaint
    assert why in complaint
    assert complaint.isprintable()


def test_a_missing_object_is_never_a_wrong_answer(bucket: Bucket) -> None:
    """The caller chooses its reward, as for any unscored sample."""
    event = [sample(f"s3://{bucket.name}/none.json")]
    strict = Handler({"GRADER_UNSCORED": "raise"})
    try:
        with pytest.raises(UnscoredError, match=r"1 of 1 samples are unscored; the first: .*there is no such object"):
            strict.handle(event, {})
    finally:
        strict.close()
    mean = Handler({"GRADER_UNSCORED": "0.4"})
    try:
        (result,) = mean.handle(event, {})
    finally:
        mean.close()
    assert result["aggregate_reward_score"] == 0.4


def test_throttling_costs_time_and_nothing_else(handler: Handler, bucket: Bucket) -> None:
    uri = bucket.put("one.json", REFERENCE)
    bucket.server.fail([503, "SlowDown"], [503, "SlowDown"])
    (result,) = handler.handle([sample(uri)], {})
    assert metrics_of(result)["functional"] == 1.0
    assert len(bucket.server.requests) == 3


def test_a_silent_server_keeps_the_deadline_and_the_other_samples(bucket: Bucket) -> None:
    uri, other = bucket.put("one.json", REFERENCE), bucket.put("other.json", REFERENCE)
    with Grader(GraderConfig()) as grader:
        grader.grade(Sample(id="warm", prompt="", completion=RIGHT, reference=other))
        bucket.server.fail(30)
        slow, quick = grader.grade_batch(
            [
                Sample(id="slow", prompt="", completion=RIGHT, reference=uri),
                Sample(id="quick", prompt="", completion=RIGHT, reference=REFERENCE),
            ],
            deadline_s=3.0,
        )
    assert "was not fetched before the deadline" in slow.reason
    assert slow.reward is None
    assert quick.reward is not None
    assert [test.verdict.value for test in quick.tests] == ["passed", "passed"]


@pytest.mark.parametrize("when", ["before the first process", "after it"])
def test_credentials_and_connections_reach_no_process_of_the_sandbox(bucket: Bucket, when: str) -> None:
    """Seen from inside, where the policy lets an answer look, and from outside, in /proc."""
    uri = bucket.put(
        "look.json",
        {"entry_point": "look", "tests": [{"args": [], "expected": []}], "allow_imports": ["os"]},
    )
    answer = "```python\nimport os\n\n\ndef look():\n    return [name for name in os.environ if 'AWS' in name]\n```"
    config = GraderConfig.load(None, {"GRADER_POLICY": "off", "GRADER_WORKERS": "1"})
    others = descendants(os.getpid())  # the server, and what other tests share
    with Grader(config) as grader:
        if when == "after it":
            assert grader.grade(Sample(id="warm", prompt="", completion=RIGHT, reference=REFERENCE)).reward
        grade = grader.grade(Sample(id="look", prompt="", completion=answer, reference=uri))
        assert [test.verdict.value for test in grade.tests] == ["passed"], grade.tests
        processes = descendants(os.getpid()) - others
        assert len(processes) >= 2
        for pid in processes:
            for file in ("environ", "cmdline"):
                content = read(Path(f"/proc/{pid}/{file}"))
                assert not [secret for secret in SECRETS if secret.encode() in content]
                assert b"AWS" not in content
            mine = {target for target in links(os.getpid()) if target.startswith(("socket:", "pipe:"))}
            assert mine, "nothing to compare with"
            assert not mine & links(pid)


def descendants(pid: int) -> set[int]:
    children: dict[int, set[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            fields = read(entry / "stat").rpartition(b")")[2].split()
            if fields:
                children.setdefault(int(fields[1]), set()).add(int(entry.name))
    found: set[int] = set()
    due = {pid}
    while due:
        due = set().union(*(children.get(one, set()) for one in due)) - found
        found |= due
    return found


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it is gone, or out of this user's reach, as it should be
        return b""


def links(pid: int) -> set[str]:
    found = set()
    try:
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            found.add(str(entry.readlink()))
    except OSError:
        pass
    return found


NOTHING_WRITTEN = """
import os, sys

written = []

def watch(event, args):
    if event == "open":
        path, mode, flags = args
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if flags is not None else set(mode) & set("wax+")
        if writes and path != os.devnull and not isinstance(path, int):
            written.append(path)
    elif event in {"os.mkdir", "os.rename", "os.link", "os.symlink", "shutil.copyfile", "tempfile.mkstemp"}:
        written.append((event, args))

sys.addaudithook(watch)
from grader.handler import Handler

uri, task_id, completion = sys.argv[1:]
handler = Handler({"GRADER_WORKERS": "1"})
message = {"role": "assistant", "content": completion}
(result,) = handler.handle([{"messages": [message], "reference_answer": {"s3_uri": uri, "task_id": task_id}}], None)
handler.close()
assert result["aggregate_reward_score"] > 0.9, result
assert "boto3" in sys.modules
print(written)
"""


def test_nothing_is_written_to_disk(bucket: Bucket, tmp_path: Path) -> None:
    rows = [{"task_id": "add", **REFERENCE}]
    uri = bucket.put("rows.jsonl.gz", gzip.compress(json.dumps(rows[0]).encode()))
    environ = {**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", NOTHING_WRITTEN, uri, "add", RIGHT],
        capture_output=True, cwd=ROOT, env=environ, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, "[]\n"), ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_boto3_is_imported_for_s3_and_for_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text(json.dumps(REFERENCE))
    program = (
        "import sys\nfrom pathlib import Path\nfrom grader.core.grader import Grader\nfrom grader.types import Sample\n"
        f"with Grader(file_root=Path({str(tmp_path)!r})) as grader:\n"
        f"    grade = grader.grade(Sample(id='a', prompt='', completion={RIGHT!r}, reference={{'file': 'one.json'}}))\n"
        "assert grade.reward > 0.9, grade\nassert not {'boto3', 'botocore'} & sys.modules.keys()"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr


def test_files_beside_the_samples_are_read_by_the_command_line_and_nothing_above_them(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "outside.json").write_text(json.dumps(REFERENCE))
    (folder / "tests.jsonl").write_text("".join(json.dumps({"task_id": n, **REFERENCE}) + "\n" for n in "ab"))
    references = [{"file": "tests.jsonl", "task_id": "b"}, {"file": "../outside.json"}, {"file": "none.json"}]
    lines = [json.dumps(sample(reference, sample_id=str(index))) for index, reference in enumerate(references)]
    (folder / "samples.jsonl").write_text("\n".join(lines))
    ended = subprocess.run(
        [sys.executable, "-m", "grader.cli", "grade", str(folder / "samples.jsonl"), "--json"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 2
    assert json.loads(ended.stdout)["scored"] == 1
    assert (
        "sample 1: reference_answer.file: file://../outside.json: is outside of file_root, or has '..' in it"
        in ended.stderr
    )
    assert "sample 2: reference_answer.file: file://none.json: cannot be read: no such file" in ended.stderr
