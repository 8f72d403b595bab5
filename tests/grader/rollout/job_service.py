"""A stand-in for SageMaker's job runtime, for boto3's client to talk to: moto has none."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from grader.aws.client import AwsSession

__all__ = ["JOB", "JobService", "answer", "event", "refusal"]

JOB = "arn:aws:sagemaker:us-west-2:123456789012:job/AgentRFT/my-job"


def event(task: Any, **more: Any) -> dict[str, Any]:
    """An event as SageMaker sends it to the function of a custom agent."""
    prompt = task if isinstance(task, str) else json.dumps(task)
    parameters = {"temperature": 0.7, "topP": 0.9, "maxTokens": 512}
    return {"prompt": prompt, "metadata": {"jobArn": JOB, "rolloutId": "roll-1"}, "inferenceParams": parameters, **more}


def answer(text: Any, **more: Any) -> tuple[int, dict[str, Any]]:
    """An answer of the model."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **more}, "finish_reason": "stop"}
    return 200, {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}


def refusal(status: int, code: str, message: str = "no") -> tuple[int, dict[str, Any]]:
    """An error of the service."""
    return status, {"__type": code, "Message": message}


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    operation: str
    job: str
    trajectory: str
    body: dict[str, Any]


@dataclass
class JobService:
    """Serves scripted answers on a loopback port: those of the model in order, and one for each report.

    Args:
        samples: what the model says, in order.
        reports: what the other operations answer, by their names, in order; afterwards they succeed.
    """

    samples: list[tuple[int, dict[str, Any]]]
    reports: dict[str, list[tuple[int, dict[str, Any]]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                operation = self.path.strip("/")
                trajectory = self.headers.get("X-Amzn-SageMaker-Trajectory-Id") or body.get("TrajectoryId", "")
                service.calls.append(Call(operation, self.headers["X-Amzn-SageMaker-Job-Arn"], trajectory, body))
                planned = service.samples if operation == "sample" else service.reports.get(operation, [])
                status, document = planned.pop(0) if planned else (200, {})
                text = json.dumps(document).encode()
                self.send_response(status)
                if "__type" in document:
                    self.send_header("x-amzn-ErrorType", document["__type"])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Address for ``AWS_ENDPOINT_URL_SAGEMAKERJOBRUNTIME``."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def operations(self) -> list[str]:
        """Names of the operations that were called, in order."""
        return [call.operation for call in self.calls]

    def bodies(self, operation: str) -> list[dict[str, Any]]:
        """Bodies of the requests of one operation."""
        return [call.body for call in self.calls if call.operation == operation]

    def client_for(self, region: str, timeout_s: float) -> Any:
        """Make boto3's client of this service."""
        assert region == "us-west-2"
        assert timeout_s > 0
        return AwsSession(region=region, attempts=1).client("sagemakerjobruntime")
