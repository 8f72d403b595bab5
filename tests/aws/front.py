"""A server that is invoked as Lambda is, in front of a real endpoint or by itself, and that fails on demand."""

from __future__ import annotations

import http.client
import json
import random
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Faults", "Front", "Reply", "canned", "forward_to", "function_error", "refusal"]

PATH = "/2015-03-31/functions/function/invocations"


@dataclass(frozen=True)
class Reply:
    """An HTTP response."""

    status: int = 200
    body: bytes = b""
    error: str = ""
    """Code of an error of the service."""
    function_error: bool = False
    cut: bool = False
    """True closes the connection instead."""


def refusal(status: int, code: str) -> Reply:
    """Return an error of the service itself."""
    return Reply(status, json.dumps({"Type": "User", "Message": "no"}).encode(), code)


def function_error(kind: str, message: str) -> Reply:
    """Return an error of the function (AWS Lambda Developer Guide, "Python function errors")."""
    return Reply(body=json.dumps({"errorType": kind, "errorMessage": message}).encode(), function_error=True)


def canned(event: dict[str, Any]) -> Reply:
    """Return a result for each sample, made of its id alone."""
    metrics = [{"name": "tests_total", "value": 1.0, "type": "Metric"}]
    results = [
        {"id": sample["id"], "aggregate_reward_score": 0.5, "metrics_list": metrics} for sample in event["batch"]
    ]
    return Reply(body=json.dumps(results).encode())


def forward_to(port: int, host: str = "127.0.0.1") -> Callable[[dict[str, Any]], Reply]:
    """Return a function that gets the responses of a real endpoint."""

    def answer(event: dict[str, Any]) -> Reply:
        connection = http.client.HTTPConnection(host, port, timeout=300)
        connection.request("POST", PATH, json.dumps(event))
        response = connection.getresponse()
        failed = response.headers["X-Amz-Function-Error"] is not None
        body = response.read()
        connection.close()
        return Reply(response.status, body, response.headers.get("X-Amzn-ErrorType", ""), failed)

    return answer


class Faults:
    """Faults in front of responses: one request in so many fails, and one sample in so many fails its first batch.

    Which ones follows from the seed, the number of the request, and the sample's id.
    """

    def __init__(self, inner: Callable[[dict[str, Any]], Reply], *, seed: int = 0, one_in: int = 20) -> None:
        self._inner = inner
        self._chance = random.Random(seed)
        self._seed = seed
        self._one_in = one_in
        self._seen: set[str] = set()
        self._turn = threading.Lock()
        self.requests = 0
        self.faults: list[str] = []

    def __call__(self, event: dict[str, Any]) -> Reply:
        ids = {json.dumps(sample["id"]) for sample in event["batch"]}
        with self._turn:
            self.requests += 1
            new = ids - self._seen
            self._seen |= ids
            spoilt = any(random.Random(f"{self._seed}/{one}").randrange(self._one_in) == 0 for one in new)
            kind = self._chance.choice(["429", "500", "timeout", "cut", "short", "late"])
            kind = "spoilt" if spoilt else kind if self._chance.randrange(self._one_in) == 0 else ""
            if kind:
                self.faults.append(kind)
        match kind:
            case "spoilt":
                return function_error("Runtime.ExitError", "RequestId: 1 Error: Runtime exited")
            case "429":
                return refusal(429, "TooManyRequestsException")
            case "500":
                return refusal(500, "ServiceException")
            case "timeout":
                return function_error("", "2026-11-21T00:00:00Z 1 Task timed out after 900.00 seconds")
            case "cut":
                return Reply(cut=True)
            case "short":
                return Reply(body=json.dumps(json.loads(self._inner(event).body)[1:]).encode())
            case "late":
                self._inner(event)
                return refusal(502, "ServiceException")
        return self._inner(event)


class Front:
    """The server. A context manager. Functions of any name are there, with the one alias ``live``.

    Args:
        answer: what an event is answered with.
    """

    def __init__(self, answer: Callable[[dict[str, Any]], Reply]) -> None:
        self.events: list[dict[str, Any]] = []
        front = self

        class Request(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.headers.get("X-Amz-Invocation-Type") == "DryRun":
                    qualifier = parse_qs(urlsplit(self.path).query).get("Qualifier", ["live"])
                    known = qualifier == ["live"]
                    self._send(Reply(204) if known else refusal(404, "ResourceNotFoundException"))
                    return
                event = json.loads(body)
                front.events.append(event)
                self._send(answer(event))

            def _send(self, reply: Reply) -> None:
                if reply.cut:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                if reply.error:
                    self.send_header("X-Amzn-ErrorType", reply.error)
                if reply.function_error:
                    self.send_header("X-Amz-Function-Error", "Unhandled")
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # a client that was killed is gone

        self._server = Server(("127.0.0.1", 0), Request)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment that sends the real client here."""
        return {
            "AWS_ENDPOINT_URL_LAMBDA": f"http://127.0.0.1:{self._server.server_port}",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
