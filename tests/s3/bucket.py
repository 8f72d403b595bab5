"""S3 as tests see it: a server in a process of its own, and the ordinary client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "Bucket", "Server"]

ACCESS_KEY = "AKIACANARYCANARYCAN1"
SECRET_KEY = "canary-of-a-secret-access-key-0123456789"
SESSION_TOKEN = "canary-of-a-session-token"


class Server:
    """The process. A context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.s3.server"],
            cwd=Path(__file__).parents[2],
            env={name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().decode().strip()
        assert port, "the server did not start"
        self.pid = self._process.pid
        self.url = f"http://127.0.0.1:{port}"
        self.environ = {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }
        """What the client is to find in the environment."""

    def fail(self, *faults: Any) -> None:
        """Have the next requests for objects fail; see `tests.s3.server.Faulty`. Forgets requests."""
        self.post("/_faults", json.dumps(faults).encode())

    @property
    def requests(self) -> list[dict[str, str]]:
        """Requests for objects since `fail`."""
        with urllib.request.urlopen(f"{self.url}/_faults", timeout=20) as answer:
            found: list[dict[str, str]] = json.load(answer)
        return found

    def post(self, path: str, data: bytes) -> None:
        """Send something that is not the client's business."""
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=20).close()

    def close(self) -> None:
        """End it."""
        self._process.communicate(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Bucket:
    """A bucket of one test's own."""

    def __init__(self, server: Server, client: Any, name: str) -> None:
        self.server, self.client, self.name = server, client, name
        client.create_bucket(Bucket=name)

    def put(self, key: str, content: Any) -> str:
        """Put bytes, or the JSON of something, under a key; its address."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        return f"s3://{self.name}/{key}"

    def put_lines(self, key: str, rows: Sequence[Any]) -> str:
        """Put JSON lines under a key; its address."""
        return self.put(key, b"".join(json.dumps(row).encode() + b"\n" for row in rows))
