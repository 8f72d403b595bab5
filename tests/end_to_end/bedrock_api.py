"""A stand-in for Amazon Bedrock's runtime, for the ordinary client to talk to."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BedrockApi"]

_PATH = re.compile(r"/model/([^/]+)/converse")


class BedrockApi:
    """Replies to every request as it is set up to, on a loopback port. A context manager.

    Args:
        reply: the text to reply with to the text of a question, or the code of an error.
    """

    def __init__(self, reply: Callable[[str], str]) -> None:
        self.reply = reply
        self.questions: list[str] = []
        self.authorizations: list[str] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                text = body["messages"][0]["content"][0]["text"]
                assert _PATH.fullmatch(self.path)
                assert body["inferenceConfig"]["temperature"] == 0
                api.questions.append(text)
                api.authorizations.append(self.headers["Authorization"])
                reply = api.reply(text)
                if reply.endswith("Exception"):
                    self._send(429 if reply.startswith("Throttl") else 400, {"message": "no"}, reply)
                    return
                message = {"role": "assistant", "content": [{"text": reply}]}
                usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
                document = {"output": {"message": message}, "stopReason": "end_turn", "usage": usage}
                self._send(200, document | {"metrics": {"latencyMs": 1}})

            def _send(self, status: int, document: Any, error: str = "") -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                if error:
                    self.send_header("x-amzn-ErrorType", error)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environ(self) -> dict[str, str]:
        """Variables that point the client here, besides credentials."""
        return {
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://127.0.0.1:{self._server.server_port}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
