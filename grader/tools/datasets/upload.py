"""Upload tests to S3 that are too large for the rows of a training file."""

from __future__ import annotations

import gzip
import re
from hashlib import sha256
from typing import Any

from grader.errors import InputError
from grader.references.locate import parse_address
from grader.text import json_line, one_line
from testcases.errors import ProblemError

__all__ = ["BucketUploader"]

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
"""Names of buckets: "General purpose bucket naming rules" (Amazon S3)."""
_NAME_CHARS = 32
_ATTEMPTS = 5


class BucketUploader:
    """Puts tests into S3, gzipped, under names made of their content: the same tests get the same object.

    Args:
        uri: ``s3://bucket/prefix``.
        client: a client of S3; ``None`` makes one as boto3 is configured.

    Raises:
        InputError: the address is none, or there is no way to reach S3.
    """

    def __init__(self, uri: str, client: Any = None) -> None:
        found = _URI.fullmatch(uri)
        if found is None:
            raise InputError(f"{one_line(uri)}: is no address in S3; s3://bucket/prefix is wanted")
        self._bucket, self._prefix = found[1], (found[2] or "").strip("/")
        try:
            parse_address(self._reference(f"{'0' * _NAME_CHARS}.json.gz"))
        except ProblemError as error:
            raise InputError(f"{one_line(uri)}: {one_line(error)}") from None
        self._uri = uri
        self._known: set[str] = set()
        self._client = client if client is not None else self._made()

    def put(self, reference: Any) -> dict[str, Any]:
        """Put tests there.

        Returns:
            The reference that names the object.

        Raises:
            InputError: it cannot be written.
        """
        name, packed = _pack(reference)
        if name not in self._known:
            self._write(self._key(name), packed)
            self._known.add(name)
        return self._reference(name)

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def _reference(self, name: str) -> dict[str, Any]:
        """The reference by which the grader finds the object of this name (`grader.references.locate`)."""
        return {"s3_uri": f"s3://{self._bucket}/{self._key(name)}"}

    def _made(self) -> Any:
        import boto3  # noqa: PLC0415  # slow to import, and needed here alone
        from botocore.config import Config  # noqa: PLC0415 - imported only where S3 is asked
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - imported only where S3 is asked

        retries = Config(retries={"mode": "standard", "total_max_attempts": _ATTEMPTS})
        try:
            return boto3.session.Session().client("s3", config=retries)
        except (BotoCoreError, ValueError) as error:
            raise InputError(f"{self._uri}: {one_line(error)}") from None

    def _write(self, key: str, packed: bytes) -> None:
        from boto3.exceptions import Boto3Error  # noqa: PLC0415 - imported only where S3 is asked
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - imported only where S3 is asked

        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=packed, ContentType="application/gzip")
        except (BotoCoreError, Boto3Error, ClientError) as error:
            raise InputError(f"{self._uri}: {one_line(error)}") from None


def _pack(reference: Any) -> tuple[str, bytes]:
    """The name and the content of a reference's object."""
    text = json_line(reference).encode()
    name = f"{sha256(text).hexdigest()[:_NAME_CHARS]}.json.gz"
    return name, gzip.compress(text, mtime=0)
