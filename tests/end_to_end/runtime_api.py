"""A stand-in for the Lambda Runtime API, for the real runtime client to talk to.

Its protocol is documented in "Using the Lambda runtime API for custom runtimes" of the AWS Lambda Developer Guide.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Outcome", "RuntimeApi"]

_VERSION = "/2018-06-01/runtime/"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reply of the runtime client to one invocation."""

    kind: str
    """``response`` or ``error``."""
    body: Any
    after_s: float
    """Seconds from when the event was handed out."""


@dataclass(slots=True)
class _Invocation:
    event: bytes
    timeout_s: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    handed_out: float = 0.0
    outcome: queue.Queue[Outcome] = field(default_factory=queue.Queue)


class RuntimeApi:
    """Serves events to one runtime client on a loopback port."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Invocation] = queue.Queue()
        self._running: dict[str, _Invocation] = {}
        self.ids: list[str] = []
        """Ids of all requests so far."""
        self.ready = threading.Event()
        """Set when the client first asks for an event, which ends Lambda's init phase."""
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                api.ready.set()
                invocation = api._waiting.get()
                invocation.handed_out = time.monotonic()
                api._running[invocation.id] = invocation
                api.ids.append(invocation.id)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(invocation.event)))
                self.send_header("Lambda-Runtime-Aws-Request-Id", invocation.id)
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + invocation.timeout_s) * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:xx-test-1:0:function:grader")
                self.end_headers()
                self.wfile.write(invocation.event)

            def do_POST(self) -> None:
                body = self._body()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                *_, request_id, kind = self.path.split("/")
                invocation = api._running.pop(request_id, None)
                if invocation is not None:
                    elapsed_s = time.monotonic() - invocation.handed_out
                    invocation.outcome.put(Outcome(kind, json.loads(body), elapsed_s))

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        """Value for ``AWS_LAMBDA_RUNTIME_API``."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def running(self) -> list[str]:
        """Ids of the requests that have been handed out and not answered."""
        return list(self._running)

    def invoke(self, event: Any, *, timeout_s: float) -> Outcome:
        """Hand one event to the client and wait for what it posts. A string is sent as it is, whether JSON or not."""
        body = event if isinstance(event, str) else json.dumps(event)
        invocation = _Invocation(body.encode(), timeout_s)
        self._waiting.put(invocation)
        return invocation.outcome.get(timeout=timeout_s + 30)

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
