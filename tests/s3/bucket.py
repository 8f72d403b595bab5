"""S3 for tests: a bucket for each test, on the server of `tests.aws`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.aws.cloud import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.aws.cloud import Server

__all__ = ["ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "Bucket"]


class Bucket:
    """The bucket of one test."""

    def __init__(self, server: Server, client: Any, name: str) -> None:
        self.server, self.client, self.name = server, client, name
        client.create_bucket(Bucket=name)

    def put(self, key: str, content: Any) -> str:
        """Put bytes, or a value as JSON, under a key, and return the address."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.client.put_object(Bucket=self.name, Key=key, Body=body)
        return f"s3://{self.name}/{key}"

    def put_lines(self, key: str, rows: Sequence[Any]) -> str:
        """Put JSON lines under a key, and return the address."""
        return self.put(key, b"".join(json.dumps(row).encode() + b"\n" for row in rows))
