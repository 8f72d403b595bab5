"""The service, asked as trainers ask it: rewards, refusals, limits, and what it tells about itself."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient

from grader.config.settings import GraderConfig
from grader.core.grader import Grader
from grader.service.app import RewardService
from grader.service.limits import RequestError, ServiceLimits
from grader.service.openapi import describe
from grader.service.payloads import PAYLOADS
from sandbox.errors import IsolationError

if TYPE_CHECKING:
    from collections.abc import Iterator

RIGHT = "```python\ndef add(a, b):\n    return a + b\n```"
WRONG = RIGHT.replace("+", "-")
REFERENCE = {"test_list": ["assert add(1, 2) == 3", "assert add(2, 2) == 4"]}
BROKEN = {"test_list": ["assert add("]}


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with Grader(GraderConfig.load(None, {"GRADER_REWARD_PRESET": "binary"})) as made:
        yield made


@pytest.fixture
def client(grader: Grader) -> Iterator[TestClient]:
    with TestClient(RewardService(grader).app()) as made:
        yield made


def small(grader: Grader, **limits: Any) -> TestClient:
    return TestClient(RewardService(grader, limits=ServiceLimits(**limits)).app())


class TestRewards:
    def test_native_events(self, client: TestClient) -> None:
        samples = [
            {"id": name, "completion": answer, "reference_answer": REFERENCE}
            for name, answer in (("right", RIGHT), ("wrong", WRONG))
        ]
        for path in ("/", "/grade"):
            results = client.post(path, json=samples).json()
            assert [(one["id"], one["aggregate_reward_score"]) for one in results] == [("right", 1.0), ("wrong", 0.0)]

    def test_a_request_inside_an_event_gets_its_own_status(self, client: TestClient) -> None:
        answer = client.post("/grade", json={"requestContext": {"http": {"method": "POST"}}, "body": "no JSON"})
        assert answer.status_code == 400
        assert "error" in answer.json()

    @pytest.mark.parametrize(("completion", "reward"), [(RIGHT, 1.0), (WRONG, 0.0), ("no code", 0.0)])
    def test_openrlhf(self, client: TestClient, completion: str, reward: float) -> None:
        body = {
            "query": [f"Q: add\nA: {completion}<|im_end|>"],
            "prompts": ["Q: add\nA: "],
            "labels": [json.dumps(REFERENCE)],
        }
        result = client.post("/openrlhf", json=body).json()
        assert (result["rewards"], result["scores"]) == ([reward], [reward])
        assert result["extra_logs"]["functional"] == reward

    @pytest.mark.parametrize(("completion", "reward"), [(RIGHT, 1.0), (WRONG, 0.0)])
    def test_slime(self, client: TestClient, completion: str, reward: float) -> None:
        body = {"prompt": [{"role": "user", "content": "add"}], "response": completion, "label": json.dumps(REFERENCE)}
        assert client.post("/slime", json=body).json() == reward

    def test_open_instruct_assertions(self, client: TestClient) -> None:
        program = "def add(a, b):\n    return 3\n"
        body = {"program": program, "tests": REFERENCE["test_list"], "max_execution_time": 1.0}
        result = client.post("/test_program", json=body).json()
        assert result["results"] == [1, 0]
        assert all(seconds > 0 for seconds in result["runtimes"])

    def test_open_instruct_programs(self, client: TestClient) -> None:
        tests = [{"input": "1\n", "output": "2\n"}, {"input": "5\n", "output": "7\n"}]
        body = {"program": "s = '```'\nprint(int(input()) + 1)", "tests": tests, "max_execution_time": 1.0}
        assert client.post("/test_program_stdio", json=body).json()["results"] == [1, 0]

    @pytest.mark.parametrize(("completion", "reward"), [(RIGHT, 1.0), (WRONG, 0.0)])
    def test_nemo_gym(self, client: TestClient, completion: str, reward: float) -> None:
        turn = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": completion}]}
        body = {
            "responses_create_params": {"input": [{"role": "user", "content": "add"}]},
            "response": {"id": "r", "output": [{"type": "reasoning", "summary": []}, turn]},
            "verifier_metadata": {"unit_tests": json.dumps(REFERENCE)},
        }
        result = client.post("/verify", json=body).json()
        assert result["reward"] == reward
        assert result["response"] == body["response"]

    def test_every_example_of_the_description_gets_full_marks(self, client: TestClient) -> None:
        for path, operations in describe()["paths"].items():
            if "post" in operations:
                example = operations["post"]["requestBody"]["content"]["application/json"]["example"]
                text = client.post(path, json=example).text
                found = json.loads(text)
                rewards = {
                    "/grade": lambda one: one[0]["aggregate_reward_score"],
                    "/openrlhf": lambda one: one["rewards"][0],
                    "/slime": lambda one: one,
                    "/test_program": lambda one: one["results"][0],
                    "/test_program_stdio": lambda one: one["results"][0],
                    "/verify": lambda one: one["reward"],
                    "/run_code": lambda one: one["run_result"]["stdout"] == "2\n",
                }
                assert rewards[path](found) == 1, (path, text)
        assert {one.path for one in PAYLOADS} < set(describe()["paths"])

    def test_an_unscored_sample_gets_zero_by_default(self, client: TestClient) -> None:
        body = {"prompt": "", "response": RIGHT, "label": BROKEN}
        assert client.post("/slime", json=body).json() == 0.0
        assert 'grader_samples_total{status="unscored"} 1.0' in client.get("/metrics").text

    def test_tests_of_a_program_that_cannot_be_used_are_the_callers_mistake(self, client: TestClient) -> None:
        answer = client.post("/test_program", json={"program": "x = 1", "tests": BROKEN["test_list"]})
        assert answer.status_code == 400
        assert "the tests cannot be used: " in answer.json()["error"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("path", "body", "text"),
        [
            ("/slime", {}, "response: is missing; text is wanted"),
            ("/slime", {"response": 3}, "response: is of type int; text is wanted"),
            ("/slime", [], "the body is of type list, not an object"),
            (
                "/openrlhf",
                {"query": ["x"], "prompts": [], "labels": []},
                "query, prompts and labels have 1, 0 and 0 items",
            ),
            ("/test_program", {"program": "x", "tests": 3}, "tests: is of type int; a list or text is wanted"),
            ("/verify", {}, "response: is missing; an object is wanted"),
        ],
    )
    def test_a_wrong_field_is_named(self, client: TestClient, path: str, body: Any, text: str) -> None:
        answer = client.post(path, json=body)
        assert (answer.status_code, answer.json()) == (400, {"error": text})

    def test_an_event_of_no_known_shape(self, client: TestClient) -> None:
        answer = client.post("/grade", json={"colour": "red"})
        assert answer.status_code == 400

    @pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
    def test_no_json(self, client: TestClient, body: bytes) -> None:
        answer = client.post("/slime", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("the body is not JSON: ")

    def test_a_body_above_the_limit(self, grader: Grader) -> None:
        with small(grader, max_body_mb=1) as client:
            assert client.post("/slime", content=b" " * (1 << 20)).status_code == 400
            answer = client.post("/slime", content=b" " * ((1 << 20) + 1))
        assert (answer.status_code, answer.json()["error"]) == (413, "the body is larger than 1 MB; send fewer samples")

    def test_more_requests_than_allowed(self, grader: Grader) -> None:
        service = RewardService(grader, limits=ServiceLimits(max_requests=1))
        with TestClient(service.app()) as client:
            service.enter()
            answer = client.post("/slime", json={"response": RIGHT, "label": REFERENCE})
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
            service.leave()
            # A request that failed gave its place back, too.
            assert client.post("/slime", json={}).status_code == 400
            assert client.post("/slime", json={"response": RIGHT, "label": REFERENCE}).json() == 1.0
            with pytest.raises(RequestError):
                [service.enter() for _ in range(2)]

    def test_programs_of_open_instruct_wait_for_their_turn(
        self, grader: Grader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("grader.service.app._LONG_TURN_S", 0.5)
        body = {"program": "def add(a, b):\n    return a + b\n", "tests": ["assert add(1, 2) == 3"]}
        service = RewardService(grader, limits=ServiceLimits(max_requests=1))
        with TestClient(service.app()) as client:
            service.enter()
            assert client.post("/test_program", json=body).status_code == 429
            threading.Timer(0.1, service.leave).start()
            assert client.post("/test_program", json=body).json()["results"] == [1]

    @pytest.mark.parametrize(
        ("limit_s", "deadline_s"), [(None, 28), (1.0, 28), (6, 58), (1000, 100), ("x", 28), (10**400, 100)]
    )
    def test_programs_of_open_instruct_are_graded_while_it_waits(
        self, grader: Grader, monkeypatch: pytest.MonkeyPatch, limit_s: Any, deadline_s: float
    ) -> None:
        given: list[float] = []
        grade_batch = grader.grade_batch

        def noted(samples: Any, *, deadline_s: float) -> Any:
            given.append(deadline_s)
            return grade_batch(samples, deadline_s=deadline_s)

        monkeypatch.setattr(grader, "grade_batch", noted)
        body = {"program": "x = 1\n", "tests": ["assert x == 1"], "max_execution_time": limit_s}
        with TestClient(RewardService(grader).app()) as client:
            client.post("/test_program", json=body)
            client.post("/slime", json={"response": RIGHT, "label": REFERENCE})
        assert given[0] == pytest.approx(deadline_s, abs=0.9)
        assert given[1] == 100.0

    def test_without_the_token_nothing_but_health(self, grader: Grader) -> None:
        with TestClient(RewardService(grader, token="secret").app()) as client:
            for header in (
                {},
                {"Authorization": "Bearer secre"},
                {"Authorization": "secret"},
                {"Authorization": "Bearer "},
            ):
                answer = client.post("/slime", json={"response": RIGHT, "label": REFERENCE}, headers=header)
                assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
                assert client.get("/metrics", headers=header).status_code == 401
            assert client.get("/health").json() == {"status": "ok"}
            right = {"Authorization": "bearer secret"}
            assert client.post("/slime", json={"response": RIGHT, "label": REFERENCE}, headers=right).json() == 1.0

    def test_other_paths_and_methods(self, client: TestClient) -> None:
        assert client.get("/nothing").status_code == 404
        assert client.get("/slime").status_code == 405

    def test_a_sandbox_that_cannot_start_is_the_service_that_is_unavailable(
        self, grader: Grader, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise IsolationError("no isolation here")

        monkeypatch.setattr(grader, "grade_batch", fail)
        monkeypatch.setattr(grader, "host", fail)
        with TestClient(RewardService(grader).app()) as client:
            for answer in (client.get("/ready"), client.post("/slime", json={"response": RIGHT, "label": REFERENCE})):
                assert (answer.status_code, answer.json()) == (503, {"error": "no isolation here"})


def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_error(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def leave(*_: Any) -> None:
        raise ClientDisconnect

    with pytest.MonkeyPatch.context() as patch, caplog.at_level("INFO", logger="grader.service"):
        patch.setattr("grader.service.app.read_body", leave)
        assert client.post("/slime", json={}).status_code == 499
    assert [json.loads(one.message)["status"] for one in caplog.records if one.name == "grader.service"] == [499]


class TestReports:
    def test_ready_names_isolation_and_workers(self, client: TestClient, grader: Grader) -> None:
        host = grader.host()
        assert client.get("/ready").json() == {"status": "ready", "isolation": host.tier.value, "workers": host.workers}

    def test_metrics_count_requests_and_samples(self, client: TestClient) -> None:
        client.post("/slime", json={"response": RIGHT, "label": REFERENCE})
        client.post("/slime", json={})
        client.get("/ready")
        text = client.get("/metrics").text
        for line in (
            'grader_requests_total{route="/slime",status="200"} 1.0',
            'grader_requests_total{route="/slime",status="400"} 1.0',
            'grader_samples_total{status="scored"} 1.0',
            "grader_requests_in_flight 0.0",
        ):
            assert line in text
        assert "grader_workers{isolation=" in text

    def test_the_log_has_a_line_a_request_and_no_answer(
        self, client: TestClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level("INFO", logger="grader.service"):
            client.post("/slime", json={"response": RIGHT, "label": REFERENCE})
        (line,) = [json.loads(record.message) for record in caplog.records if record.name == "grader.service"]
        assert (line["route"], line["status"]) == ("/slime", 200)
        assert "add" not in caplog.text
