"""AWS for tests: a server in a process of its own, and the real client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Self

__all__ = ["ACCESS_KEY", "REGION", "SECRET_KEY", "SESSION_TOKEN", "Server"]

ACCESS_KEY = "AKIACANARYCANARYCAN1"
SECRET_KEY = "canary-of-a-secret-access-key-0123456789"
SESSION_TOKEN = "canary-of-a-session-token"
REGION = "us-east-1"
STACKS_KEY = "AKIACLOUDFORMATION01"
"""Access key of the calls that make the resources of stacks."""


class Server:
    """The process of the server. A context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.aws.server"],
            cwd=Path(__file__).parents[2],
            env={name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "PYTHONPATH") if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().decode().strip()
        assert port, "the server did not start"
        self.pid = self._process.pid
        self.url = f"http://127.0.0.1:{port}"
        self._common = {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_SESSION_TOKEN": SESSION_TOKEN,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment for a client of S3 alone."""
        return {"AWS_ENDPOINT_URL_S3": self.url, **self._common}

    @property
    def environ_of_all(self) -> dict[str, str]:
        """Return the environment for a client of any service."""
        return {"AWS_ENDPOINT_URL": self.url, **self._common}

    def fail(self, *faults: Any) -> None:
        """Make the next requests for objects fail (`tests.aws.server.Faulty`), and forget earlier requests."""
        self.post("/_faults", json.dumps(faults).encode())

    @property
    def requests(self) -> list[dict[str, str]]:
        """Requests for objects since the last `fail`."""
        found: list[dict[str, str]] = self._get("/_faults")
        return found

    def refuse(self, *refusals: dict[str, Any]) -> None:
        """Refuse these calls, and no others; see `tests.aws.server.Refusing`."""
        self.post("/_refusals", json.dumps(refusals).encode())

    def take_calls(self) -> list[str]:
        """Return the client's calls since the last time, such as ``iam:CreateRole`` or ``lambda:GET /path``."""
        return self.take_all_calls()[0]

    def take_all_calls(self) -> tuple[list[str], list[str]]:
        """Return the client's calls since the last time, and those by which stacks made their resources."""
        by_stacks, by_client = [], []
        for one in self._get("/_calls"):
            (by_client if one["by"] != STACKS_KEY else by_stacks).append(f"{one['service']}:{one['call']}")
        self.post("/_calls", b"")
        return by_client, by_stacks

    def reset(self) -> None:
        """Reset the account: nothing in it, nothing refused, functions invoked as usual."""
        self.post("/moto-api/reset", b"")
        self.post("/moto-api/config", json.dumps({"lambda": {"use_docker": True}}).encode())  # not part of the former
        self.refuse()
        self.fail()
        self.take_calls()

    def post(self, path: str, data: bytes) -> None:
        """Send a request to the server's own interface."""
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers={"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=20).close()

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(f"{self.url}{path}", timeout=20) as answer:
            return json.load(answer)

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
