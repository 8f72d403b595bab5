"""``RemoteGrader`` over a real service and a function: the grades are those of a local grader."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from grader import Grader, GraderConfig, RemoteGrader, Sample
from grader.aws.retry import RetryPolicy
from grader.errors import CloudError, CloudRequestError
from grader.service.app import RewardService
from grader.service.limits import ServiceLimits
from grader.tools.remote.retry import RetryLimits
from grader.types import GradeStatus
from tests.aws.front import Faults, Front, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.types import Grade

MEASURED = {"cpu_ms", "duration_ms", "peak_mb"}
RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
ADDITION = {"entry_point": "add", "tests": [{"args": [1, 2], "expected": 3}, {"args": [2, 2], "expected": 4}]}
SAMPLES = [
    Sample("right", RIGHT, ADDITION),
    Sample("wrong", RIGHT.replace("+", "-"), ADDITION),
    Sample("half", "```python\ndef add(a, b):\n    return 3\n```", ADDITION),
    Sample("text", RIGHT, '{"test_list": ["assert add(1, 2) == 3"]}'),
    Sample("broken tests", RIGHT, {"test_list": ["assert add("]}),
    Sample("no tests", RIGHT, None),
    Sample("no code", "I do not know.", ADDITION),
    Sample("nothing", None, ADDITION),
    Sample(None, "    return a + b\n", {"test": "def check(f):\n    assert f(1, 2) == 3\n", "entry_point": "add"},
           prompt="def add(a, b):\n"),
    Sample(7, "```python\nimport subprocess\ndef add(a, b): return a + b\n```", ADDITION),
    Sample("prose \ud800", RIGHT, ADDITION),
]  # fmt: skip


def shown(grade: Grade) -> Any:
    metrics = [(metric.name, metric.value) for metric in grade.metrics if metric.name not in MEASURED]
    # Where a reference was looked for is up to the side that reads the event.
    reason = "no reference" if "not found" in grade.reason or grade.sample_id == "no tests" else grade.reason
    return grade.sample_id, grade.status, grade.reward, reason, grade.problem, metrics, grade.extraction_rule


@pytest.fixture(scope="module")
def local() -> Iterator[Grader]:
    with Grader() as made:
        yield made


@pytest.fixture(scope="module")
def service(local: Grader) -> Iterator[str]:
    app = RewardService(local, limits=ServiceLimits(deadline_s=60), token="secret").app()
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        pass
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def remote(service: str) -> Iterator[RemoteGrader]:
    with RemoteGrader(service, token="secret", batch_size=4) as made:
        yield made


def test_the_grades_are_those_of_a_local_grader(local: Grader, remote: RemoteGrader) -> None:
    assert list(map(shown, remote.grade_batch(SAMPLES))) == list(map(shown, local.grade_batch(SAMPLES)))


def test_every_method(local: Grader, remote: RemoteGrader) -> None:
    expected = [grade.reward for grade in local.grade_batch(SAMPLES)]
    assert [remote.grade(sample).reward for sample in SAMPLES] == expected
    assert [grade.reward for _, grade in sorted(remote.grade_iter(SAMPLES))] == expected

    async def ask() -> tuple[list[Grade], list[Grade]]:
        return await asyncio.gather(*map(remote.grade_async, SAMPLES)), await remote.grade_batch_async(SAMPLES)

    for grades in asyncio.run(ask()):
        assert [grade.reward for grade in grades] == expected


def test_the_host_is_that_of_the_other_side(local: Grader, remote: RemoteGrader) -> None:
    assert remote.host() == local.host()


def test_a_wrong_token_or_address_is_raised(service: str) -> None:
    with RemoteGrader(service, token="wrong") as remote, pytest.raises(CloudRequestError, match="status 401"):
        remote.grade(SAMPLES[0])
    with RemoteGrader(f"{service}/nothing", token="secret") as remote, pytest.raises(CloudRequestError, match="404"):
        remote.grade(SAMPLES[0])
    for address in ("ftp://x", "http://", "lambda:two words", "host:8000", "http://x:port"):
        with pytest.raises(CloudRequestError):
            RemoteGrader(address)


def test_a_service_that_is_not_there_leaves_samples_unscored() -> None:
    limits = RetryLimits(throttled=RetryPolicy(2, 0.0, 0.0))
    with RemoteGrader("http://127.0.0.1:9", limits=limits) as remote:
        grade = remote.grade(SAMPLES[0])
        assert grade.status is GradeStatus.UNSCORED
        assert grade.reason == "service http://127.0.0.1:9: cannot be reached: Connection refused"
        with pytest.raises(CloudError, match="Connection refused"):
            remote.host()


def _reward(remote: RemoteGrader) -> float | None:
    return remote.grade(SAMPLES[0]).reward


def test_pickles_and_forks(remote: RemoteGrader) -> None:
    assert _reward(remote) == 1.0
    with pickle.loads(pickle.dumps(remote)) as copy:
        assert _reward(copy) == 1.0
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_reward, (remote,)) == 1.0


def test_a_function_that_fails_now_and_then(local: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    from grader.lambda_api.service import LambdaService  # noqa: PLC0415 - for this test only

    events = LambdaService(GraderConfig(), local, {})

    def answer(event: dict[str, Any]) -> Reply:
        import json  # noqa: PLC0415 - for this test only

        return Reply(body=json.dumps(events.handle(event, None)).encode())

    batch = [Sample(number, RIGHT if number % 2 else "none", ADDITION) for number in range(60)]
    quick = RetryLimits(throttled=RetryPolicy(9, 0.01, 0.1), single_item=RetryPolicy(9, 0.01, 0.1))
    with Front(faults := Faults(answer, seed=3, one_in=5)) as front:
        for variable, value in front.environ.items():
            monkeypatch.setenv(variable, value)
        with RemoteGrader("lambda:function", batch_size=5, limits=quick) as remote:
            grades = remote.grade_batch(batch)
    assert [(grade.sample_id, grade.reward == 1.0) for grade in grades] == [(n, bool(n % 2)) for n in range(60)]
    assert faults.faults
