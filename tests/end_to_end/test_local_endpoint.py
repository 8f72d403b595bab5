"""Outside of Lambda, the image is invoked on a port of its own as Lambda is."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.end_to_end.serving import RIGHT, clean_environ, sample, serving
from tests.grader.lambda_api.aws_rules import check_results

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/2015-03-31/functions/function/invocations"
PEEKING = "tests.end_to_end.peeking"


@contextmanager
def endpoint(handler: str = "grader.handler.lambda_handler", **environ: str) -> Iterator[int]:
    """The entry point on a free port; the port."""
    with serving({"PORT": "0"} | environ, handler, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        first = process.stderr.readline().decode()
        listening = re.fullmatch(r"listening on http://localhost:(\d+)/\S+\n", first)
        assert listening, first
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield int(listening[1])
        assert process.poll() is None, "the endpoint has died"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The grader itself."""
    with endpoint() as port:
        yield port


def post(port: int, body: bytes, path: str = PATH, **headers: str) -> tuple[int, Any, Any]:
    """Return status, headers, and the JSON in the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, response.headers, json.loads(text) if text else None


def client(port: int, **options: Any) -> Any:
    """The ordinary client, sent here instead of to Lambda."""
    return boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="xx-test-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=60, **options),
    )


def test_an_event_is_answered_with_its_results(port: int) -> None:
    event = [sample("right", RIGHT), sample("none", "I do not know.")]
    status, headers, body = post(port, json.dumps(event).encode())
    assert status == 200
    assert "X-Amz-Function-Error" not in headers
    check_results(body, ["right", "none"])
    assert [result["aggregate_reward_score"] > 0.9 for result in body] == [True, False]


def test_the_ordinary_client_invokes_any_function_name(port: int) -> None:
    answer = client(port).invoke(FunctionName="SageMaker-grader", Payload=json.dumps([sample("right", RIGHT)]).encode())
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    check_results(json.load(answer["Payload"]), ["right"])


def test_the_ordinary_client_sees_the_function_s_error(port: int) -> None:
    answer = client(port).invoke(FunctionName="grader", Payload=b'{"surprise": 1}')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    error = json.load(answer["Payload"])
    assert error["errorType"] == "EventError"
    assert "surprise" in error["errorMessage"]
    assert error.keys() == {"errorMessage", "errorType", "requestId", "stackTrace"}


def test_a_dry_run_invokes_nothing(port: int) -> None:
    answer = client(port).invoke(FunctionName="grader", InvocationType="DryRun", Payload=b'{"surprise": 1}')
    assert answer["StatusCode"] == 204


@pytest.mark.parametrize(
    ("payload", "options", "code"),
    [
        pytest.param(b'[{"id"', {}, "InvalidRequestContentException", id="no JSON"),
        pytest.param(b"[" * 100_000, {}, "InvalidRequestContentException", id="nested too deeply"),
        pytest.param(b"1" * (6 * 1024 * 1024 + 1), {}, "RequestTooLargeException", id="too large"),
        pytest.param(b"[]", {"InvocationType": "Event"}, "InvalidParameterValueException", id="to be queued"),
    ],
)
def test_a_bad_request_is_a_client_error_of_lambda_s_shape(
    port: int, payload: bytes, options: dict[str, str], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        client(port).invoke(FunctionName="grader", Payload=payload, **options)
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("path", ["/nothing", "/2015-03-31/functions/function", "/2018-06-01/runtime/invocation/next"])
def test_another_path_is_not_found(port: int, path: str) -> None:
    status, headers, body = post(port, b"[]", path)
    assert (status, headers["X-Amzn-ErrorType"]) == (404, "ResourceNotFoundException")
    assert "/2015-03-31/functions/function/invocations" in body["Message"]


def test_a_request_without_a_body_is_an_empty_event() -> None:
    with endpoint(f"{PEEKING}.peek") as port, socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(f"POST {PATH} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_leaves_half_way_costs_nobody_else_anything(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(f"POST {PATH} HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n[".encode())
    status, _, body = post(port, json.dumps([sample("right", RIGHT)]).encode())
    assert status == 200
    check_results(body, ["right"])


def test_many_clients_at_once_are_all_answered(port: int) -> None:
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda n=n: answers.append(post(port, json.dumps([sample(f"{n}", RIGHT)]).encode())))
        for n in range(32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {status for status, _, _ in answers} == {200}
    assert {body[0]["id"] for _, _, body in answers} == {str(n) for n in range(32)}


def test_an_event_does_not_wait_for_a_slow_one(port: int) -> None:
    slow = "```python\nimport time\ntime.sleep(2)\n" + RIGHT.removeprefix("```python\n")
    ends: list[str] = []

    def ask(name: str, answer: str) -> None:
        post(port, json.dumps([sample(name, answer)]).encode())
        ends.append(name)

    first = threading.Thread(target=ask, args=("slow", slow))
    first.start()
    for number in range(4):
        ask(f"quick {number}", RIGHT)
    first.join()
    assert ends[-1] == "slow"


def test_the_routes_of_the_service_are_there(port: int) -> None:
    reference = {"test_list": ["assert add(1, 2) == 3"]}
    assert post(port, json.dumps({"response": RIGHT, "label": reference}).encode(), "/slime")[2] > 0.9
    assert post(port, json.dumps({"code": "print(1)"}).encode(), "/run_code")[2]["run_result"]["stdout"] == "1\n"
    with endpoint(f"{PEEKING}.peek") as other:
        assert post(other, b"{}", "/slime")[0] == 404


def test_the_deadline_is_that_of_the_function_s_timeout() -> None:
    with endpoint(f"{PEEKING}.peek", AWS_LAMBDA_FUNCTION_TIMEOUT="7") as port:
        body = post(port, b"")[2]
    assert 0 < body["left_ms"] <= 7000
    assert body["event"] == {}


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        pytest.param("long", "Function.ResponseSizeTooLarge", id="too large"),
        pytest.param("nan", "Runtime.MarshalError", id="no JSON number"),
        pytest.param("set", "Runtime.MarshalError", id="no JSON type"),
    ],
)
def test_a_response_that_lambda_would_not_take_is_an_error(event: str, kind: str) -> None:
    with endpoint(f"{PEEKING}.shout") as port:
        status, headers, body = post(port, json.dumps(event).encode())
    assert (status, headers["X-Amz-Function-Error"], body["errorType"]) == (200, "Unhandled", kind)


def test_what_a_handler_raises_is_told_with_its_frames() -> None:
    with endpoint(f"{PEEKING}.fail") as port:
        body = post(port, b'"why"')[2]
    assert (body["errorType"], body["errorMessage"]) == ("LookupError", "why")
    assert any("peeking.py" in frame for frame in body["stackTrace"])


@pytest.mark.parametrize(
    ("environ", "handler", "text"),
    [
        pytest.param({"PORT": "99999"}, "grader.handler.lambda_handler", "port 99999", id="no such port"),
        pytest.param({"PORT": "many"}, "grader.handler.lambda_handler", "many", id="no number"),
        pytest.param({}, "grader.handler.nothing", "grader.handler.nothing", id="no such function"),
        pytest.param({}, "nothing", "module.function", id="no module"),
        pytest.param({}, "grader.handler.__name__", "no function", id="not callable"),
    ],
)
def test_what_keeps_it_from_serving_is_one_line(environ: dict[str, str], handler: str, text: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "grader.runtime", handler],
        check=False,
        env=clean_environ() | environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("grader: ")
    assert text in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_an_interrupt_ends_it_without_a_word() -> None:
    with serving({"PORT": "0"}, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == b""
