"""S3 as tests see it: a bucket of a test's own on the server of `tests.aws`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.aws.cloud import ACCESS_KEY, SECRET_KEY, SESSION_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.aws.cloud import Server

__all__ = ["ACCESS_KEY", "SECRET_KEY", "SESSION_TOKEN", "Bucket"]


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
